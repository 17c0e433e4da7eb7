import { isZonebridgeError } from '../../core/errors.ts';
import type { Item, Key, Tables, Write } from '../../core/ports.ts';
import { count, texts } from './items.ts';

/** Something that others may want to know, as it goes onto the bus (docs/events.md). */
export interface Announcement {
  /** Unique; the same one may be told twice. */
  id: string;
  type: AnnouncementType;
  /** Milliseconds since 1970. */
  at: number;
  detail: Item;
}

export type AnnouncementType =
  | 'change-held'
  | 'approval-requested'
  | 'answer-refused'
  | 'approved'
  | 'rejected'
  | 'paused'
  | 'resumed'
  | 'quarantined'
  | 'quarantine-lifted'
  | 'quarantine-reused'
  | 'restored';

/** What waits to be told lies in one row; the sweep, which alone may speak on the bus for the hub, empties it every minute. */
const outboxKey: Key = { table: 'control', pk: 'announcements' };

/** The write that leaves an announcement; part of the transaction of what it tells where there is one. */
export function announce(announcement: Announcement): Write {
  return {
    key: outboxKey,
    update: { add: { revision: 1 }, addToSet: { waiting: [JSON.stringify(announcement)] } },
  };
}

/** Gives what waits to `tell` and forgets it when that succeeded; what came meanwhile keeps all of it for the next time. */
export async function tellAll(
  tables: Tables,
  tell: (announcements: readonly Announcement[]) => Promise<void>,
): Promise<void> {
  const [item] = await tables.read([outboxKey]);
  const waiting = texts(item, 'waiting').map((entry) => JSON.parse(entry) as Announcement);
  if (waiting.length === 0) return;
  await tell(waiting.sort((a, b) => a.at - b.at));
  try {
    await tables.write({
      key: outboxKey,
      delete: true,
      if: [{ attribute: 'revision', is: '=', value: count(item, 'revision') }],
    });
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
  }
}
