import { isZonebridgeError } from '../../core/errors.ts';
import { finishSteps, type IngestContext } from '../ingest/apply-change.ts';
import { wakeAll } from '../ingest/wake-all.ts';
import type { Ports } from '../ports.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import {
  endpointKey,
  globalEndpointId,
  ownerKey,
  readEndpoint,
  shardPartition,
  type StoredEndpoint,
} from '../state/endpoints.ts';

/** Late and repeated events are refused by a tombstone for a day; the bus gives up after the same time. */
const tombstoneMs = 24 * 60 * 60_000;

/** Finishes endpoints whose settling was interrupted and deletes tombstones that are a day old, with the claims they still hold. */
export async function sweepShard(
  ports: Ports,
  active: ActiveConfiguration,
  cluster: ActiveCluster,
  shard: number,
): Promise<void> {
  const context: IngestContext = { ports, active, cluster, marks: [] };
  let after: string | undefined;
  do {
    const pk = shardPartition(cluster.id, shard);
    const page = await ports.tables.query({
      table: 'endpoints',
      pk,
      ...(after === undefined ? {} : { after }),
    });
    for (const stored of page.items) {
      const endpoint = readEndpoint(stored.key.sk ?? '', stored.item);
      if (endpoint) await sweepEndpoint(context, endpoint).catch(unlessWritten);
    }
    after = page.next;
  } while (after !== undefined);
  await wakeAll(context);
}

async function sweepEndpoint(context: IngestContext, endpoint: StoredEndpoint): Promise<void> {
  const { ports, cluster } = context;
  if (endpoint.todo.length > 0) {
    await finishSteps(context, endpoint, { cause: 'relist', witnessed: false });
    return;
  }
  if (endpoint.deletedAt === undefined || ports.clock.now() - endpoint.deletedAt < tombstoneMs) return;
  const self = globalEndpointId(cluster.id, endpoint.id);
  for (const address of endpoint.former) {
    const mine = [{ attribute: 'endpoint', is: '=', value: self }] as const;
    await ports.tables
      .write({ key: ownerKey(cluster.realm, address), delete: true, if: mine })
      .catch(unlessWritten);
  }
  const unchanged = [{ attribute: 'revision', is: '=', value: endpoint.revision }] as const;
  await ports.tables.write({ key: endpointKey(cluster.id, endpoint.id), delete: true, if: unchanged });
}

/** Somebody else wrote the row meanwhile: then it is theirs. */
function unlessWritten(error: unknown): void {
  if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
}
