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
