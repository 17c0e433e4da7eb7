import { createHash } from 'node:crypto';

/** Names what a list holds: the same members are the same version. 32 hex digits. */
export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
