import { isZonebridgeError } from '../../core/errors.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import { finishSteps, type IngestContext } from '../ingest/apply-change.ts';
import { reclaim } from '../ingest/reclaim.ts';
import { restoreMemberships } from '../ingest/restore-memberships.ts';
import { settle } from '../ingest/settle.ts';
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

/**
 * Finishes endpoints whose settling was interrupted, writes memberships again that are missing, gives addresses back whose later owners are gone, takes endpoints of a silent cluster out of the groups that expired, and deletes tombstones that are a day old, with the claims they still hold.
 * Tells whether endpoints are left that expired.
 */
export async function sweepShard(
  ports: Ports,
  active: ActiveConfiguration,
  place: { cluster: ActiveCluster; shard: number; verified: boolean; expired: readonly string[] },
): Promise<{ expired: boolean }> {
  const { cluster, shard, verified, expired } = place;
  let anyExpired = false;
  const context: IngestContext = { ports, active, cluster, marks: [] };
  let after: string | undefined;
  do {
    const pk = shardPartition(cluster.id, shard);
    const page = await ports.tables.query({
      table: 'endpoints',
      pk,
      ...(after === undefined ? {} : { after }),
    });
    const endpoints = page.items.flatMap(({ key, item }) => readEndpoint(key.sk ?? '', item) ?? []);
    for (const endpoint of endpoints) {
      anyExpired ||= endpoint.expired.length > 0;
      await sweepEndpoint(context, endpoint, expired).catch(unlessWritten);
      if (endpoint.todo.length === 0) await reclaim(context, endpoint, { verified }).catch(unlessWritten);
    }
    // Rows that were written above are left to the next time.
    await restoreMemberships(context, endpoints);
    after = page.next;
  } while (after !== undefined);
  await wakeAll(context);
  return { expired: anyExpired };
}

async function sweepEndpoint(
  context: IngestContext,
  endpoint: StoredEndpoint,
  expired: readonly string[],
): Promise<void> {
  const { ports, cluster } = context;
  if (endpoint.todo.length > 0) {
    await finishSteps(context, endpoint, { cause: 'relist', witnessed: false });
    return;
  }
  if (endpoint.memberships.some((key) => isIn(expired, key))) return expire(context, endpoint, expired);
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

function isIn(groups: readonly string[], key: string): boolean {
  return groups.includes(parseMembershipKey(key).group);
}

/** The row keeps the record and loses its hash: no manifest calls it equal, so the agent sends it again when it is back. */
async function expire(
  context: IngestContext,
  endpoint: StoredEndpoint,
  groups: readonly string[],
): Promise<void> {
  const left = [
    ...new Set(
      endpoint.memberships.filter((key) => isIn(groups, key)).map((key) => parseMembershipKey(key).group),
    ),
  ];
  const reason = `not in ${left.join(', ')}: cluster ${context.cluster.key} is silent`;
  await settle(context, {
    endpoint: {
      ...endpoint,
      contentHash: '',
      expired: [...new Set([...endpoint.expired, ...left])],
      refused: [...endpoint.refused, reason],
    },
    keys: endpoint.memberships.filter((key) => !isIn(groups, key)),
    cause: 'silence',
    witnessed: false,
    time: context.ports.clock.now(),
    writes: [],
    steps: [],
  });
}

/** Somebody else wrote the row meanwhile: then it is theirs. */
function unlessWritten(error: unknown): void {
  if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
}
