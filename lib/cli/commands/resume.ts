import { Command } from 'commander';
import { resumeWrites } from '../../app/commands/pause.ts';
import { readStatus } from '../../app/commands/status.ts';
import type { Pause } from '../../app/state/pauses.ts';
import { type Cli, examples } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { acting, withActiveHub } from '../hub.ts';
import { requireKnown } from '../known.ts';
import { duration } from '../time.ts';

/** Who paused it, and why: it may have been somebody else, who relies on it. */
function endedText(what: string, { since, by, reason }: Pause, now: number): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  return `${what} was paused for ${duration(now - since)} by ${by}${why}; it catches up now.`;
}

export function resumeCommand(cli: Cli): Command {
  return new Command('resume')
    .summary('let writes go on after a pause')
    .description(
      'Ends the pause of one firewall, or, without a name, the one of everything; firewalls that were paused by name stay paused.\n' +
        'What changed meanwhile is caught up with. Exit code 3 when a firewall that was named is still paused.',
    )
    .argument('[firewall]', 'id in the configuration')
    .addHelpText(
      'after',
      examples(['zonebridge resume edge-1', 'after its upgrade'], ['zonebridge resume', 'all']),
    )
    .action((firewall: string | undefined) =>
      withActiveHub(cli, async (hub) => {
        await requireKnown(hub, { firewall });
        const by = await acting(cli, hub);
        const ended = await resumeWrites(hub.ports, hub.configurations, { firewall, by });
        const { firewalls } = await readStatus(hub);
        const still = firewalls.filter(({ paused }) => paused).map((one) => one.firewall);
        const { output } = cli;
        const what = firewall ?? 'Everything';
        const not =
          firewall === undefined
            ? 'There was no pause of everything.'
            : `${firewall} was not paused by name.`;
        output.line(ended ? output.safe(endedText(what, ended, hub.ports.clock.now())) : not);
        if (still.length > 0) output.line(`Still paused: ${still.join(', ')}.`);
        if (firewall !== undefined && still.includes(firewall)) cli.exitCode = exitCodes.held;
        output.result({ ok: true, firewall: firewall ?? null, ended: ended ?? null, stillPaused: still });
      }),
    );
}
