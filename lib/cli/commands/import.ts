import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { ImportOptions, ReadObjects } from '../../imports/tigera/index.ts';
import { type Cli, examples } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { importAsJson, showImport } from '../show-import.ts';

interface Options {
  from?: string[];
  kubeconfig?: string;
  context?: string;
  cluster: string;
  network: string;
  realm: string;
  maxMembers: number;
  usedIn: 'allow' | 'deny';
  object: Map<string, string>;
  part?: boolean;
}

export function importCommand(cli: Cli): Command {
  return new Command('import')
    .summary('make a configuration from that of another tool')
    .description('Makes a configuration from that of another tool. Writes one new file and nothing else.')
    .addHelpText(
      'after',
      examples(['zonebridge import tigera --from dump/', "from Calico's firewall controller"]),
    )
    .addCommand(tigera(cli));
}

function tigera(cli: Cli): Command {
  return new Command('tigera')
    .summary("from Calico's firewall controller")
    .description(
      "Reads the ConfigMaps, policies and Deployment of Calico's firewall controller from files or a cluster, and writes a configuration\n" +
        'with the same groups: same object names, same members, everything only observed. What cannot be carried over exactly is listed,\n' +
        'in the output and at the end of the file, and never approximated. Secrets are not read. How to move: docs/migrate-from-calico.md.\n' +
        'Exit code 3 when something was not carried over.',
    )
    .option(
      '--from <path...>',
      'files, or folders of *.yaml, *.yml and *.json, as `kubectl get -o yaml` writes them',
    )
    .option('--kubeconfig <file>', 'read the cluster that this names instead; lists, and never writes')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--cluster <name>', 'key of the cluster in the configuration', 'imported')
    .option('--network <name>', 'key of the network from which the firewalls are reached', 'datacenter')
    .option('--realm <name>', 'realm of the cluster', 'default')
    .option('--max-members <number>', 'largest size of each group', wholeNumber, 500)
    .addOption(
      new Option('--used-in <rules>', 'what rules use the groups for')
        .choices(['allow', 'deny'])
        .default('allow'),
    )
    .addOption(
      new Option('--object <policy=name>', 'name of an address group that its policy does not tell')
        .argParser(pairs)
        .default(new Map(), 'none'),
    )
    .option('--part', 'firewalls and groups alone, to lie beside other files of a configuration')
    .addHelpText(
      'after',
      examples(
        ['zonebridge import tigera --from dump/ --cluster shop', 'zonebridge.yaml in this folder'],
        ['zonebridge import tigera --kubeconfig ~/.kube/config --context shop', 'straight from the cluster'],
        [
          'zonebridge import tigera --from dump/ --object web=default.web',
          'where the name depends on the release',
        ],
        [
          'zonebridge import tigera --from dump/ --part --config hub/imported.yaml',
          'into a folder of several files',
        ],
        [
          'kubectl get cm,deploy -n tigera-firewall-controller -o yaml > dump/controller.yaml',
          'the settings, without any Secret',
        ],
        ['kubectl get globalnetworkpolicies.projectcalico.org -o yaml > dump/policies.yaml', 'the policies'],
      ),
    )
    .action((options: Options) => importFrom(cli, options));
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
    throw new InvalidArgumentError('a whole number from 1 to 1000000 is expected');
  return value;
}

function pairs(text: string, before: Map<string, string>): Map<string, string> {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1)
    throw new InvalidArgumentError('<policy>=<name on the firewall> is expected');
  return new Map([...before, [text.slice(0, at), text.slice(at + 1)]]);
}

async function importFrom(cli: Cli, options: Options): Promise<void> {
  const { importTigera } = await import('../../imports/tigera/index.ts');
  const { modules } = await import('../../app/compose-modules.ts');
  const { object: objects, part = false, cluster, network, realm, maxMembers, usedIn } = options;
  const settings: ImportOptions = { cluster, network, realm, maxMembers, usedIn, objects, part, modules };
  const imported = importTigera(await readAll(cli, options), settings);
  const file = path.relative(cli.io.cwd, cli.configPath) || cli.configPath;
  await write(cli.configPath, file, imported.yaml);
  showImport(cli, file, imported);
  if (imported.notCarried.length > 0) cli.exitCode = exitCodes.held;
  cli.output.result({ ok: true, file, ...importAsJson(imported) });
}

