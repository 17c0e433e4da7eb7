/** FortiOS versions as three numbers, and what changed at which one. */
export type Version = readonly [number, number, number];

/** Parses `7.4.4` (a leading `v` is allowed); throws RangeError outside 6.4.0 to 7.6.x, the range this simulator knows. */
export function parseVersion(text: string): Version {
  const match = /^v?(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const version: Version = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
  const supported = match !== null && isAtLeast(version, '6.4.0') && !isAtLeast(version, '7.7.0');
  if (!supported) {
    throw new RangeError(`FortiOS version ${JSON.stringify(text)} is not simulated: use 6.4.0 to 7.6.x.`);
  }
  return version;
}

export function formatVersion(version: Version): string {
  return `v${version.join('.')}`;
}

/** True when `version` is `since` or later. */
export function isAtLeast(version: Version, since: string): boolean {
  const wanted = since.split('.').map(Number);
  for (let index = 0; index < 3; index++) {
    const difference = (version[index] ?? 0) - (wanted[index] ?? 0);
    if (difference !== 0) {
      return difference > 0;
    }
  }
  return true;
}

/** A token in the query is refused by default from 7.4.5 and from 7.6.1; 7.6.0 still takes it. */
export function refusesQueryToken(version: Version): boolean {
  const is760 = version[0] === 7 && version[1] === 6 && version[2] === 0;
  return isAtLeast(version, '7.4.5') && !is760;
}

/** The number in the envelope. Assumption: real build numbers are not derivable; ours only has to be stable per version. */
export function buildNumber(version: Version): number {
  return version[0] * 300 + version[1] * 80 + version[2] * 10;
}
