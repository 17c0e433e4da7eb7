const units: readonly (readonly [word: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** A duration in its largest unit, such as `3 min`; below a second `0 s`. */
export function duration(milliseconds: number): string {
  const [word, size] = units.find(([, ms]) => milliseconds >= ms) ?? ['s', 1_000];
  return `${Math.floor(Math.max(0, milliseconds) / size)} ${word}`;
}

/** A count with its word. */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** How long ago, or `-` for a time that is not known. */
export function ago(time: number | undefined, now: number): string {
  return time === undefined ? '-' : `${duration(now - time)} ago`;
}

/** A moment for people and tools alike, in UTC. */
export function moment(time: number): string {
  return new Date(time).toISOString().replace('T', ' ').replace('Z', '');
}
