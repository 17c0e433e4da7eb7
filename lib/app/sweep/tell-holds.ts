import { isZonebridgeError } from '../../core/errors.ts';
import { digest } from '../../core/model/content-hash.ts';
import { holdRule } from '../../core/plan/hold-reasons.ts';
import type { Item } from '../../core/ports.ts';
import { approvalRules } from '../configuration/approval-rules.ts';
import { asHeldNow, freezeAt } from '../freezes.ts';
import type { Ports } from '../ports.ts';
import { announce } from '../state/announcements.ts';
import { storeRequest } from '../state/approval-requests.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import type { HoldSummary } from '../state/hold-summaries.ts';
import type { Hold, LedgerEntry } from '../state/ledger.ts';

/** Holds of one request: its row stays small. */
const requestMax = 1_000;
/** Changes that an event lists. */
const listedMax = 100;

type Told = Pick<HoldSummary, 'digest' | 'requested' | 'requestedUntil'>;

/** One hold, as a request names it: a change that is held again later is another one. */
export function holdName({ op, since }: Pick<Hold, 'op' | 'since'>, key: string): string {
  return `${op} ${since} ${key}`;
}

/**
 * Leaves `change-held` when what is held in a group changed, and `approval-requested` for a fixed set of what a person can release: again
 * when that set changed, or the last request lapsed without an answer. Undefined while too much waits to be told: ask again.
 */
export async function tellHolds(
  ports: Ports,
  active: ActiveConfiguration,
  holds: Holds,
): Promise<Told | undefined> {
  try {
    return await tellNow(ports, active, holds);
  } catch (error) {
    if (isZonebridgeError(error, 'store/condition-failed')) return undefined;
    throw error;
  }
}

interface Holds {
  firewall: string;
  group: string;
  known: HoldSummary;
  rows: readonly LedgerEntry[];
}

async function tellNow(ports: Ports, active: ActiveConfiguration, holds: Holds): Promise<Told> {
  const { firewall, group, known } = holds;
  const rows = [...holds.rows].sort((a, b) => (a.key < b.key ? -1 : 1));
  const now = ports.clock.now();
  const all =
    rows.length === 0 ? '' : hashOf(rows, ({ reason, rejected }) => `${reason}|${rejected?.at ?? ''}`);
  if (all !== known.digest && all !== '') {
    const detail = { firewall, group, count: rows.length, reasons: reasonsOf(rows), changes: listed(rows) };
    await ports.tables.write(announce({ id: ports.random.id(), type: 'change-held', at: now, detail }));
  }
  const freeze = freezeAt(active.freezes, firewall, now);
  const open = rows.filter(({ row: { held } }) => isOpen(held && asHeldNow(held, freeze), now));
  const requested = open.length === 0 ? '' : hashOf(open, () => '');
  const stands = requested === known.requested && (requested === '' || known.requestedUntil > now);
  if (stands) return { digest: all, requested, requestedUntil: known.requestedUntil };
  const expiresAt = now + approvalRules(active.configuration).validMinutes * 60_000;
  for (let from = 0; from < open.length; from += requestMax)
    await request(ports, { firewall, group, expiresAt, rows: open.slice(from, from + requestMax) });
  return { digest: all, requested, requestedUntil: requested === '' ? 0 : expiresAt };
}

/** A person can decide it, and nobody has. What a freeze holds goes on by itself. */
function isOpen(held: Hold | undefined, now: number): boolean {
  if (!held || held.reason === 'frozen' || held.rejected) return false;
  return holdRule(held.reason).approvable && (held.approved?.until ?? 0) <= now;
}

function hashOf(rows: readonly LedgerEntry[], more: (held: Hold) => string): string {
  const names = rows.flatMap(({ key, row: { held } }) =>
    held ? `${holdName(held, key)} ${more(held)}` : [],
  );
  return digest(names.join('\n'));
}

async function request(
  ports: Ports,
  wanted: { firewall: string; group: string; expiresAt: number; rows: readonly LedgerEntry[] },
): Promise<void> {
  const { firewall, group, expiresAt, rows } = wanted;
  const holds = rows.flatMap(({ key, row: { held } }) => (held ? [holdName(held, key)] : []));
  const id = ports.random.id();
  const hash = digest(holds.join('\n'));
  const detail: Item = {
    request: id,
    digest: hash,
    firewall,
    group,
    expiresAt,
    count: rows.length,
    reasons: reasonsOf(rows),
    changes: listed(rows),
  };
  await ports.tables.transact([
    storeRequest({ id, firewall, group, digest: hash, holds, expiresAt }),
    announce({ id, type: 'approval-requested', at: ports.clock.now(), detail }),
  ]);
}

function reasonsOf(rows: readonly LedgerEntry[]): Item {
  const reasons: Record<string, number> = {};
  for (const { row } of rows) if (row.held) reasons[row.held.reason] = (reasons[row.held.reason] ?? 0) + 1;
  return reasons;
}

function listed(rows: readonly LedgerEntry[]): Item[] {
  return rows
    .slice(0, listedMax)
    .flatMap(({ address, row: { held, cause } }) =>
      held
        ? [{ op: held.op, address, reason: held.reason, since: held.since, cause: cause ?? 'unknown' }]
        : [],
    );
}
