import { createHash } from 'node:crypto';
import type { Naming } from './identities.ts';

export interface Clashes {
  identities: number;
  /** Different ones among them. */
  distinct: number;
  /** Pairs of different identities with the same name. */
  clashes: string[];
}

/**
 * Makes identities and compares the name of each with those of all before it: by 52 bits of a hash, then, when these are the same, in
 * full. Takes 12 to 24 bytes of memory per identity.
 */
export function findClashes(
  { identityAt, nameOf }: Naming,
  identities: number,
  seed: number,
  progress: (done: number) => void = () => undefined,
): Clashes {
  let slots = 1024;
  while (slots < identities * 1.5) slots *= 2;
  const hashes = new Float64Array(slots);
  const places = new Uint32Array(slots);
  const result: Clashes = { identities, distinct: 0, clashes: [] };
  for (let place = 0; place < identities; place++) {
    if (place % 1_000_000 === 0) progress(place);
    const identity = identityAt(seed, place);
    const own = nameOf(identity);
    const hash = fingerprint(own);
    let slot = hash % slots;
    for (; hashes[slot] !== 0; slot = (slot + 1) % slots) {
      if (hashes[slot] !== hash) continue;
      const other = identityAt(seed, places[slot] ?? 0);
      if (nameOf(other) !== own) continue;
      const same = JSON.stringify(other) === JSON.stringify(identity);
      if (!same) result.clashes.push(`${own}: ${JSON.stringify(other)} and ${JSON.stringify(identity)}`);
      break;
    }
    if (hashes[slot] !== 0) continue;
    hashes[slot] = hash;
    places[slot] = place;
    result.distinct += 1;
  }
  return result;
}

/** Never 0, which marks a free slot. */
function fingerprint(name: string): number {
  const digest = createHash('sha1').update(name).digest();
  return 1 + digest.readUInt32LE(0) + (digest.readUInt32LE(4) % 2 ** 20) * 2 ** 32;
}
