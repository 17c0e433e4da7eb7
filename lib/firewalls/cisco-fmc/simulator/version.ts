/** Releases of the FMC as numbers, and what changed at which one. `cdfmc` counts as newer than every release. */
export type Release = readonly [number, number, number] | 'cdfmc';

/** Parses `7.4.1`, `7.0` or `cdfmc`; throws RangeError outside 6.7 to 10.0, the range that this simulator knows. */
export function parseRelease(text: string): Release {
  if (text.toLowerCase() === 'cdfmc') return 'cdfmc';
  const match = /^(\d{1,2})\.(\d{1,2})(?:\.(\d{1,2}))?$/.exec(text);
  const release: Release = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3] ?? 0)];
  const known = match !== null && isSince(release, '6.7.0') && !isSince(release, '10.1.0');
  if (!known)
    throw new RangeError(`FMC version ${JSON.stringify(text)} is not simulated: use 6.7 to 10.0, or cdfmc.`);
  return release;
}

/** Numbers are compared, not texts: 10.0 follows 7.7. */
export function isSince(release: Release, since: `${number}.${number}.${number}`): boolean {
  if (release === 'cdfmc') return true;
  const wanted = since.split('.').map(Number);
  for (const [index, want] of wanted.entries()) {
    const difference = (release[index] ?? 0) - want;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

export function formatRelease(release: Release): string {
  return release === 'cdfmc' ? 'cdfmc' : release.join('.');
}

/** As `serverversion` shows it. Assumption: cdFMC shows a release number of the newest branch. */
export function serverVersion(release: Release): string {
  const numbers = release === 'cdfmc' ? [10, 0, 0] : release;
  return `${numbers.join('.')} (build ${(numbers[0] ?? 0) * 10 + (numbers[1] ?? 0)})`;
}

/** Requests a minute: 120, and 300 from 7.4.1. Assumption: cdFMC, which publishes none, allows 300. */
export function requestsPerMinute(release: Release): number {
  return isSince(release, '7.4.1') ? 300 : 120;
}
