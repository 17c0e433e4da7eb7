import { type InPeriod, nextPeriod, type Period, parsePeriod, periodAt } from '../core/model/calendar.ts';
import { holdRule } from '../core/plan/hold-reasons.ts';
import type { PlanRequest } from '../core/plan/plan.ts';
import type { FirewallConfiguration, FreezePeriod } from './configuration/model.ts';
import type { Hold } from './state/ledger.ts';

/** A freeze of the calendar, or the maintenance windows of a firewall, read. */
export interface Freeze {
  /** Undefined: all firewalls. */
  firewalls: readonly string[] | undefined;
  /** It holds within these periods, or everywhere but in them. */
  periods: readonly Period[];
  holds: 'within' | 'outside';
  /** Removals of dead addresses wait, too. */
  strict: boolean;
}

export function readFreezes(
  calendar: readonly FreezePeriod[],
  firewalls: Readonly<Record<string, FirewallConfiguration>>,
): Freeze[] {
  const freezes = calendar.map(
    ({ firewalls: only, ...source }): Freeze => ({
      firewalls: only,
      periods: [parsePeriod(source)],
      holds: 'within',
      strict: false,
    }),
  );
  return [...freezes, ...Object.entries(firewalls).flatMap(maintenanceOf)];
}

function maintenanceOf([firewall, { maintenance }]: [string, FirewallConfiguration]): Freeze[] {
  if (!maintenance) return [];
  const { only, never = [], strict = false } = maintenance;
  const periods = (only ?? never).map(parsePeriod);
  return [{ firewalls: [firewall], periods, holds: only ? 'outside' : 'within', strict }];
}

export interface InFreeze extends Pick<InPeriod, 'until'> {
  /** What it is for, when somebody wrote it down. */
  reason: string | undefined;
  strict: boolean;
}

/** No window opens within a week: then it is looked at again after one. */
const weekMs = 7 * 86_400_000;

/** What holds changes for a firewall at a moment; of several the one that lasts longest. */
export function freezeAt(freezes: readonly Freeze[], firewall: string, now: number): InFreeze | undefined {
  let found: InFreeze | undefined;
  for (const freeze of freezes) {
    if (freeze.firewalls && !freeze.firewalls.includes(firewall)) continue;
    const held = inFreeze(freeze, now);
    if (!held) continue;
    const last = found && found.until >= held.until ? found : held;
    found = { ...last, strict: held.strict || found?.strict === true };
  }
  return found;
}

function inFreeze({ periods, holds, strict }: Freeze, now: number): InFreeze | undefined {
  const at = periodAt(periods, now);
  if (holds === 'within') return at && { until: at.until, reason: at.source.reason, strict };
  if (at) return undefined;
  return {
    until: nextPeriod(periods, now) ?? now + weekMs,
    reason: 'outside its maintenance windows',
    strict,
  };
}

/**
 * A hold as a run would note it now: the freeze stands before all else that a person can release, and lets dead addresses go unless it is strict.
 * What is not verified is said before it, as in the plan: whoever releases a freeze must not release that with it.
 */
export function asHeldNow<H extends Pick<Hold, 'op' | 'reason' | 'dead'>>(
  hold: H,
  freeze: InFreeze | undefined,
): H {
  if (!freeze || !holdRule(hold.reason).approvable || hold.reason === 'unverified') return hold;
  return hold.op === 'remove' && hold.dead && !freeze.strict ? hold : { ...hold, reason: 'frozen' };
}

/** The same as the plan asks for it. */
export function frozenNow(freezes: readonly Freeze[], firewall: string, now: number): PlanRequest['frozen'] {
  const held = freezeAt(freezes, firewall, now);
  return held?.strict ? 'strictly' : held !== undefined;
}
