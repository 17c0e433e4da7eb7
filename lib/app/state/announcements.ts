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

/** A row holds 400 KB, an announcement at most 40. What can be left later as well leaves room for what is done already. */
const roomBytes = { later: 280_000, done: 340_000 };
/** Texts of persons and of errors are cut to this. */
const textMax = 500;

/**
 * The write that leaves an announcement, in one transaction with what it tells where there is one. Fails with `store/condition-failed` while
 * too much waits: try it again when the sweep has told that.
 */
export function announce(announcement: Announcement): Write {
  return leave(announcement, roomBytes.later);
}

/** Leaves word of what is done already. When too much waits only how many were left out is kept: no order fails for lack of room here. */
export async function announceDone(tables: Tables, announcement: Announcement): Promise<void> {
  try {
    await tables.write(leave(announcement, roomBytes.done));
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
    await tables.write({ key: outboxKey, update: { add: { revision: 1, untold: 1 } } });
  }
}

function leave({ detail, ...rest }: Announcement, bytes: number): Write {
  const cut = Object.entries(detail).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.slice(0, textMax) : value,
  ]);
  const entry = JSON.stringify({ ...rest, detail: Object.fromEntries(cut) as Item });
  return {
    key: outboxKey,
    update: { add: { revision: 1, bytes: Buffer.byteLength(entry) }, addToSet: { waiting: [entry] } },
    if: [{ attribute: 'bytes', is: 'absent or <', value: bytes }],
  };
}

/**
 * Gives what waits to `tell` and forgets it when that succeeded; what came meanwhile keeps all of it for the next time. Returns how many
 * found no room.
 */
export async function tellAll(
  tables: Tables,
  tell: (announcements: readonly Announcement[]) => Promise<void>,
): Promise<number> {
  const [item] = await tables.read([outboxKey]);
  const waiting = texts(item, 'waiting').map((entry) => JSON.parse(entry) as Announcement);
  if (waiting.length === 0) return 0;
  await tell(waiting.sort((a, b) => a.at - b.at));
  try {
    await tables.write({
      key: outboxKey,
      delete: true,
      if: [{ attribute: 'revision', is: '=', value: count(item, 'revision') }],
    });
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
    return 0;
  }
  return count(item, 'untold');
}
