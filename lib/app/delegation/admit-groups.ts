import { isZonebridgeError } from '../../core/errors.ts';
import type { AddressGroup } from '../../core/model/address-group.ts';
import { stableJson } from '../../core/model/content-hash.ts';
import type { Key } from '../../core/ports.ts';
import { applyConfiguration, carryOut } from '../commands/apply.ts';
import { activeOrNone } from '../state/active-or-none.ts';
import type { FirewallPlan } from '../commands/plan.ts';
import type { App } from '../compose.ts';
import { count, inParallel } from '../state/items.ts';
import { delegatedRelease } from './delegated-release.ts';
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
  const same = stableJson(groups) === stableJson(configuration.groups);
  if (!interrupted && same) return false;
  const next = { ...configuration, groups };
  const changed = (group: AddressGroup): boolean =>
    interrupted || stableJson(configuration.groups[group.name]) !== stableJson(group);
  const at = { configuration: next, before: configuration.groups, which: changed };
  const plans = await inParallel(Object.keys(next.firewalls), 8, async (firewall): Promise<FirewallPlan> => {
    const released = await delegatedRelease(app.ports, { ...at, firewall });
    const plan = { firewall, base: active.generation, basis: 'ledger', unread: undefined } as const;
    return { ...plan, groups: released, frozen: [], notes: [], advice: [] };
  });
  try {
    const { releasedSince } = active;
    const request = { configuration: next, plans, author, releasedSince };
    // What was activated and not carried out, because a lease was not free for so long, say, needs no other generation.
    const { generation } = same
      ? await carryOut(app, active.generation, { request })
      : await applyConfiguration(app, request);
    await tables.write({ key: doneKey, put: { generation } });
    return true;
  } catch (error) {
    // A person, or another round, was faster: the next minute looks again.
    if (isZonebridgeError(error, 'configuration/outdated', 'configuration/canary-waiting')) return false;
    throw error;
  }
}
