import { Command, Option } from 'commander';
import type { DemoResult, Ground } from '../../sandbox/demo/demo.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { Step } from '../../sandbox/demo/stage.ts';
import { ZonebridgeError } from '../../core/errors.ts';
import { type Cli, examples } from '../cli.ts';
import { chooseGround, type GroundFlags } from '../demo-ground.ts';
import { exitCodes } from '../exit-codes.ts';

export function demoCommand(cli: Cli): Command {
  return new Command('demo')
    .summary('the main job on this machine alone')
    .description(
      'Starts a Kubernetes API, an AWS emulator with the deployed stacks and two simulated FortiGates, plays a storefront,\n' +
        'and shows when each change was on the firewall. Stays up on a terminal until Ctrl-C. Needs Python 3.11.\n' +
        'The Kubernetes API is the real one where it was built before (with Go, some minutes), otherwise a simulated one;\n' +
        'with --kubeconfig it is a cluster that you have, in a namespace that is taken away at the end (docs/demo.md).',
    )
    .addOption(
      new Option('--kubernetes <which>', 'which Kubernetes API; real builds it when needed').choices([
        'real',
        'simulator',
      ]),
    )
    .option('--kubeconfig <file>', 'play in the cluster that this names, with a token or a certificate')
    .option('--context <name>', 'context of the kubeconfig; its current one unless given')
    .option(
      '--image <reference>',
      'image of the pods in that cluster; registry.k8s.io/pause:3.10 unless given',
    )
    .option(
      '--firewalls <kinds>',
      'further simulated firewalls that get the storefront, too, separated by commas',
    )
    .option('-y, --yes', 'do not ask before playing in that cluster')
    .option('--once', 'end after the last step')
    .addHelpText(
      'after',
      examples(
        ['zonebridge demo', 'play, then look around'],
        [
          'zonebridge demo --once --json',
          'for scripts: one JSON object last, exit code 1 when a step failed',
        ],
        ['zonebridge demo --firewalls cisco-fmc,pull-list', 'on firewalls of other vendors, too'],
        ['zonebridge demo --kubernetes real', 'with a real Kubernetes API, built first when needed'],
        ['zonebridge demo --kubeconfig ./dev.kubeconfig --context dev', 'in a cluster that you have'],
      ),
    )
    .action((options: DemoFlags) => demo(cli, options));
}

interface DemoFlags extends GroundFlags {
  firewalls?: string;
  once?: boolean;
}

async function demo(cli: Cli, options: DemoFlags): Promise<void> {
  const guests = await chosenGuests(options.firewalls);
  const ground = await chooseGround(cli, options);
  if (ground === undefined) {
    cli.output.result({ ok: false });
    return;
  }
  const { playDemo, demoSandbox } = await import('../../sandbox/demo/demo.ts');
  const { claimFolder } = await import('../../sandbox/demo/claim-folder.ts');
  const begin = performance.now();
  const directory = cli.path('.cache/demo');
  const progress = (line: string): void =>
    cli.output.note(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const settings = { directory, ground, guests, progress, onStep: (step: Step) => showStep(cli, step) };
  const interrupted = untilInterrupted();
  const release = await claimFolder(directory);
  const sandbox = demoSandbox(settings);
  let ending: Promise<void> | undefined;
  const takeAway = (): Promise<void> => {
    ending ??= end({ sandbox, ground, progress, release });
    return ending;
  };
  try {
    const result = await Promise.race([playDemo(sandbox, settings), interrupted]);
    if (result === 'interrupted') {
      cli.exitCode = exitCodes.failed;
    } else {
      showResult(cli, result);
      if (!result.ok) cli.exitCode = exitCodes.failed;
      const stays = !options.once && !cli.output.json && cli.io.stdout.isTTY === true;
      if (stays) {
        showWayIn(cli, sandbox, ground);
        cli.output.line('\nEverything stays up. Ctrl-C ends it.');
        await interrupted;
      }
    }
    await takeAway();
    if (result !== 'interrupted') cli.output.result(result);
  } catch (error) {
    // What failed first is what is told; what is left behind is told in any case.
    await takeAway().catch((left: unknown) => {
      if (left !== error)
        cli.output.note(cli.output.safe(left instanceof Error ? left.message : String(left)));
    });
    throw error;
  }
}

/** The kinds that `--firewalls` names; the FortiGates take part in any case. */
async function chosenGuests(text: string | undefined): Promise<string[]> {
  const { guestKinds } = await import('../../sandbox/guest.ts');
  const own = 'fortigate';
  const kinds = new Set((text ?? '').split(',').map((kind) => kind.trim()));
  const unknown = [...kinds].filter((kind) => kind !== '' && !guestKinds().includes(kind));
  if (unknown.length > 0)
    throw new ZonebridgeError(
      'command/usage',
      `--firewalls: ${unknown.join(', ')} is none of ${guestKinds().join(', ')}`,
    );
  return [...kinds].filter((kind) => kind !== '' && kind !== own);
}

/** Throws `demo/namespace-left` when the namespace in a given cluster could not be taken away. */
async function end(parts: {
  sandbox: Sandbox;
  ground: Ground;
  progress: (line: string) => void;
  release: () => Promise<void>;
}): Promise<void> {
  const { ground, progress, release, sandbox } = parts;
  progress('stopping everything');
  const removal = ground.api === 'given' ? ground.namespace.remove(progress) : undefined;
  const [, removed] = await Promise.allSettled([sandbox.stop(), removal]);
  await release();
  if (removed.status === 'rejected') throw removed.reason;
}

/** Later signals do nothing: npm and the launcher send that of a terminal once more, and that would leave what was started behind. */
function untilInterrupted(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => resolve('interrupted'));
  });
}

