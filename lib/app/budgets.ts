import type { FirewallDescription } from '../core/firewall.ts';
import { CallBudget, type CallCounts, together } from '../core/model/call-budget.ts';
import type { FirewallConfiguration } from './configuration/model.ts';
import type { ComparisonCalls } from './state/identities.ts';

/** Part of a firewall's calls that a comparison may take; kept free for it only while one is under way. */
const comparisonShare = 0.25;

/** Calls a minute that we allow ourselves on a firewall. */
export function callsPerMinute(module: FirewallDescription, settings: FirewallConfiguration): number {
  const { usual, most } = allowedCalls(module, settings.settings);
  return Math.min(settings.callsPerMinute ?? usual, most);
}

/** Calls a minute that are usual for a firewall with these settings, and the most that the configuration may allow. */
export function allowedCalls(
  module: FirewallDescription,
  settings: unknown,
): { usual: number; most: number } {
  const { callsPerMinute: usual, callsPerMinuteMost: most } = module.facts;
  return module.callsPerMinute?.(settings) ?? { usual, most };
}

/** What a run may call: everything that comparisons leave, and the other entries of the device (domains, ADOMs, VDOMs). */
export function syncBudget(
  perMinute: number,
  known: {
    own: CallCounts;
    comparisons: ComparisonCalls;
    /** What the runs of the other entries called until now. */
    siblings: () => readonly CallCounts[];
    now: number;
  },
): CallBudget {
  const { own, comparisons, siblings, now } = known;
  const reserved = comparisons.until > now ? Math.ceil(perMinute * comparisonShare) : 0;
  const others = (at: number): CallCounts => together([comparisons.calls, ...siblings()], at);
  return new CallBudget({ perMinute, own, others, reserved });
}

/**
 * What a comparison may call: a quarter, if the runs leave so much. A run that began before the comparison does not know of it, so that for
 * the length of that run both together may call a quarter more.
 */
export function comparisonBudget(
  perMinute: number,
  known: { own: CallCounts; runs: readonly CallCounts[] },
): CallBudget {
  const others = (now: number): CallCounts => together(known.runs, now);
  return new CallBudget({ perMinute, share: comparisonShare, own: known.own, others });
}
