import { shardOf } from '../../core/model/endpoint.ts';
import { membershipDifference } from '../../core/desired/memberships.ts';
import type { Cause } from '../../core/plan/brakes.ts';
import type { Write } from '../../core/ports.ts';
import { markDirty } from '../state/dirty.ts';
import {
  endpointTitle,
  globalEndpointId,
  type PendingStep,
  putEndpoint,
  type StoredEndpoint,
} from '../state/endpoints.ts';
import { transactionItems } from '../state/items.ts';
import { join, leave, type Member } from '../state/memberships.ts';
import { firewallsFor } from '../targets.ts';
import type { IngestContext } from './apply-change.ts';

/** An address that has to be looked at on the firewalls of its group. */
export interface Intended {
  key: string;
  moved?: boolean;
}

/** Memberships that an endpoint remembers to have left: a pod is in fewer groups in its whole life. */
const leftMax = 20;

export interface Settlement {
  /** Cluster id of the endpoint when it is not the one whose event is being taken. */
  cluster?: string;
  /** The row to write; `memberships` are those that are written, `revision` the one that was read. */
  endpoint: StoredEndpoint;
  /** Memberships it should have. */
  keys: readonly string[];
  cause: Cause;
  witnessed: boolean;
  /** What it leaves belongs to another endpoint now. */
  moved?: boolean;
  /** Nothing changed in the cluster: why an address is dirty already is not forgotten for it. */
  look?: boolean;
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
  const { ports, active } = context;
  const cluster = settlement.cluster ?? context.cluster.id;
  const member = memberOf(context, cluster, settlement.endpoint);
  let endpoint = settlement.endpoint;
  let steps = stepsTo(endpoint, settlement.keys);
  let extra = settlement.writes;
  let marks = settlement.steps;
  do {
    const writes: Write[] = [...extra];
    const dirty = new Map<string, Write>();
    const memberships = new Set(endpoint.memberships);
    const left = new Set(endpoint.left);
    for (const intended of marks) markOn(context, settlement, { intended, dirty });
    let taken = 0;
    for (const step of steps) {
      const needed = 1 + firewallsFor(active.configuration, step.key).length;
      if (taken > 0 && writes.length + dirty.size + needed > transactionItems) break;
      const joins = step.op === 'join';
      writes.push(joins ? join(step.key, member, settlement.time) : leave(step.key, member.endpoint));
      const moved = settlement.moved === true && !joins;
      if (joins) memberships.add(step.key);
      else memberships.delete(step.key);
      // Last at the end. What was marked as moved needs nobody to mark it again.
      left.delete(step.key);
      if (!joins && !moved) left.add(step.key);
      markOn(context, settlement, { intended: { key: step.key, moved }, dirty });
      taken++;
    }
    const todo = steps.slice(taken);
    const written = {
      ...endpoint,
      memberships: [...memberships].sort(),
      left: [...left].slice(-leftMax),
      todo,
    };
    await ports.tables.transact([putEndpoint(cluster, written), ...writes, ...dirty.values()]);
    endpoint = { ...written, revision: endpoint.revision + 1 };
    steps = todo;
    extra = [];
    marks = [];
  } while (steps.length > 0);
}

/** Marks an address dirty on every firewall of its group: once, whatever happens to it in this transaction. */
function markOn(
  context: IngestContext,
  settlement: Settlement,
  on: { intended: Intended; dirty: Map<string, Write> },
): void {
  const { key, moved = false } = on.intended;
  const { cause, witnessed, time, look = false, cluster = context.cluster.id } = settlement;
  const source = { cluster, shard: shardOf(settlement.endpoint.id) };
  for (const firewall of firewallsFor(context.active.configuration, key)) {
    const id = context.ports.random.id();
    const write = markDirty({ id, firewall, key, cause, witnessed, time, moved, look, source });
    on.dirty.set(`${firewall}|${key}`, write);
    context.marks.push({ firewall, key });
  }
}

/** The endpoint as memberships name it. */
function memberOf({ active }: IngestContext, cluster: string, { id, record }: StoredEndpoint): Member {
  const title = record && endpointTitle(active.clusters.get(cluster)?.key ?? cluster, record);
  return { endpoint: globalEndpointId(cluster, id), name: title };
}

function stepsTo(endpoint: StoredEndpoint, keys: readonly string[]): PendingStep[] {
  const { added, removed } = membershipDifference([...endpoint.memberships], [...keys]);
  return [
    ...removed.map((key) => ({ op: 'leave' as const, key })),
    ...added.map((key) => ({ op: 'join' as const, key })),
  ];
}