function showStep(cli: Cli, step: Step): void {
  const { colors } = cli.output;
  const { clusterMs, latencyMs, name, ok, what } = step;
  const mark = ok ? colors.green('ok    ') : colors.red('FAILED');
  const cluster = clusterMs === undefined ? '' : ` (after ${clusterMs} ms of the cluster)`;
  cli.output.line(
    `${mark} ${name.padEnd(28)} ${time(latencyMs, '').padStart(8)}  ${cli.output.safe(what)}${cluster}`,
  );
}

function time(milliseconds: number | undefined, none = '-'): string {
  return milliseconds === undefined ? none : `${milliseconds} ms`;
}

function showResult(cli: Cli, result: DemoResult): void {
  const { output } = cli;
  const { propagation, firewallCallsPerChange: calls, kubernetes, steps } = result;
  const isGiven = kubernetes === 'given';
  output.line();
  output.table({
    head: ['step', 'result', ...(isGiven ? ['in the cluster'] : []), 'from the change to the firewall'],
    rows: steps.map(({ name, ok, latencyMs, clusterMs }) => [
      name,
      ok ? 'ok' : 'FAILED',
      ...(isGiven ? [time(clusterMs)] : []),
      time(latencyMs),
    ]),
  });
  if (isGiven)
    output.line(
      '\nWhat the cluster takes until its API says what came of a change (scheduling, network, image) stands apart: it is not in the times to the firewall.',
    );
  output.line(
    `\nPropagation of ${propagation.count} changes: p50 ${propagation.p50Ms} ms, p99 ${propagation.p99Ms} ms`,
  );
  output.line(
    `Firewall calls per membership change, all included: push ${calls.push}, objects ${calls.objects}`,
  );
}

function showWayIn({ output }: Cli, sandbox: Sandbox, ground: Ground): void {
  const variables = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
  const settings = variables.map((name) => `${name}=${sandbox.environment[name] ?? ''}`).join(' ');
  output.line('\nLook around from another terminal:');
  output.line(`  export ${settings}`);
  for (const command of ['status', 'groups', 'explain storefront', 'plan']) {
    output.line(`  npx zonebridge ${command} --config ${sandbox.configurationPath}`);
  }
  output.line(`  ${wayIntoCluster(sandbox, ground)}`);
  output.line('\nEdit a firewall as its administrator would, then `npx zonebridge reconcile <firewall>`:');
  for (const [id, { simulator }] of Object.entries(sandbox.firewalls)) {
    const { caFile, token, url } = simulator;
    output.line(
      `  ${id}: curl --cacert ${caFile} -H "Authorization: Bearer ${token}" ${url}/api/v2/cmdb/firewall/addrgrp`,
    );
  }
}

function wayIntoCluster(sandbox: Sandbox, ground: Ground): string {
  if (ground.api !== 'given') return `export KUBECONFIG=${sandbox.cluster().kubeconfig}`;
  const { namespace, reached } = ground;
  const context = reached.context === undefined ? '' : ` --context ${reached.context}`;
  return `kubectl --kubeconfig ${reached.kubeconfig}${context} --namespace ${namespace.name} get pods --watch`;
}
