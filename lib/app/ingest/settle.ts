import { membershipDifference } from '../../core/desired/memberships.ts';
import type { Cause } from '../../core/plan/brakes.ts';
import type { Write } from '../../core/ports.ts';
import { markDirty } from '../state/dirty.ts';
import { globalEndpointId, type PendingStep, putEndpoint, type StoredEndpoint } from '../state/endpoints.ts';
import { transactionItems } from '../state/items.ts';
import { join, leave } from '../state/memberships.ts';
import { firewallsFor } from '../targets.ts';
import type { IngestContext } from './apply-change.ts';

/** An address that has to be looked at on the firewalls of its group. */
export interface Intended {
  key: string;
  moved?: boolean;
}

export interface Settlement {
  /** The row to write; `memberships` are those that are written, `revision` the one that was read. */
  endpoint: StoredEndpoint;
  /** Memberships it should have. */
  keys: readonly string[];
  cause: Cause;
  witnessed: boolean;
  time: number;
  /** Written with the endpoint: owner rows, evictions. */
  writes: readonly Write[];
  /** Dirty marks that belong to `writes`. */
  steps: readonly Intended[];
}

/**
 * Writes endpoint, memberships and dirty rows. Each transaction writes the endpoint with the memberships that stand afterwards and,
 * as `todo`, the steps that do not fit: a crash between two of them is finished by the repeated message, the sweep or the next change.
 * One transaction is the usual case.
 */
export async function settle(context: IngestContext, settlement: Settlement): Promise<void> {
  const { ports, cluster, active } = context;
  const endpointName = globalEndpointId(cluster.id, settlement.endpoint.id);
  let endpoint = settlement.endpoint;
  let steps = stepsTo(endpoint, settlement.keys);
  let extra = settlement.writes;
  let marks = settlement.steps;
  do {
    const writes: Write[] = [...extra];
    const dirty = new Map<string, Write>();
    const memberships = new Set(endpoint.memberships);
    const mark = (key: string, moved: boolean): void => {
      for (const firewall of firewallsFor(active.configuration, key)) {
        const { cause, witnessed, time } = settlement;
        dirty.set(
          `${firewall}|${key}`,
          markDirty({ firewall, key, cause, witnessed, time, moved, cluster: cluster.id }),
        );
        context.marks.push({ firewall, key });
      }
    };
    for (const { key, moved } of marks) mark(key, moved ?? false);
    let taken = 0;
    for (const step of steps) {
      const needed = 1 + firewallsFor(active.configuration, step.key).length;
      if (taken > 0 && writes.length + dirty.size + needed > transactionItems) break;
      writes.push(
        step.op === 'join' ? join(step.key, endpointName, settlement.time) : leave(step.key, endpointName),
      );
      if (step.op === 'join') memberships.add(step.key);
      else memberships.delete(step.key);
      mark(step.key, false);
      taken++;
    }
    const todo = steps.slice(taken);
    const written = { ...endpoint, memberships: [...memberships].sort(), todo };
    await ports.tables.transact([putEndpoint(cluster.id, written), ...writes, ...dirty.values()]);
    endpoint = { ...written, revision: endpoint.revision + 1 };
    steps = todo;
    extra = [];
    marks = [];
  } while (steps.length > 0);
}

function stepsTo(endpoint: StoredEndpoint, keys: readonly string[]): PendingStep[] {
  const { added, removed } = membershipDifference([...endpoint.memberships], [...keys]);
  return [
    ...removed.map((key) => ({ op: 'leave' as const, key })),
    ...added.map((key) => ({ op: 'join' as const, key })),
  ];
}
