/** FortiOS versions as they stand in configurations (`7.4`, `7.4.4`) and envelopes (`v7.4.4`). */

/** Compares number by number. A version without patch level counts as the newest patch of its branch. */
export function isAtLeast(version: string, since: `${number}.${number}.${number}`): boolean {
  const has = numbers(version);
  const wanted = numbers(since);
  for (const [index, want] of wanted.entries()) {
    const difference = (has[index] ?? Number.POSITIVE_INFINITY) - want;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version: string): number[] {
  return version.replace(/^v/, '').split('.').map(Number);
}

/** First version that takes pushed feeds. */
export const pushSince = '7.2.1';
/** First version that takes a group without members. */
export const emptyGroupsSince = '7.2.0';
/** First version with the larger, device-wide limit of feed entries. */
export const largeFeedsSince = '7.4.4';
