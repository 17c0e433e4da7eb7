import { holdRule } from '../../core/plan/hold-reasons.ts';
import type { Hold, LedgerEntry, LedgerRow } from '../state/ledger.ts';

/** What one address of a group turned out to be, when ledger, device and wish are laid beside each other. */
export type Finding =
  /** We put it there and a person took it off: it stays out for that endpoint until `restore`. */
  | { kind: 'removed-by-hand'; key: string; endpoint: string }
  /** It should be there by the ledger but the device lost it (restart, restore, replaced object). */
  | { kind: 'lost'; key: string }
  /** It is there and nobody of us put it there. */
  | { kind: 'foreign'; key: string }
  /** It is there as it should be, and the device would forget it by itself: the sync puts it there again. */
  | { kind: 'due'; key: string }
  /** The ledger says that it is not there, as its addition is held or it was taken off, and it is: the sync has to read it back. */
  | { kind: 'there'; key: string }
  /** Ledger, device and wish do not agree, or the outcome of a change is open: the sync has to look. */
  | { kind: 'open'; key: string };

export interface Comparison {
  /** Ledger rows of the group, but those that changed after the listing began. */
  ledger: ReadonlyMap<string, LedgerEntry>;
  /** Keys that changed meanwhile: left alone. */
  fresh: ReadonlySet<string>;
  /** Membership key -> an endpoint that wants it. */
  wanted: ReadonlyMap<string, string>;
  /** Membership keys seen on the device. */
  observed: ReadonlySet<string>;
  /** Membership keys whose objects a person edited, or that went with an object: not there, but not taken off either. */
  edited: ReadonlySet<string>;
  /** Membership keys of members whose time has to begin anew. */
  due: ReadonlySet<string>;
  /** Same device, same run of its software since the last comparison: a missing member was taken off by a person. */
  sameDevice: boolean;
}

/** Lists what the sync must look at, and what a person did on the device. Pure. */
export function compare(comparison: Comparison): Finding[] {
  const { ledger, observed, wanted, fresh } = comparison;
  const keys = new Set([...ledger.keys(), ...observed, ...wanted.keys()]);
  const findings: Finding[] = [];
  for (const key of [...keys].sort()) {
    if (fresh.has(key)) continue;
    const finding = judge(key, comparison) ?? judgeTime(key, comparison);
    if (finding) findings.push(finding);
  }
  return findings;
}

function judge(key: string, comparison: Comparison): Finding | undefined {
  const { ledger, observed, wanted } = comparison;
  const [there, wish] = [observed.has(key), wanted.get(key)];
  const row = ledger.get(key)?.row;
  if (!row) return judgeUnknown(key, there, wish);
  // What is held back from leaving and is not there, or went with its object: then there is nothing left to hold.
  if (row.held?.op === 'remove' && row.state === 'present' && !there) return { kind: 'lost', key };
  if (row.state === 'absent' && there) return { kind: wish === undefined ? 'foreign' : 'there', key };
  if (isOpen(row)) return { kind: 'open', key };
  if (row.held) return isOver(row.held, there, wish) ? { kind: 'open', key } : undefined;
  if (row.state === 'present') return judgePresent(key, comparison);
  if (row.withheldFor === undefined) return judgeUnknown(key, there, wish);
  return isStillOff(row.withheldFor, there, wish) ? undefined : { kind: 'open', key };
}

/** Also what is held back from leaving: until a person decides it stays. */
function judgeTime(key: string, { observed, due }: Comparison): Finding | undefined {
  return observed.has(key) && due.has(key) ? { kind: 'due', key } : undefined;
}

/** It is out for the endpoint for which a person took it off. */
function isStillOff(withheldFor: string, there: boolean, wish: string | undefined): boolean {
  return !there && withheldFor === wish;
}

/** The ledger knows nothing of it. */
function judgeUnknown(key: string, there: boolean, wish: string | undefined): Finding | undefined {
  if (wish !== undefined) return { kind: 'open', key };
  return there ? { kind: 'foreign', key } : undefined;
}

/**
 * A removal was held of what is wanted again: that happened while the group was off the firewall, so nothing was marked. An addition that nobody
 * wants keeps its hold: who wants it may be lost, and comes back.
 */
function isOver({ op }: Hold, there: boolean, wish: string | undefined): boolean {
  return op === 'remove' && there && wish !== undefined;
}

/** The outcome of a change is open, it was refused, or its hold may have solved itself. */
function isOpen(row: LedgerRow): boolean {
  if (row.state === 'pending' || row.state === 'unknown' || row.failed) return true;
  return row.held !== undefined && holdRule(row.held.reason).looksAgain;
}

/** The ledger says it is there. */
function judgePresent(
  key: string,
  { observed, edited, wanted, sameDevice }: Comparison,
): Finding | undefined {
  const endpoint = wanted.get(key);
  // Whatever the wish is: its listing may lag, and once the new device is known nobody could tell any more that it was lost.
  if (!observed.has(key) && (!sameDevice || edited.has(key))) return { kind: 'lost', key };
  if (endpoint === undefined) return { kind: 'open', key };
  return observed.has(key) ? undefined : { kind: 'removed-by-hand', key, endpoint };
}
