import type { Item, Key, Write } from '../../core/ports.ts';

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
