import { createHash } from 'node:crypto';

/**
 * Digests that are sums: adding or removing one member of 10,000 changes the digest of its table by one hash,
 * instead of hashing everything again. Exclusive-or is enough because no two parts of a table have the same text.
 */
export type Digest = bigint;

/** 128 bits, the size of the `revision` FortiOS shows. */
export function digestOf(...parts: string[]): Digest {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return BigInt(`0x${hash.slice(0, 32)}`);
}

export function formatDigest(digest: Digest): string {
  return digest.toString(16).padStart(32, '0');
}
