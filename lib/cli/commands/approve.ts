import { Command } from 'commander';
import { approveHeld, type HeldChange, listHeld } from '../../app/commands/approve.ts';
import { type Cli, examples } from '../cli.ts';
import { confirm } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import { type HubSession, person, withHub } from '../hub.ts';
import { requireKnown } from '../known.ts';
import { ago, moment, plural } from '../time.ts';

interface ApproveOptions {
  group?: string;
  yes?: boolean;
  by?: string;
}

export function approveCommand(cli: Cli): Command {
  return new Command('approve')
    .summary('release held changes')
    .description(
      'Shows what is held on a firewall, asks, and releases exactly that for an hour. What is no longer wanted then is left out.',
    )
    .argument('<firewall>', 'id in the configuration')
    .option('--group <name>', 'only this group')
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
    .option('--by <name>', 'who approves; the user of the pipeline or machine unless given')
    .addHelpText(
      'after',
      examples(
        ['zonebridge approve edge-1', 'look, then say yes'],
        [
          'zonebridge approve edge-1 --group storefront --yes --by mia@example.com',
          'after a review elsewhere',
        ],
      ),
    )
    .action((firewall: string, options: ApproveOptions) =>
      withHub(cli, (hub) => approve(cli, hub, { firewall, ...options })),
    );
}

async function approve(
  cli: Cli,
  hub: HubSession,
  { firewall, group, yes, by }: ApproveOptions & { firewall: string },
): Promise<void> {
  const { output } = cli;
  await requireKnown(hub, { firewall, group });
  const active = await hub.active();
  const held = await listHeld(hub.ports, active, firewall, group);
  if (held.length === 0) {
    output.line(`Nothing is held on ${firewall}.`);
    output.result({ ok: true, approved: [] });
    return;
  }
  const now = hub.ports.clock.now();
  const rows = held.map((one: HeldChange) => [
    one.group,
    one.op,
    one.address,
    one.reason,
    ago(one.since, now),
  ]);
  output.table({ head: ['group', 'change', 'address', 'held because of', 'since'], rows });
  if (!(await confirm(cli, `Release ${plural(held.length, 'change')} on ${firewall}?`, yes))) {
    output.line('Nothing was released.');
    output.result({ ok: false, approved: [], held });
    cli.exitCode = exitCodes.held;
    return;
  }
  const name = person(cli, by);
  const expiresAt = await approveHeld(hub.ports, active, { firewall, by: name, held });
  output.line(`Released until ${moment(expiresAt)} UTC; \`zonebridge status\` shows when they are done.`);
  output.result({ ok: true, approved: held, by: name, expiresAt });
}
