import type { Clock, Item, Random, Tables, Value, Write } from '../../core/ports.ts';
import type { AuditRecord, StreamChange } from './record.ts';

/** Partition of the ledger that holds what people did: it goes the way of all changes, through the stream into the archive. */
export const actionPartition = '#action';

/** What a person does, written down before it is done. */
export interface Action {
  /** The command, such as `approve`. */
  what: string;
  /** Who; `unknown` when nobody knows, never made up. */
  by: string;
  firewall?: string | undefined;
  group?: string | undefined;
  address?: string | undefined;
  ticket?: string | undefined;
  reason?: string | undefined;
  /** What else tells what was done; never a secret. */
  details?: { readonly [name: string]: Value } | undefined;
}

/** The row in the ledger is only the way into the archive. */
const keptMs = 7 * 86_400_000;
/** Longer lists are cut: a row has to fit, and the changes themselves are recorded one by one. */
const listMax = 50;

/** Writes an action down; throws when that is not possible, and then nothing must be done. */
export async function recordAction(
  ports: { tables: Tables; clock: Clock; random: Random },
  action: Action,
): Promise<void> {
  await ports.tables.write(actionWrite(ports, action));
}

/**
 * Writes down that an action that was recorded came to something else than it says: what was checked before changed in that moment.
 * Who, ticket and reason are those of the action.
 */
export function noteOutcome(
  ports: { tables: Tables; clock: Clock; random: Random },
  action: Action,
  details: { readonly outcome: string; readonly [name: string]: Value },
): Promise<void> {
  return recordAction(ports, { ...action, details });
}

function actionWrite({ clock, random }: { clock: Clock; random: Random }, action: Action): Write {
  const at = clock.now();
  const item: Item = { what: action.what, by: action.by, at, expiresAt: Math.ceil((at + keptMs) / 1000) };
  for (const name of ['firewall', 'group', 'address', 'ticket', 'reason'] as const) {
    const value = action[name];
    if (value !== undefined) item[name] = value.slice(0, 500);
  }
  if (action.details) item['details'] = shortened(action.details);
  const sk = `${String(at).padStart(15, '0')}|${random.id()}`;
  return {
    key: { table: 'ledger', pk: actionPartition, sk },
    put: item,
    if: [{ attribute: 'at', is: 'absent' }],
  };
}

function shortened(details: { readonly [name: string]: Value }): Item {
  const short = (value: Value): Value =>
    Array.isArray(value) && value.length > listMax
      ? [...value.slice(0, listMax), `and ${value.length - listMax} more`]
      : value;
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, short(value)]));
}

/** The record of an action; undefined when its row only ran out. */
export function readAction({ id, sequence, at, after }: StreamChange): AuditRecord | undefined {
  if (!after) return undefined;
  const text = (name: string): string | undefined =>
    typeof after[name] === 'string' ? after[name] : undefined;
  const { details } = after;
  return {
    id,
    sequence,
    at: typeof after['at'] === 'number' ? after['at'] : at,
    kind: 'action',
    firewall: text('firewall'),
    group: text('group'),
    address: text('address'),
    action: {
      what: text('what') ?? 'unknown',
      by: text('by') ?? 'unknown',
      ticket: text('ticket'),
      reason: text('reason'),
      ...(typeof details === 'object' && details !== null ? { details: { ...details } } : {}),
    },
  };
}
