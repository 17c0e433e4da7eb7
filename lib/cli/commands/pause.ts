import { Command } from 'commander';
import { pauseWrites } from '../../app/commands/pause.ts';
import { type Cli, examples } from '../cli.ts';
import { acting, withActiveHub } from '../hub.ts';
import { requireKnown } from '../known.ts';
import { ago } from '../time.ts';

export function pauseCommand(cli: Cli): Command {
  return new Command('pause')
    .summary('stop all writes to a firewall, or to all')
    .description(
      'From the next write on nothing is written, also by a run that is under way. What changes is kept and done after `zonebridge resume`.\n' +
        'Comparisons, which only read, go on. Stands above everything, also above a quarantine.',
    )
    .argument('[firewall]', 'id in the configuration; all firewalls when left out')
    .option('--reason <text>', 'why; shown by `zonebridge status`')
    .addHelpText(
      'after',
      examples(
        ['zonebridge pause edge-1 --reason "upgrade of the firewall"', 'one firewall'],
        ['zonebridge pause', 'everything, at once'],
      ),
    )
    .action((firewall: string | undefined, { reason }: { reason?: string }) =>
      withActiveHub(cli, async (hub) => {
        await requireKnown(hub, { firewall });
        const by = await acting(cli, hub);
        const { pause, already } = await pauseWrites(hub.ports, hub.configurations, { firewall, by, reason });
        const what = firewall ?? 'Everything';
        const { output } = cli;
        output.line(
          already
            ? output.safe(
                `${what} was paused ${ago(pause.since, hub.ports.clock.now())} by ${pause.by} already.`,
              )
            : `Nothing is written to ${firewall ?? 'any firewall'} until \`zonebridge resume${firewall === undefined ? '' : ` ${firewall}`}\`.`,
        );
        output.result({ ok: true, firewall: firewall ?? null, already, ...pause });
      }),
    );
}
