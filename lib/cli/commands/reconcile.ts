import { Command } from 'commander';
import type { Comparison } from '../../app/commands/firewall-state.ts';
import { requestReconcile, waitForReconcile } from '../../app/commands/request-reconcile.ts';
import { type Cli, examples } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { type ActiveHub, withActiveHub } from '../hub.ts';
import { requireKnown } from '../known.ts';

export function reconcileCommand(cli: Cli): Command {
  return new Command('reconcile')
    .summary('compare a firewall with the ledger now')
    .description(
      'Asks the hub to read everything of ours on a firewall and to compare it; what differs is repaired by the next run.\n' +
        'Happens by itself every few minutes.',
    )
    .argument('<firewall>', 'id in the configuration')
    .option('--no-wait', 'return as soon as the hub was asked')
    .addHelpText('after', examples(['zonebridge reconcile edge-1', 'after somebody worked on the firewall']))
    .action((firewall: string, options: { wait: boolean }) =>
      withActiveHub(cli, (hub) => reconcile(cli, hub, { firewall, ...options })),
    );
}

/** Longer than a comparison may take. */
const timeoutMs = 5 * 60_000;

async function reconcile(
  cli: Cli,
  hub: ActiveHub,
  { firewall, wait }: { firewall: string; wait: boolean },
): Promise<void> {
  const { output } = cli;
  await requireKnown(hub, { firewall });
  const requestId = await requestReconcile(hub.ports, await hub.active(), firewall);
  if (!wait) {
    output.line(`The hub was asked to compare ${firewall}.`);
    output.result({ ok: true, firewall, requestId });
    return;
  }
  output.note(`waiting for the comparison of ${firewall}`);
  const found = await waitForReconcile(hub.ports, { firewall, requestId, timeoutMs });
  if (!found || found.error !== '') cli.exitCode = exitCodes.unreachable;
  output.line(found ? resultText(firewall, found) : 'No result in time; the hub goes on by itself.');
  output.result({ ok: found?.error === '', firewall, requestId, comparison: found });
}

function resultText(firewall: string, comparison: Comparison): string {
  const { removedByHand, lost, foreign, open, error } = comparison;
  if (error !== '') return `${firewall} could not be compared: ${error}`;
  const parts = [
    `${removedByHand} taken off by hand`,
    `${lost} lost`,
    `${foreign} added by somebody else`,
    `${open} to be looked at`,
  ];
  return `${firewall}: ${parts.join(', ')}.`;
}
