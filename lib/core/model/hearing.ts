/** Version of what agents say of their hearing. An agent says it only to a hub that says in its answer to hello that it takes this version. */
export const hearingVersion = 1;

/** What an agent needs to hear of to say anything of a cluster. Services beside them stay as they are while they cannot be read. */
export const neededKinds = ['pod', 'node', 'namespace'] as const;

/**
 * After so long without a word of one kind an agent does not hear its Kubernetes API. A healthy watch tells something about every minute, when nothing
 * happens a bookmark (Assumption: kube-apiserver does so; Kubernetes promises no interval), and is given up after 150 s without a byte. Where no bookmarks
 * come, the agent lists a kind again of which it heard nothing for 300 s. Both together, and the listing, fit into this twice over some failures.
 */
export const deafAfterMs = 600_000;

/** Older heartbeats tell nothing of now. */
const beatMaxAgeMs = 300_000;

/**
 * How many milliseconds ago each kind was heard of last: by a complete listing, an event, a bookmark, or a watch that ended cleanly. A kind that is
 * not there has never been listed by this process.
 */
export type Heard = Readonly<Record<string, number>>;

/** What a hub keeps of the hearing of an agent. */
export interface Hearing {
  /** When it heard last of everything it needs, milliseconds since 1970; undefined while it hears. */
  deafSince: number | undefined;
  /** Kinds it does not hear of, also those that it can do without. */
  unheard: readonly string[];
}

/** The kinds of which an agent does not hear. */
export function unheardOf(heard: Heard): string[] {
  const silent = Object.keys(heard).filter((kind) => (heard[kind] ?? 0) > deafAfterMs);
  const never = neededKinds.filter((kind) => heard[kind] === undefined);
  return [...new Set([...never, ...silent])].sort();
}

/** Whether an agent hears of everything it needs. */
export function hearsEnough(heard: Heard): boolean {
  return neededKinds.every((kind) => (heard[kind] ?? Number.POSITIVE_INFINITY) <= deafAfterMs);
}

/**
 * What a hub knows after one more heartbeat. One that says nothing of hearing is of an agent that is older, or has no such API, and counts as it did. A
 * process that never listed is as deaf as the one before it was.
 */
export function hearingAfter(
  before: Hearing,
  beat: { heard?: Heard | undefined; sentAt: number; now: number },
): Hearing {
  const { heard, sentAt, now } = beat;
  if (heard === undefined) return { deafSince: undefined, unheard: [] };
  if (now - sentAt > beatMaxAgeMs) return before;
  const unheard = unheardOf(heard);
  if (hearsEnough(heard)) return { deafSince: undefined, unheard };
  const last = now - Math.max(0, ...neededKinds.map((kind) => heard[kind] ?? 0));
  const everListed = neededKinds.every((kind) => heard[kind] !== undefined);
  return { deafSince: everListed ? last : Math.min(before.deafSince ?? now, last), unheard };
}
