import { isZonebridgeError } from '../../core/errors.ts';
import type { AddressGroup } from '../../core/model/address-group.ts';
import { stableJson } from '../../core/model/content-hash.ts';
import type { Key } from '../../core/ports.ts';
import { applyConfiguration } from '../commands/apply.ts';
import { activeOrNone, type FirewallPlan } from '../commands/plan.ts';
import type { PlannedGroup } from '../commands/plan-group.ts';
import type { App } from '../compose.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { count, inParallel } from '../state/items.ts';
import { listLedger, objectKey, readObject } from '../state/ledger.ts';
import { groupsOn } from '../targets.ts';
import { joinResources } from './resource-groups.ts';

/** Who a generation is by that came of resources. */
const author = 'AddressGroup resources';

/** The last generation of ours whose walk was started: one that is active and not noted here was interrupted. */
const doneKey: Key = { table: 'control', pk: 'resource-groups' };

/**
 * Makes groups of accepted AddressGroup resources, as a generation of its own that differs in these groups alone. Releases what the platform has
 * released by its delegation: additions up to the size of the group, and of an allow group that ends everything. All else waits at the brakes.
 * Waits while a canary is on, and while a person paused everything. Returns whether a generation was activated.
 */
export async function admitGroups(app: App): Promise<boolean> {
  const { tables } = app.ports;
  const active = await activeOrNone(app.configurations);
  if (active === undefined || active.canary || active.paused) return false;
  const { configuration } = active;
  const { groups } = await joinResources(tables, configuration, configuration.groups);
  const [done] = await tables.read([doneKey]);
  const interrupted = active.author === author && count(done, 'generation') < active.generation;
  if (!interrupted && stableJson(groups) === stableJson(configuration.groups)) return false;
  const next = { ...configuration, groups };
  const plans = await Promise.all(
    Object.keys(configuration.firewalls).map((firewall) =>
      planOf(app, { active, groups, firewall, interrupted }),
    ),
  );
  try {
    const { releasedSince } = active;
    const request = { configuration: next, plans, author, releasedSince };
    const { generation } = await applyConfiguration(app, request);
    await tables.write({ key: doneKey, put: { generation } });
    return true;
  } catch (error) {
    // A person, or another round, was faster: the next minute looks again.
    if (isZonebridgeError(error, 'configuration/outdated', 'configuration/canary-waiting')) return false;
    throw error;
  }
}

/** What is released on a firewall: for groups that are new, changed or ending. */
async function planOf(
  { ports }: App,
  at: {
    active: ActiveConfiguration;
    groups: Record<string, AddressGroup>;
    firewall: string;
    interrupted: boolean;
  },
): Promise<FirewallPlan> {
  const { active, groups, firewall, interrupted } = at;
  const before = active.configuration.groups;
  const changed = groupsOn({ ...active.configuration, groups }, firewall).filter(
    ({ group }) =>
      group.resource !== undefined && (interrupted || stableJson(before[group.name]) !== stableJson(group)),
  );
  const items = await ports.tables.read(changed.map(({ group }) => objectKey(firewall, group.name)));
  const planned = await inParallel([...changed.entries()], 4, async ([index, { group, target }]) => {
    const { object, counters } = readObject(items[index], ports.clock.now());
    const ends = group.select === '!all()';
    const emptied = ends && group.usedIn === 'allow';
    return {
      ...empty,
      // What waits at the brakes already is marked by no walk.
      look: emptied ? (await listLedger(ports.tables, firewall, group.name)).map(({ key }) => key) : [],
      group: group.name,
      object,
      channel: target.channel,
      mode: target.mode,
      size: counters.size,
      firstFill: before[group.name] === undefined,
      allowance: {
        add: ends ? 0 : Math.max(0, group.maxMembers - counters.size),
        remove: emptied ? counters.size : 0,
      },
    } satisfies PlannedGroup;
  });
  const plan = { firewall, base: active.generation, basis: 'ledger', unread: undefined } as const;
  return { ...plan, groups: planned, frozen: [], notes: [], advice: [] };
}

const empty = {
  ownership: 'unknown',
  add: [],
  remove: [],
  unchanged: 0,
  held: [],
  waiting: [],
  withheld: [],
  refused: [],
  drift: { missing: [], foreign: [] },
  repair: { add: [], remove: [] },
  notes: [],
} satisfies Partial<PlannedGroup>;
