import { Command } from 'commander';
import { look } from '../../app/onboarding/look.ts';
import { offboard, type Offboarded } from '../../app/onboarding/offboard.ts';
import { objectTitle } from '../../core/onboarding/kubernetes-object.ts';
import { type Cli, examples } from '../cli.ts';
import { confirmByName } from '../confirm.ts';
import { type HubSession, withHub } from '../hub.ts';
import { interruptible } from '../interruptible.ts';
import { type ClusterOptions, clusterOptions, noteAction, openCluster, refusal } from '../onboarding.ts';

interface OffboardOptions extends ClusterOptions {
  dryRun?: boolean;
  yes?: boolean;
  ticket?: string;
}

export function offboardCommand(cli: Cli): Command {
  const command = new Command('offboard')
    .summary('take the agent out of a cluster; firewalls stay as they are')
    .description(
      'Removes the agent and what onboard made, in the safe order, after the name of the cluster was typed. Addresses of the cluster stay on the firewalls:\n' +
        'they leave when the groups name other clusters alone, as `plan` shows and as the brakes and approvals allow.',
    )
    .argument('<cluster>', 'key of the cluster in the configuration')
    .option('--dry-run', 'only look and say')
    .option('-y, --yes', 'do not ask for the name; needs --ticket')
    .option('--ticket <id>', 'under which it was approved');
  return clusterOptions(command, { image: false })
    .addHelpText('after', examples(['zonebridge offboard shop --dry-run', 'what would go and what stays']))
    .action((cluster: string, options: OffboardOptions) =>
      withHub(cli, (hub) => run(cli, hub, { ...options, cluster })),
    );
}

async function run(cli: Cli, hub: HubSession, options: OffboardOptions & { cluster: string }): Promise<void> {
  const { output } = cli;
  const { installer, wanted } = await openCluster(cli, hub, { ...options, removing: true });
  const { key, cluster } = wanted;
  const seen = await look(installer, wanted, { purpose: 'leave', now: hub.ports.clock.now() });
  if (seen.examination.obstacles.length > 0) throw refusal(cli, wanted, seen.examination.obstacles);
  output.line(`${key}: EKS cluster ${cluster.name} in ${cluster.region} of account ${cluster.account}`);
  output.line(
    `  the agent, its rights and settings in namespace ${cluster.namespace} are removed; the namespace stays, others may use it`,
  );
  const objects = seen.objects
    .map(({ object }) => objectTitle(object))
    .filter((title) => !title.startsWith('Namespace '));
  for (const object of objects) output.line(`    ${output.safe(object)}`);
  if (options.dryRun) {
    output.result({
      ok: true,
      dryRun: true,
      cluster: key,
      access: seen.access,
      identity: seen.identity,
      objects,
    });
    return;
  }
  const { yes, ticket } = options;
  if (!(await confirmByName(cli, `Take the agent out of ${key}?`, { name: key, yes, ticket }))) {
    output.line('Nothing was changed.');
    output.result({ ok: false, cluster: key });
    return;
  }
  await noteAction(cli, hub, { what: 'offboard', wanted, ticket });
  const progress = (line: string): void => output.note(output.safe(line));
  const offboarding = { ports: hub.ports, installer, wanted, progress };
  const done = await interruptible(cli.io, (stop) => offboard({ ...offboarding, stop }, seen));
  for (const line of remains(key, done)) output.line(output.safe(line));
  output.result({ ok: true, cluster: key, ...done });
}

function remains(key: string, { removed, kept, identity, hub }: Offboarded): string[] {
  const gone =
    removed.length === 0
      ? 'Nothing of the agent was left in the cluster.'
      : `${removed.length} objects are gone.`;
  const entries: Record<Offboarded['identity'], string[]> = {
    removed: ['The association with the role is gone.'],
    absent: [],
    kept: ['The association of the service account is with another role and stays.'],
  };
  return [
    gone,
    ...entries[identity],
    ...kept.map((object) => `${object} stays.`),
    `The hub still knows ${hub.endpoints} endpoints of ${key}, and their addresses stay on the firewalls as they are.`,
    `The alarm agent-silent of ${key} rings in five minutes, until the cluster is out of the configuration and deployed so.`,
    `To let the addresses go: name the other clusters in \`clusters\` of the groups, look at \`zonebridge plan\`, then apply; the brakes hold large removals.`,
    `After that take ${key} out of zonebridge.yaml and deploy: what a cluster has on firewalls when it leaves the configuration stays there.`,
  ];
}
