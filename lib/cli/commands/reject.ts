import { Command } from 'commander';
import { rejectHeld } from '../../app/commands/approve.ts';
import { type Cli, examples } from '../cli.ts';
import { type DecideOptions, decideHeld, type DecisionKind } from '../decide-held.ts';
import { withActiveHub } from '../hub.ts';

export function rejectCommand(cli: Cli): Command {
  return new Command('reject')
    .summary('refuse held changes')
    .description(
      'Shows what is held on a firewall, asks, and notes that exactly that shall not happen. It stays as it is on the firewall until it is\n' +
        'wanted differently, until the address belongs to another endpoint or its endpoint was seen to go, or until\n' +
        '`zonebridge approve --rejected`.',
    )
    .argument('<firewall>', 'id in the configuration')
    .option('--group <name>', 'only this group')
    .option('--address <address...>', 'only these addresses')
    .option('--ticket <id>', 'number of the ticket; the configuration may require one')
    .option('--reason <text>', 'why; kept and shown')
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
    .addHelpText(
      'after',
      examples(
        [
          'zonebridge reject edge-1 --group storefront --reason "wrong selector"',
          'after a mistake in a selector',
        ],
        ['zonebridge reject edge-1 --address 10.20.3.4 --yes', 'one address'],
      ),
    )
    .action((firewall: string, options: DecideOptions) =>
      withActiveHub(cli, (hub) => decideHeld(cli, hub, { ...options, firewall, kind: rejection })),
    );
}

const rejection: DecisionKind = {
  verb: 'Reject',
  concerns: ({ rejected }) => rejected === undefined,
  decide: rejectHeld,
  done: () => 'Rejected: they stay as they are on the firewall, shown by `zonebridge groups` and `explain`.',
  listed: 'rejected',
};
