import { isZonebridgeError } from '../../core/errors.ts';
import { digest } from '../../core/model/content-hash.ts';
import { shardCount, shardOf } from '../../core/model/endpoint.ts';
import type { Item, Key, Write } from '../../core/ports.ts';
import type { Ports } from '../ports.ts';
import { clusterKey, readCluster } from '../state/clusters.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { markDirty } from '../state/dirty.ts';
import { endpointKey, parseGlobalEndpointId, readEndpoint } from '../state/endpoints.ts';
import { chunksOf, count, inParallel, texts } from '../state/items.ts';
import { leave, listBucket, listingBuckets, type Membership } from '../state/memberships.ts';
import { firewallsFor } from '../targets.ts';

/**
 * How far the search has got that began `at`. `open` clusters are still to be searched for, `under` are searched for now. Since tables were
 * lost it also holds the `groups` of the configuration that it was begun for, as short hashes.
 */
const searchKey: Key = { table: 'control', pk: '#orphans' };

/** Of the time of one sweep. */
const searchMs = 10_000;

/** A membership that nobody names is an address on a firewall for ever, so all are looked at once a day, whatever may have left one behind. */
const everyMs = 24 * 60 * 60_000;

/** A table that a backup put back, or rows that were lost beside it, may leave memberships that no endpoint names: they are looked for at once. */
export async function searchOrphans(ports: Ports, active: ActiveConfiguration): Promise<void> {
  await begin(ports, { open: [...active.clusters.keys()], groups: hashesOf(active) });
}

async function begin({ tables, clock }: Ports, search: { open: string[]; groups?: string[] }): Promise<void> {
  const set = { ...search, at: clock.now(), under: [], position: 0, generation: 0 };
  await tables.write({ key: searchKey, update: { set } });
}

/**
 * What a group that comes back still has from the time before may be named by nobody any more, when tables were lost meanwhile. Seen by the
 * sweep, since an `apply` may end right after it activated.
 */
async function searchNewGroups(ports: Ports, active: ActiveConfiguration, search: Item): Promise<boolean> {
  if (search['groups'] === undefined) return false;
  const known = new Set(texts(search, 'groups'));
  const groups = hashesOf(active);
  const come = groups.some((hash) => !known.has(hash));
  if (come) await searchOrphans(ports, active);
  else if (groups.length < known.size)
    await ports.tables.write({ key: searchKey, update: { set: { groups } } });
  return come;
}

/** Goes on with the search, for clusters of which every shard was compared again: before that nobody knows what is named. */
export async function sweepOrphans(ports: Ports, active: ActiveConfiguration): Promise<void> {
  const { tables, clock } = ports;
  const [search] = await tables.read([searchKey]);
  // A new hub has left nothing behind yet.
  if (!search) return await begin(ports, { open: [] });
  if (clock.now() - count(search, 'at') >= everyMs)
    return await begin(ports, { open: [...active.clusters.keys()] });
  if (await searchNewGroups(ports, active, search)) return;
  const open = texts(search, 'open').filter((id) => active.clusters.has(id));
  // Another configuration has other groups: then it begins anew.
  const goesOn = search['generation'] === active.generation && count(search, 'position') > 0;
  const under = goesOn ? texts(search, 'under') : await verifiedOf(ports, open);
  if (under.length === 0) return;
  const buckets = namesOf(active).flatMap((group) =>
    Array.from({ length: listingBuckets }, (_, bucket) => ({ group, bucket })),
  );
  const end = clock.now() + searchMs;
  let position = goesOn ? count(search, 'position') : 0;
  for (; position < buckets.length && clock.now() < end; position++) {
    const place = buckets[position];
    if (place) await clearBucket(ports, active, { ...place, clusters: under });
  }
  const done = position >= buckets.length;
  const left = done ? open.filter((id) => !under.includes(id)) : open;
  const set = { open: left, under, position: done ? 0 : position, generation: active.generation };
  await noteProgress(ports, search, set);
}

function namesOf({ groups }: ActiveConfiguration): string[] {
  return groups.map(({ group }) => group.name).sort();
}

/** Names of thousands of groups would fill a row. */
function hashesOf(active: ActiveConfiguration): string[] {
  return namesOf(active).map((name) => digest(name).slice(0, 10));
}

async function verifiedOf({ tables }: Ports, clusters: readonly string[]): Promise<string[]> {
  const items = await tables.read(clusters.map(clusterKey));
  return clusters.filter((_, index) => readCluster(items[index]).verifiedShards.size === shardCount);
}

/** A loss that was noticed meanwhile begins the search anew. */
async function noteProgress({ tables }: Ports, search: Item, set: { open: string[] } & Item): Promise<void> {
  const same = [{ attribute: 'at', is: '=', value: count(search, 'at') }] as const;
  await tables.write({ key: searchKey, update: { set }, if: same }).catch(unlessWritten);
}

async function clearBucket(
  ports: Ports,
  active: ActiveConfiguration,
  { group, bucket, clusters }: { group: string; bucket: number; clusters: readonly string[] },
): Promise<void> {
  for await (const page of listBucket(ports.tables, group, bucket)) {
    const theirs = page.filter(({ endpoint }) => clusters.includes(parseGlobalEndpointId(endpoint).cluster));
    await inParallel(chunksOf(theirs, 100), 4, async (some) => {
      const places = some.map(({ endpoint }) => parseGlobalEndpointId(endpoint));
      const items = await ports.tables.read(places.map(({ cluster, id }) => endpointKey(cluster, id)));
      for (const [index, membership] of some.entries())
        await clearOrphan(ports, active, { membership, item: items[index] });
    });
  }
}

/** In one transaction with a look at the endpoint: one that joins at this moment is none. */
async function clearOrphan(
  ports: Ports,
  active: ActiveConfiguration,
  { membership, item }: { membership: Membership; item: Item | undefined },
): Promise<void> {
  const { key, endpoint } = membership;
  const { cluster, id } = parseGlobalEndpointId(endpoint);
  const row = readEndpoint(id, item);
  if (row && (row.memberships.includes(key) || row.todo.some((step) => step.key === key))) return;
  const revision = row
    ? ({ attribute: 'revision', is: '=', value: row.revision } as const)
    : ({ attribute: 'revision', is: 'absent' } as const);
  const dirty = firewallsFor(active.configuration, key).map((firewall) =>
    markDirty({
      id: ports.random.id(),
      firewall,
      key,
      cause: 'reconcile',
      time: ports.clock.now(),
      source: { cluster, shard: shardOf(id) },
    }),
  );
  const look: Write = { key: endpointKey(cluster, id), check: true, if: [revision] };
  try {
    await ports.tables.transact([look, leave(key, endpoint), ...dirty]);
    ports.telemetry.warn('a membership that no endpoint names was taken away', { key, endpoint });
  } catch (error) {
    unlessWritten(error);
  }
}

function unlessWritten(error: unknown): void {
  if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
}
