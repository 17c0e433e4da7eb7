import { metrics } from '../metrics.ts';
import { noteFoundLate } from '../state/clusters.ts';
import type { IngestContext } from './apply-change.ts';

/** Measures endpoints that the hub had wrong until a comparison with the agent, or a new listing of it, told. */
export async function noteLate({ ports, cluster }: IngestContext, count: number): Promise<void> {
  if (count === 0) return;
  ports.telemetry.metric(metrics.foundLate.name, count, { cluster: cluster.key });
  await noteFoundLate(ports.tables, cluster.id, { count, now: ports.clock.now() });
}
