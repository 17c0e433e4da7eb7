import type { ObjectUse } from '../../core/firewall.ts';
import type { Item, Key, Tables } from '../../core/ports.ts';
import { count, text } from './items.ts';

/** What a person asked for: that a group which left the configuration goes from a firewall, and what became of it. */
export interface Retirement {
  id: string;
  by: string;
  /** Nothing is begun after this. */
  expiresAt: number;
  state: 'requested' | 'done' | 'refused';
  /** Members that were taken off. */
  removed: number;
  /** Refused: why. */
  message: string;
  users: ObjectUse['users'];
}

export function retirementKey(firewall: string, group: string): Key {
  return { table: 'control', pk: `retire|${firewall}|${group}` };
}

export function readRetirement(item: Item | undefined): Retirement | undefined {
  const state = text(item, 'state');
  if (state !== 'requested' && state !== 'done' && state !== 'refused') return undefined;
  return {
    id: text(item, 'id') ?? '',
    by: text(item, 'by') ?? 'unknown',
    expiresAt: count(item, 'expiresAt'),
    state,
    removed: count(item, 'removed'),
    message: text(item, 'message') ?? '',
    users: JSON.parse(text(item, 'users') ?? '[]') as ObjectUse['users'],
  };
}

export async function requestRetirement(
  tables: Tables,
  place: { firewall: string; group: string },
  request: { id: string; by: string; expiresAt: number },
): Promise<void> {
  const put = { ...request, state: 'requested', removed: 0 };
  await tables.write({ key: retirementKey(place.firewall, place.group), put });
}

/** Notes how it ended, or how far it came, on condition that it is still the same request. */
export async function noteRetirement(
  tables: Tables,
  place: { firewall: string; group: string; id: string },
  end: { state: Retirement['state']; message?: string; users?: ObjectUse['users']; removed: number },
): Promise<void> {
  const { state, message = '', users = [], removed } = end;
  await tables.write({
    key: retirementKey(place.firewall, place.group),
    update: { set: { state, message, users: JSON.stringify(users.slice(0, 50)) }, add: { removed } },
    if: [{ attribute: 'id', is: '=', value: place.id }],
  });
}

/** Stands in the place of an address in the dirty row that asks for a whole object. */
export const wholeObject = '#object';
