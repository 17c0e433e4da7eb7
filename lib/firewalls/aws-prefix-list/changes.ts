import { ZonebridgeError } from '../../core/errors.ts';
import type { AddressFamily } from '../../core/model/address.ts';
import type { OpenReport } from '../shared/attempt.ts';
import { entriesPerCall } from './ec2.ts';
import { entryOf, entryToRemove } from './translate.ts';

/** CIDRs for one call. */
export interface Part {
  add: readonly string[];
  remove: readonly string[];
}

/** What is to be done with the list of one family. */
export interface FamilyChange {
  family: AddressFamily;
  /** In the order of the calls, each within the limits of one. */
  parts: readonly Part[];
  /** The text by which the plan knows a CIDR. */
  members: ReadonlyMap<string, string>;
}

/** Sorts the changes of an object by list; what is no address fails in the report and is in none. Every call removes as much as it adds. */
export function changesByFamily(report: OpenReport): FamilyChange[] {
  const sorted = new Map<AddressFamily, { add: string[]; remove: string[]; members: Map<string, string> }>();
  const sort = (member: string, as: 'add' | 'remove'): void => {
    try {
      const { cidr, family } = as === 'add' ? entryOf(member) : entryToRemove(member);
      const one = sorted.get(family) ?? { add: [], remove: [], members: new Map<string, string>() };
      one[as].push(cidr);
      one.members.set(cidr, member);
      sorted.set(family, one);
    } catch (error) {
      if (!(error instanceof ZonebridgeError)) throw error;
      report.outcomes.set(member, { state: 'failed', error });
    }
  };
  for (const member of report.changes.remove) sort(member, 'remove');
  for (const member of report.changes.add) sort(member, 'add');
  return [...sorted].map(([family, { add, remove, members }]) => ({
    family,
    members,
    parts: partsOf(add, remove),
  }));
}

function partsOf(add: readonly string[], remove: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (let first = 0; first < Math.max(add.length, remove.length); first += entriesPerCall)
    parts.push({
      add: add.slice(first, first + entriesPerCall),
      remove: remove.slice(first, first + entriesPerCall),
    });
  return parts;
}
