import { Command } from 'commander';
import { approveHeld } from '../../app/commands/approve.ts';
import { type Cli, examples } from '../cli.ts';
import { type DecideOptions, decideHeld, type DecisionKind } from '../decide-held.ts';
import { withActiveHub } from '../hub.ts';
import { moment } from '../time.ts';

type ApproveOptions = DecideOptions & { rejected?: boolean };

export function approveCommand(cli: Cli): Command {
  return new Command('approve')
    .summary('release held changes')
    .description(
      'Shows what is held on a firewall, asks, and releases exactly that for as long as approvals.validMinutes says (an hour unless set).\n' +
        'What is no longer wanted then is left out. Who approves is whom AWS says you are; with approvals.secondPerson that must\n' +
        'not be whoever applied the configuration that caused the changes.',
    )
    .argument('<firewall>', 'id in the configuration')
    .option('--group <name>', 'only this group')
    .option('--address <address...>', 'only these addresses')
    .option('--rejected', 'also what was rejected')
    .option('--ticket <id>', 'number of the ticket; the configuration may require one')
    .option('--reason <text>', 'why; kept and shown')
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
    .addHelpText(
      'after',
      examples(
        ['zonebridge approve edge-1', 'look, then say yes'],
        [
          'zonebridge approve edge-1 --group storefront --ticket CHG0042 --yes',
          'one group, after a review elsewhere',
        ],
      ),
    )
    .action((firewall: string, { rejected, ...options }: ApproveOptions) =>
      withActiveHub(cli, (hub) =>
        decideHeld(cli, hub, { ...options, firewall, kind: approval(rejected === true) }),
      ),
    );
}

function approval(rejected: boolean): DecisionKind {
  return {
    verb: 'Release',
    concerns: (held) => rejected || held.rejected === undefined,
    decide: approveHeld,
    done: ({ expiresAt = 0 }) =>
      `Released until ${moment(expiresAt)} UTC; \`zonebridge status\` shows when they are done.`,
    listed: 'approved',
  };
}
