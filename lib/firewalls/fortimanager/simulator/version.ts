/** Whether a version such as `7.4.4` is this one or later. */
export function isFrom(version: string, since: `7.${number}.${number}`): boolean {
  const [, minor = 0, patch = 0] = version.split('.').map(Number);
  const [, wantedMinor = 0, wantedPatch = 0] = since.split('.').map(Number);
  return minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch);
}

/** API keys exist from 7.2.2. */
export function hasKeys(version: string): boolean {
  return isFrom(version, '7.2.2');
}
