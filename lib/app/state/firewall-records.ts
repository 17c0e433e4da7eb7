import { type CallCounts, noCalls } from '../../core/model/call-budget.ts';
import { noTrouble, type Trouble } from '../../core/model/trouble.ts';

/** What we keep on a firewall in all, for the brake over the whole of it. */
export interface FirewallTotals {
  size: number;
  windowStart: number;
  sizeAtStart: number;
  /** When the identity of the device was last read. */
  identityAt: number;
}

/** What runs remember of one firewall; lies in the row of its writer key, which each run writes anyway. */
export interface FirewallRecord {
  totals?: FirewallTotals | undefined;
  trouble: Trouble;
  /** What the runs called lately; comparisons count theirs in the identity row. */
  calls: CallCounts;
}

export type FirewallRecords = Readonly<Record<string, FirewallRecord>>;

/** The record of a firewall; one that no run has met yet has had no trouble. */
export function recordOf(records: FirewallRecords, firewall: string): FirewallRecord {
  return records[firewall] ?? { trouble: noTrouble, calls: noCalls };
}

export function parseRecords(source: string | undefined): FirewallRecords {
  if (source === undefined) return {};
  const stored = JSON.parse(source) as Record<string, Partial<FirewallRecord>>;
  return Object.fromEntries(
    Object.entries(stored).map(([firewall, record]) => [
      firewall,
      {
        ...(record.totals ? { totals: { ...noTotals, ...record.totals } } : {}),
        trouble: { ...noTrouble, ...record.trouble },
        calls: record.calls ?? noCalls,
      },
    ]),
  );
}

const noTotals: FirewallTotals = { size: 0, windowStart: 0, sizeAtStart: 0, identityAt: 0 };

/** Zeroes are left out, but in lists: many firewalls may share the row. */
export function recordsText(records: FirewallRecords): string {
  return JSON.stringify(records, (key, value: unknown) =>
    value === 0 && Number.isNaN(Number(key)) ? undefined : value,
  );
}
