import type { AddressFamily } from '../../core/model/address.ts';
import { type OpenReport, readEach } from '../shared/attempt.ts';
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
  const { changes, outcomes } = report;
  const removed = readEach(changes.remove, (member) => ({ member, ...entryToRemove(member) }), outcomes);
  const added = readEach(changes.add, (member) => ({ member, ...entryOf(member) }), outcomes);
  return [...Map.groupBy([...removed, ...added], ({ family }) => family)].map(([family, entries]) => {
    const cidrsOf = (some: readonly (typeof entries)[number][]): string[] =>
      some.filter((entry) => entry.family === family).map(({ cidr }) => cidr);
    return {
      family,
      members: new Map(entries.map(({ cidr, member }) => [cidr, member])),
      parts: partsOf(cidrsOf(added), cidrsOf(removed)),
    };
  });
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
