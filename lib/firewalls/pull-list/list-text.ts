import { canonicalAddress } from '../../core/model/address.ts';

/** The list as it is served: one entry a line, sorted, so that the same members are the same text. Empty without members. */
export function writeList(entries: Iterable<string>): string {
  const sorted = [...entries].sort();
  return sorted.length === 0 ? '' : `${sorted.join('\n')}\n`;
}

/** Entries of a list; what a person wrote comes as it stands there, an address in our form. */
export function readList(text: string): Set<string> {
  const entries = text.split(/\r?\n/).map((line) => line.trim());
  return new Set(entries.filter((line) => line !== '').map(entryOf));
}

function entryOf(line: string): string {
  try {
    return canonicalAddress(line);
  } catch {
    return line;
  }
}
