import { Command } from 'commander';
import { look, type Look } from '../../app/onboarding/look.ts';
import { onboard, waitForAgent } from '../../app/onboarding/onboard.ts';
import { writeManifests } from '../../app/onboarding/write-manifests.ts';
import type { Wanted } from '../../app/onboarding/wanted.ts';
import { ZonebridgeError } from '../../core/errors.ts';
import { objectTitle } from '../../core/onboarding/kubernetes-object.ts';
import { type Cli, examples } from '../cli.ts';
import { confirm } from '../confirm.ts';
import { type HubSession, withHub } from '../hub.ts';
import { interruptible } from '../interruptible.ts';
import { type ClusterOptions, clusterOptions, noteAction, openCluster, refusal } from '../onboarding.ts';

interface OnboardOptions extends ClusterOptions {
  dryRun?: boolean;
  manifests?: string | true;
  yes?: boolean;
  forceConflicts?: boolean;
  wait: boolean;
}

export function onboardCommand(cli: Cli): Command {
  const command = new Command('onboard')
    .summary('install the agent in an EKS cluster of the configuration')
    .description(
      'Looks at the cluster, says what it will do, asks, then gives the agent its role (pod identity, or the OIDC provider of the\n' +
        'configuration), applies its manifests and waits until the hub has verified everything it told. What is so already stays; it can be repeated.',
    )
    .argument('<cluster>', 'key of the cluster in the configuration')
    .option('--dry-run', 'only look and say')
    .option('--manifests [dir]', 'write the manifests there instead of applying them')
    .option('--force-conflicts', 'take fields over that somebody else set on our objects')
    .option('-y, --yes', 'do not ask')
    .option('--no-wait', 'do not wait for the agent');
  return clusterOptions(command, { image: true })
    .addHelpText(
      'after',
      examples(
        ['zonebridge onboard shop --dry-run', 'what would be done, and everything that stands in the way'],
        ['zonebridge onboard shop', 'do it after a question'],
        [
          'zonebridge onboard shop --manifests deploy/shop',
          'for a cluster that Git or somebody else applies to',
        ],
        ['zonebridge onboard shop --kubeconfig ~/.kube/config', 'go in by your own access, such as a tunnel'],
      ),
    )
    .action((cluster: string, options: OnboardOptions) =>
      withHub(cli, (hub) => run(cli, hub, { ...options, cluster })),
    );
}

async function run(cli: Cli, hub: HubSession, options: OnboardOptions & { cluster: string }): Promise<void> {
  const { output } = cli;
  const filesOnly = options.manifests !== undefined;
  const { installer, wanted } = await openCluster(cli, hub, options);
  const force = options.forceConflicts === true;
  const seen = await look(installer, wanted, {
    purpose: filesOnly ? 'files' : 'join',
    now: hub.ports.clock.now(),
    force,
  });
  show(cli, wanted, seen);
  if (seen.examination.obstacles.length > 0) throw refusal(cli, wanted, seen.examination.obstacles);
  const files = filesOnly && !options.dryRun ? await write(cli, wanted, seen, options.manifests) : undefined;
  const plan = planOf(wanted, seen, files);
  if (options.dryRun) {
    output.result({ ok: true, dryRun: true, ...plan });
    return;
  }
  const nothing = isDone(seen);
  if (!nothing && !(await confirm(cli, `Do this to ${wanted.cluster.name}?`, options.yes))) {
    output.line('Nothing was changed.');
    output.result({ ok: false, ...plan });
    return;
  }
  if (!nothing) await noteAction(cli, hub, { what: 'onboard', wanted });
  const progress = (line: string): void => output.note(output.safe(line));
  const onboarding = { ports: hub.ports, installer, wanted, progress };
  const done = await interruptible(cli.io, (stop) => onboard({ ...onboarding, stop }, seen, { force }));
  const wait = options.wait && !filesOnly;
  const heard = wait ? await waitForAgent(onboarding, done) : undefined;
  if (wait && heard === undefined) {
    const message = `the hub has not heard all of the agent in ${wanted.key} within ten minutes`;
    throw new ZonebridgeError('cluster/silent', message);
  }
  output.line(nothing ? `${wanted.key} is as it should be.` : `${wanted.key} is changed as shown.`);
  if (heard !== undefined)
    output.line(`It is verified: the hub knows its ${heard.endpoints} endpoints (epoch ${heard.epoch}).`);
  output.result({
    ok: true,
    ...plan,
    done: { identity: done.identity, objects: done.objects, removed: done.removed },
    hub: heard,
  });
}

function planOf(
  { key }: Wanted,
  { examination, access, leftovers, objects }: Look,
  files: string | undefined,
) {
  return {
    cluster: key,
    identity: examination.identity,
    access,
    objects: objects.map(({ object, becomes }) => ({ object: objectTitle(object), becomes })),
    removes: leftovers,
    notes: examination.notes,
    ...(files === undefined ? {} : { files }),
  };
}

/** Nothing is left to be done, so nobody has to be asked. */
function isDone({ examination, access, leftovers, objects }: Look): boolean {
  if (examination.identity === 'create' || access === 'temporary') return false;
  if (access === 'none') return true;
  return leftovers.length === 0 && objects.every(({ becomes }) => becomes === 'unchanged');
}

function show(cli: Cli, { key, cluster, identity, irsa, settings }: Wanted, seen: Look): void {
  const { output } = cli;
  const { examination } = seen;
  output.line(`${key}: EKS cluster ${cluster.name} in ${cluster.region} of account ${cluster.account}`);
  for (const note of examination.notes) output.line(`  ${output.safe(note)}`);
  const account = `${identity.namespace}/${identity.serviceAccount}`;
  const role = irsa
    ? `${account} takes ${settings.irsaRole ?? ''} by the OIDC provider`
    : `${account} ${examination.identity === 'already' ? 'has' : 'will be associated with'} ${identity.roleArn}`;
  output.line(`  role: ${role}`);
  if (identity.targetRoleArn !== undefined && !irsa)
    output.line(
      `  and with it ${identity.targetRoleArn}; \`zonebridge deploy --account ${cluster.account}\` makes the first`,
    );
  if (seen.access === 'temporary')
    output.line(
      '  access: you are not let in; an access entry as administrator is made for you and deleted at the end',
    );
  if (examination.obstacles.length > 0 || seen.access === 'none') return;
  output.table({
    head: ['object', 'becomes'],
    rows: [
      ...seen.objects.map(({ object, becomes }) => [objectTitle(object), becomes ?? 'applied']),
      ...seen.leftovers.map((title) => [title, 'removed']),
    ],
  });
}

async function write(
  cli: Cli,
  wanted: Wanted,
  seen: Look,
  given: string | true | undefined,
): Promise<string> {
  const folder = cli.path(typeof given === 'string' ? given : `zonebridge-agent-${wanted.key}`);
  await writeManifests(
    folder,
    seen.objects.map(({ object }) => object),
  );
  cli.output.line(`The manifests are in ${folder}; apply them with kubectl apply -k ${folder}`);
  return folder;
}
