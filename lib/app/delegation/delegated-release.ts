import type { AddressGroup } from '../../core/model/address-group.ts';
import type { PlannedGroup } from '../commands/plan-group.ts';
import type { Configuration } from '../configuration/model.ts';
import type { Ports } from '../ports.ts';
import { inParallel } from '../state/items.ts';
import { listLedger, objectKey, readObject } from '../state/ledger.ts';
import { groupsOn } from '../targets.ts';

/**
 * What the platform has released by its delegations for groups of resources on a firewall, whoever activates them: additions up to the size of a group,
 * and of an allow group that ends everything. Of all groups that came of resources, or of those that `which` picks.
 */
export async function delegatedRelease(
  ports: Ports,
  at: {
    configuration: Configuration;
    firewall: string;
    /** Groups that are active, by name. */
    before: Readonly<Record<string, AddressGroup>>;
    which?: (group: AddressGroup) => boolean;
  },
): Promise<PlannedGroup[]> {
  const { configuration, firewall, before, which = () => true } = at;
  const places = groupsOn(configuration, firewall).filter(
    ({ group }) => group.resource !== undefined && which(group),
  );
  const items = await ports.tables.read(places.map(({ group }) => objectKey(firewall, group.name)));
  return inParallel([...places.entries()], 4, async ([index, { group, target }]) => {
    const { object, counters } = readObject(items[index], ports.clock.now());
    const ends = group.select === endedSelection;
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
}

/** Selects nothing: what a group has whose resource is gone, until its firewalls are empty. */
export const endedSelection = '!all()';

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
