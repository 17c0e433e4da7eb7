import { Command } from 'commander';
import { leftObjects, type LeftObject, usesOf } from '../../app/commands/leaving/left-objects.ts';
import { requestRetire, waitForRetirement } from '../../app/commands/leaving/retire.ts';
import type { Retirement } from '../../app/state/retirements.ts';
import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { type Cli, examples } from '../cli.ts';
import { confirmByName } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import { acting, type HubSession, withHub } from '../hub.ts';
import { showObjects, usersText } from '../show-left.ts';
import { plural } from '../time.ts';

interface RetireOptions {
  firewall?: string;
  delete?: boolean;
  yes?: boolean;
  ticket?: string;
  reason?: string;
}

export function retireCommand(cli: Cli): Command {
  return new Command('retire')
    .summary('what groups left on firewalls, and take it off')
    .description(
      'A group that leaves the configuration stays on its firewalls as it is: rules may use it. This shows what is left, whose it is, and\n' +
        'which rules use it. With --delete, after the name was typed, the hub takes members and object off: only what carries our mark, never\n' +
        'what a rule uses; an object that was offered to us is emptied and stays. Exit code 3 when something could not be taken off.',
    )
    .argument('[name]', 'group or firewall; everything that is left unless given')
    .option('--firewall <id>', 'of a group only what is on this firewall')
    .option('--delete', 'take it off')
    .option('-y, --yes', 'do not ask for the name; needs --ticket')
    .option('--ticket <id>', 'under which it was approved')
    .option('--reason <text>', 'for the record')
    .addHelpText(
      'after',
      examples(
        ['zonebridge retire', 'everything that is left, with the rules that use it'],
        ['zonebridge retire storefront --delete', 'take it off, after its name was typed'],
        ['zonebridge retire storefront --firewall edge-1 --delete --yes --ticket CHG-4711', 'in a pipeline'],
      ),
    )
    .action((name: string | undefined, options: RetireOptions) =>
      withHub(cli, (hub) => retire(cli, hub, { name, ...options })),
    );
}

async function retire(
  cli: Cli,
  hub: HubSession,
  options: RetireOptions & { name: string | undefined },
): Promise<void> {
  const { output } = cli;
  const active = await hub.active();
  const all = await leftObjects(hub.ports, active);
  const objects = chosen(all, options);
  if (objects.length === 0) {
    refuseMistakes(active.configuration, options);
    output.line('Nothing is left on the firewalls of the configuration.');
    output.result({ ok: true, left: [] });
    return;
  }
  const uses = await usesOf(hub.ports, active, objects);
  showObjects(cli, objects, uses);
  const shown = objects.map((one) => ({ ...one, live: uses.get(one) }));
  if (!options.delete) {
    output.line('It stays as it is. --delete takes off what is ours and used by nothing.');
    output.result({ ok: true, left: shown });
    return;
  }
  if (options.name === undefined)
    throw new ZonebridgeError('command/usage', '--delete needs the name of a group or a firewall');
  const { yes, ticket } = options;
  const question = `Take ${plural(objects.length, 'object')} with ${plural(members(objects), 'member')} off?`;
  if (!(await confirmByName(cli, question, { name: options.name, yes, ticket }))) {
    output.line('Nothing was taken off.');
    output.result({ ok: false, left: shown });
    cli.exitCode = exitCodes.failed;
    return;
  }
  await takeOff(cli, hub, objects, options);
}

function members(objects: readonly LeftObject[]): number {
  return objects.reduce((sum, one) => sum + one.members, 0);
}

function chosen(
  all: readonly LeftObject[],
  { name, firewall }: { name: string | undefined; firewall?: string },
): LeftObject[] {
  return all.filter(
    (one) =>
      (name === undefined || one.group === name || one.firewall === name) &&
      (firewall === undefined || one.firewall === firewall),
  );
}

function refuseMistakes(
  { groups, firewalls }: HubSession['configuration'],
  { name }: { name: string | undefined },
): void {
  if (name === undefined || Object.hasOwn(firewalls, name)) return;
  if (Object.hasOwn(groups, name))
    throw new ZonebridgeError(
      'retire/still-published',
      `${name} is in the active configuration: take it out and apply, then retire it`,
    );
  throw new ZonebridgeError(
    'retire/nothing-left',
    `nothing called ${name} is left on a firewall; \`zonebridge retire\` lists what is`,
  );
}

/** Undefined: nothing is known of the request any more. */
type End = Pick<Retirement, 'state' | 'removed' | 'message' | 'users'> | undefined;

/** Longer than the firewall may take for thousands of members, one by one. */
const timeoutMs = 5 * 60_000;

async function takeOff(
  cli: Cli,
  hub: HubSession,
  objects: readonly LeftObject[],
  options: RetireOptions,
): Promise<void> {
  const { output } = cli;
  const active = await hub.active();
  const by = await acting(cli, hub);
  const { ticket, reason } = options;
  const results: (LeftObject & { end: End })[] = [];
  for (const object of objects) {
    const { firewall, group } = object;
    let end: End;
    try {
      const id = await requestRetire(hub.ports, active, { object, by, ticket, reason });
      output.note(`waiting for ${firewall}`);
      end = await waitForRetirement(hub.ports, { firewall, group, id, timeoutMs });
    } catch (error) {
      // The others are not in the way of one that is still used.
      if (!isZonebridgeError(error, 'retire/still-fetched')) throw error;
      end = { state: 'refused', removed: 0, message: `${error.message} (${error.code})`, users: [] };
    }
    results.push({ ...object, end });
    output.line(`${group} on ${firewall}: ${output.safe(endText(end))}`);
  }
  const open = results.filter(({ end }) => end?.state === 'requested');
  const refused = results.filter(({ end }) => end?.state === 'refused');
  if (refused.length > 0) cli.exitCode = exitCodes.held;
  else if (open.length > 0) cli.exitCode = exitCodes.unreachable;
  output.result({ ok: refused.length + open.length === 0, retired: results });
}

function endText(end: End): string {
  if (end?.state === 'done') return `taken off, ${plural(end.removed, 'member')}`;
  if (end?.state !== 'refused')
    return 'not yet; the hub goes on for an hour, `zonebridge retire` shows what is left';
  const rules = end.users.length === 0 ? '' : `: ${usersText({ count: undefined, users: end.users })}`;
  return `left in place: ${end.message}${rules}`;
}
