import { createHash } from 'node:crypto';

/** Names what a list holds: the same members are the same version. 32 hex digits. */
export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * What a Security Intelligence feed of an FMC asks for before it fetches: whether the list is another one (`checksumURL` of its API). MD5 by
 * its name in the vendor's user guide. Assumption: the hex digits alone, on one line.
 */
export function checksumOf(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
