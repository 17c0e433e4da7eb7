import type { AddressGroup } from '../model/address-group.ts';

/** An agent says something every 30 seconds; after this it counts as silent. */
export const silenceAfterMs = 300_000;

/** The hub looks every minute. More than this between two looks means that it was not there itself, and nobody knows who was silent. */
const longestLookMs = 120_000;

const hourMs = 3_600_000;

/** How long a cluster has been silent while somebody listened. Times in milliseconds since 1970. */
export interface Silence {
  /** Until when it was known how the cluster is. */
  since: number;
  /** Sum of the time in which the hub listened and heard nothing. */
  watchedMs: number;
  at: number;
}

/**
 * The silence as it stands after one more look; undefined when the cluster speaks, or never spoke: a missing answer is no answer.
 * Time in which the hub itself stood still does not count, so that its own outage takes nothing off a firewall.
 */
export function watchSilence(
  before: Silence | undefined,
  /** `heartbeatAt`: until when it was known how the cluster is. */
  seen: { heartbeatAt: number; now: number },
): Silence | undefined {
  const { heartbeatAt: since, now } = seen;
  if (since === 0 || now - since < silenceAfterMs) return undefined;
  if (!isOngoing(before, since)) return { since, watchedMs: 0, at: now };
  const passed = Math.min(Math.max(0, now - before.at), longestLookMs);
  return { since, watchedMs: before.watchedMs + passed, at: now };
}

/**
 * Whether it is still the same silence: nothing was heard since the last look. The moment at which an agent that still beats heard its own API last is
 * told as an age, so it is not the same to the millisecond from one heartbeat to the next.
 */
export function isOngoing(silence: Silence | undefined, since: number): silence is Silence {
  return silence !== undefined && since <= silence.at;
}

/** Groups that no longer take what a cluster last said, because it has been silent for longer than they allow. */
export function expiredGroups(
  groups: readonly AddressGroup[],
  cluster: string,
  silence: Silence | undefined,
): string[] {
  if (!silence) return [];
  return groups
    .filter(({ clusters }) => clusters === undefined || clusters.includes(cluster))
    .filter(({ onSilence = 'keep' }) =>
      onSilence === 'keep' ? false : silence.watchedMs >= onSilence.expireAfterHours * hourMs,
    )
    .map(({ name }) => name);
}

/** Whether the brakes let such a removal pass without a person. */
export function bypassesBrakes({ onSilence = 'keep' }: AddressGroup): boolean {
  return onSilence !== 'keep' && onSilence.bypassBrakes;
}