async function readAll(cli: Cli, { from, kubeconfig, context }: Options): Promise<ReadObjects> {
  if ((from === undefined) === (kubeconfig === undefined))
    throw new ZonebridgeError('command/usage', 'say either --from <path> or --kubeconfig <file>');
  return kubeconfig === undefined ? readFiles(cli, from ?? []) : readCluster(cli.path(kubeconfig), context);
}

async function readFiles(cli: Cli, from: readonly string[]): Promise<ReadObjects> {
  const { readText } = await import('../../imports/tigera/index.ts');
  const all: ReadObjects = { objects: [], problems: [], unlisted: [] };
  for (const given of from) {
    for (const file of await filesAt(cli.path(given), given)) {
      const shown = path.relative(cli.io.cwd, file) || file;
      const text = await readFile(file, 'utf8').catch((cause: Error) => unreadable(shown, cause));
      const { objects, problems } = readText(shown, text);
      all.objects.push(...objects);
      all.problems.push(...problems);
    }
  }
  return all;
}

async function filesAt(place: string, given: string): Promise<string[]> {
  const found = await stat(place).catch((cause: Error) => unreadable(given, cause));
  if (!found.isDirectory()) return [place];
  const names = (await readdir(place)).filter((name) => /^[^.].*\.(?:ya?ml|json)$/.test(name)).sort();
  if (names.length === 0)
    throw new ZonebridgeError('import/unreadable', `${given} holds no *.yaml, *.yml or *.json`);
  return names.map((name) => path.join(place, name));
}

function unreadable(file: string, cause: Error): never {
  const code = 'code' in cause ? String(cause.code) : 'no reason given';
  throw new ZonebridgeError('import/unreadable', `${file} cannot be read (${code})`, { cause });
}

/** Lists only what is needed, and no Secret. */
async function readCluster(kubeconfig: string, context: string | undefined): Promise<ReadObjects> {
  const tigera = await import('../../imports/tigera/index.ts');
  const { composeClusterReader } = await import('../../app/compose-cluster-reader.ts');
  const cluster = composeClusterReader(kubeconfig, context);
  const answers: unknown[] = [];
  for (const kind of tigera.neededKinds)
    answers.push(...(await cluster.list(kind).catch((error: unknown) => unserved(error, kind))));
  const unlisted: string[] = [];
  for (const kind of tigera.furtherKinds)
    answers.push(...(await cluster.list(kind).catch((error: unknown) => unseen(error, kind, unlisted))));
  return { ...tigera.readAnswers(answers), unlisted };
}

/** A kind that the cluster does not serve has no objects; one that it refuses to list may have some. */
function unseen(error: unknown, { kind }: { kind: string }, unlisted: string[]): never[] {
  const status = isZonebridgeError(error, 'cluster/refused') ? error.fields['status'] : undefined;
  if (status !== 403 && status !== 404) throw error;
  if (status === 403) unlisted.push(`objects of the kind ${kind}`);
  return [];
}

/** A namespace that is not there has an empty list; only a kind that the cluster does not know answers like this. */
function unserved(error: unknown, { apiVersion, kind }: { apiVersion: string; kind: string }): never {
  if (!isZonebridgeError(error, 'cluster/refused') || error.fields['status'] !== 404) throw error;
  const message = `the cluster serves no ${kind} of ${apiVersion}`;
  throw new ZonebridgeError('import/nothing-found', message, { cause: error });
}

async function write(place: string, file: string, text: string): Promise<void> {
  await writeFile(place, text, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === 'EEXIST' ? 'exists already and is left as it is' : `cannot be written (${cause.code})`;
    throw new ZonebridgeError('file/not-written', `${file} ${why}`, { cause });
  });
}
