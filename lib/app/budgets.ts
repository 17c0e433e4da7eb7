import type { FirewallDescription } from '../core/firewall.ts';
import { CallBudget, type CallCounts, type Siblings } from '../core/model/call-budget.ts';
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

/** What a run may call for one entry of a device: everything that comparisons and the other entries (domains, ADOMs, VDOMs) leave. */
export function syncBudget(
  perMinute: number,
  known: { own: CallCounts; comparisons: ComparisonCalls; siblings: Siblings; now: number },
): CallBudget {
  const { own, comparisons, siblings, now } = known;
  const reserved = comparisons.until > now ? Math.ceil(perMinute * comparisonShare) : 0;
  return new CallBudget({ perMinute, own, others: comparisons.calls, reserved, siblings });
}

/**
 * What a comparison may call: a quarter, if the runs leave so much. A run that began before the comparison does not know of it, so that for
 * the length of that run both together may call a quarter more.
 */
export function comparisonBudget(
  perMinute: number,
  known: { own: CallCounts; runs: CallCounts },
): CallBudget {
  return new CallBudget({ perMinute, share: comparisonShare, own: known.own, others: known.runs });
}
