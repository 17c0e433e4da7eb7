import type { AddressGroup } from '../model/address-group.ts';
import { type BrakedChange, isReleased } from './brakes.ts';

/**
 * Holds that end by themselves, without a person: `canary`, until the generation is promoted; `others-behind`, until the other firewalls
 * of a group that wants to be the same everywhere have what was added.
 */
const waitReasons = ['canary', 'others-behind'] as const;
export type WaitReason = (typeof waitReasons)[number];

export function isWait(reason: string): reason is WaitReason {
  return waitReasons.some((known) => known === reason);
}

/** What keeps a change of one group on one firewall waiting. */
export interface Rollout {
  /** The group differs in the generation that another firewall tries first. */
  canaryElsewhere: boolean;
  /** Firewalls of the group that lack additions of the configuration; only for `consistency: all`. */
  othersBehind: readonly string[];
}

/** A change as the rollout sees it. */
export interface RolloutChange extends BrakedChange {
  /** The generation before wants the address. */
  wantedBefore?: boolean | undefined;
  /** The endpoint for which it was put there still has the address. */
  living?: boolean | undefined;
}

/**
 * Why a change waits; undefined when it does not. What the cluster itself did is never kept back: an address whose endpoint is gone or
 * changed leaves, and a new pod that the generation before would have taken joins.
 */
export function waitsFor(change: RolloutChange, rollout: Rollout): WaitReason | undefined {
  if (change.moved || change.approved) return undefined;
  const { canaryElsewhere, othersBehind } = rollout;
  if (change.op === 'add') return canaryElsewhere && change.wantedBefore !== true ? 'canary' : undefined;
  if (change.cause !== 'configuration' || change.living !== true) return undefined;
  if (canaryElsewhere && change.wantedBefore === true) return 'canary';
  return othersBehind.length > 0 ? 'others-behind' : undefined;
}

/** Longer than an apply needs until every endpoint was looked at twice, in milliseconds. */
const walkedAfterMs = 300_000;

/**
 * Whether a firewall has the additions of a generation: it ended a run well since, with everything used up that was released for them
 * (which is counted before the call), or so late that every endpoint had been looked at.
 */
export function hasAdditions(
  place: {
    allowance: { generation: number; add: number };
    lastSuccess: number;
    behindSince?: number | undefined;
  },
  generation: { number: number; releasedSince?: number | undefined; activatedAt: number },
): boolean {
  const { allowance, lastSuccess, behindSince } = place;
  if (behindSince !== undefined || lastSuccess <= generation.activatedAt) return false;
  const { number, releasedSince } = generation;
  const usedUp = isReleased(allowance, { generation: number, releasedSince }) && allowance.add === 0;
  return usedUp || lastSuccess > generation.activatedAt + walkedAfterMs;
}

/** Whether a generation changes a group in anything. */
export function differs(before: AddressGroup | undefined, after: AddressGroup): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

/** One firewall of a group in a plan, as far as the decision for all of them goes. */
export interface Release {
  allowance: { add: number; remove: number };
  /** Changes that the brakes keep from being released. */
  heldAdditions: number;
  heldRemovals: number;
}

/**
 * What an apply releases on each firewall of a group with `consistency: all`: the brakes of one decide for all of them, and while
 * additions wait for a person nothing that lives is removed.
 */
export function releaseTogether(releases: readonly Release[]): { add: number; remove: number }[] {
  const stopsAdditions = releases.some(({ heldAdditions }) => heldAdditions > 0);
  const stopsRemovals = stopsAdditions || releases.some(({ heldRemovals }) => heldRemovals > 0);
  return releases.map(({ allowance }) => ({
    add: stopsAdditions ? 0 : allowance.add,
    remove: stopsRemovals ? 0 : allowance.remove,
  }));
}

/** How a group stands on one of its firewalls. */
export interface Place {
  firewall: string;
  /** Since when something is missing there, or there too long; undefined when it is as it should be. Milliseconds since 1970. */
  outstandingSince: number | undefined;
}

/** How many firewalls of a group have it as it should be. */
export interface Publication {
  complete: number;
  of: number;
  /** Since when not all have it; undefined when they do. */
  since: number | undefined;
  missing: string[];
}

export function publicationOf(places: readonly Place[]): Publication {
  const missing = places.filter(({ outstandingSince }) => outstandingSince !== undefined);
  const times = missing.flatMap(({ outstandingSince }) => outstandingSince ?? []);
  return {
    complete: places.length - missing.length,
    of: places.length,
    since: times.length === 0 ? undefined : Math.min(...times),
    missing: missing.map(({ firewall }) => firewall),
  };
}

/** Some firewalls have what others lack. */
export function isHalf({ complete, of }: Publication): boolean {
  return complete > 0 && complete < of;
}
