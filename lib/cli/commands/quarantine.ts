import { Command } from 'commander';
import { liftQuarantine, quarantine, type QuarantineResult } from '../../app/commands/quarantine.ts';
import { quarantineLimits } from '../../app/orders/quarantine-limits.ts';
import { type Cli, examples } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { acting, type ActiveHub, withActiveHub } from '../hub.ts';
import { ago, plural } from '../time.ts';

interface QuarantineOptions {
  lift?: boolean;
  denyGroup?: string;
  ticket?: string;
  reason?: string;
}

export function quarantineCommand(cli: Cli): Command {
  return new Command('quarantine')
    .summary('take an address or a pod out of every allow group')
    .description(
      'Takes an address, or all own addresses of a pod, out of every allow group on every firewall, and puts them into the deny group of\n' +
        'the configuration (quarantine.group). Past brakes, freezes and limits; not into objects that are not ours, not in mode observe, and\n' +
        'not on a paused firewall before it is resumed. Holds whatever the clusters say until --lift. When another pod gets the address\n' +
        'it is kept out, too: an alarm says so. Exit code 3 where nothing happens for now: paused, failing, observe, an object that is not ours,\n' +
        'or one that a group left behind.',
    )
    .argument('<target>', 'address, namespace/pod or cluster/namespace/pod')
    .option('--lift', 'end it')
    .option('--deny-group <name>', 'another deny group than the configured one')
    .option('--ticket <id>', 'number of the ticket; needed for --lift where the configuration requires one')
    .option('--reason <text>', 'why; kept and shown')
    .addHelpText(
      'after',
      examples(
        ['zonebridge quarantine shop/checkout-7d9 --reason "beacons to 203.0.113.7"', 'a pod'],
        ['zonebridge quarantine 10.20.3.4', 'an address, in every realm'],
        ['zonebridge quarantine 10.20.3.4 --lift', 'when it is over'],
      ),
    )
    .action((target: string, options: QuarantineOptions) =>
      withActiveHub(cli, async (hub) => {
        const { lift, ...more } = options;
        const request = { target, ...more, by: await acting(cli, hub) };
        const result = await (lift ? liftQuarantine(hub, request) : quarantine(hub, request));
        await show(cli, hub, { ...result, lifted: lift === true });
      }),
    );
}

async function show(
  cli: Cli,
  hub: ActiveHub,
  { quarantine: order, already, places, limits, lifted }: QuarantineResult & { lifted: boolean },
): Promise<void> {
  const { output } = cli;
  const now = hub.ports.clock.now();
  const addresses = order.addresses.map((entry) => entry.split('|')[1] ?? '');
  const listed = addresses.join(', ') || 'no address yet';
  if (already) {
    output.line(
      output.safe(`${order.target} was quarantined ${ago(order.since, now)} by ${order.by} already.`),
    );
  } else {
    const verb = lifted ? 'is out of quarantine' : 'is quarantined';
    output.line(output.safe(`${order.target} (${listed}) ${verb}: ${plural(places.length, 'place')} told.`));
  }
  if (!lifted && order.denyGroup === undefined)
    output.note('No deny group is configured or named: the address is only taken out of allow groups.');
  if (places.length > 0)
    output.table({
      head: ['firewall', 'group', 'used in', 'address'],
      rows: places.map(({ firewall, group, usedIn, address }) => [firewall, group, usedIn, address]),
    });
  if (places.length === 0 && !lifted && !already)
    output.note('No group holds or wants it anywhere now; the order holds for whoever gets it.');
  if (places.length > 0) output.line(`\`zonebridge explain ${addresses[0] ?? ''}\` shows when it is done.`);
  if (limits.length > 0) {
    output.line('Nothing happens for now, because the order does not stand above it:');
    output.table({
      head: ['firewall', 'group', 'because'],
      rows: limits.map(({ firewall, group, because }) => [
        firewall,
        group,
        { text: quarantineLimits[because], tone: 'bad' },
      ]),
    });
    cli.exitCode = exitCodes.held;
  }
  output.result({ ok: true, lifted, already, ...order, places, limits });
}
