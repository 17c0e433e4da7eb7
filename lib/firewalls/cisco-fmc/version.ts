/** Releases as they stand in configurations (`7.4`, `7.4.1`, `cdfmc`) and identities (`7.4.1`, `cdfmc.10.0.0`). */

/** Compares number by number: 10.0 follows 7.7. A missing part counts as 0; the one in the cloud is newer than all. */
export function isAtLeast(version: string, since: string): boolean {
  if (version.startsWith(cloudVersion)) return true;
  const [has, wanted] = [numbers(version), numbers(since)];
  for (const [index, want] of wanted.entries()) {
    const difference = (has[index] ?? 0) - want;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version: string): number[] {
  return (version.split(' ')[0] ?? '').split('.').map(Number);
}

export const cloudVersion = 'cdfmc';
/** First release with dynamic objects. */
export const dynamicSince = '7.0';

/** Share of what the manager takes; the rest is for those who share our source address. */
const share = 0.8;

/**
 * Requests that the manager takes from one source in a minute: 120, and 300 from 7.4.1. Assumption: cdFMC, for which none is published,
 * takes 120.
 */
export function requestsPerMinute(version: string): { usual: number; most: number } {
  const most = version !== cloudVersion && isAtLeast(version, '7.4.1') ? 300 : 120;
  return { usual: Math.floor(most * share), most };
}
