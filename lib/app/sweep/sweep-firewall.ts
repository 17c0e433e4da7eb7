import { circuitOpenUntil, isIll, leftAloneUntil } from '../../core/model/trouble.ts';
import { metrics } from '../metrics.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { dirtyBuckets, readDirty } from '../state/dirty.ts';
import { recordOf } from '../state/firewall-records.ts';
import type { WriterState } from '../state/writers.ts';
import { sweepHeld } from './sweep-held.ts';

/** Dirty rows looked at per bucket, to find the oldest. */
const dirtySample = 100;

/** The figures of one firewall, on which alarms stand. Returns whether a run has something to do for it. */
export async function sweepFirewall(
  ports: Ports,
  active: ActiveConfiguration,
  known: { firewall: string; writer: WriterState },
): Promise<boolean> {
  const { firewall, writer } = known;
  const { trouble } = recordOf(writer.firewalls, firewall);
  const now = ports.clock.now();
  const tell = ({ name }: { name: string }, value: number): void =>
    ports.telemetry.metric(name, value, { firewall });
  const oldest = await oldestDirty(ports, firewall);
  const pause = active.paused ?? writer.pauses.get(firewall);
  const open = circuitOpenUntil(trouble, now) !== undefined;
  const since = pause ? now : Math.min(oldest ?? now, trouble.behindSince ?? now);
  tell(metrics.behind, secondsSince(since, now));
  tell(metrics.paused, secondsSince(pause?.since, now));
  tell(metrics.failures, trouble.failures);
  tell(metrics.circuit, open ? 1 : 0);
  tell(metrics.budget, secondsSince(trouble.budgetSince, now));
  const held = await sweepHeld(ports, active, firewall);
  tell(metrics.held, held.waiting);
  tell(metrics.frozen, secondsSince(held.frozenSince, now));
  if (pause || leftAloneUntil(trouble, now) !== undefined) return false;
  return oldest !== undefined || held.released || isIll(trouble);
}

function secondsSince(time: number | undefined, now: number): number {
  return Math.max(0, Math.round((now - (time ?? now)) / 1000));
}

async function oldestDirty(ports: Ports, firewall: string): Promise<number | undefined> {
  const times: number[] = [];
  for (let bucket = 0; bucket < dirtyBuckets; bucket++) {
    const { rows } = await readDirty(ports.tables, firewall, bucket, dirtySample);
    times.push(...rows.map(({ time }) => time));
  }
  return times.length === 0 ? undefined : Math.min(...times);
}
