import { balancerOf } from '../../core/desired/balancer.ts';
import { canonicalAddress } from '../../core/model/address.ts';
import type { Compute, NetworkInterface } from '../../core/compute.ts';
import { isZonebridgeError } from '../../core/errors.ts';
import { stableJson } from '../../core/model/content-hash.ts';
import type { EndpointRecord, ResolvedName } from '../../core/model/endpoint.ts';
import type { App } from '../compose.ts';
import type { IngestContext } from '../ingest/apply-change.ts';
import { reevaluate } from '../ingest/reevaluate.ts';
import { wakeAll } from '../ingest/wake-all.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import { endpointKey, readEndpoint, type StoredEndpoint } from '../state/endpoints.ts';
import { inParallel } from '../state/items.ts';
import { forgetNamed, listNamed } from '../state/named.ts';

/** EC2 of the account and region of a cluster. */
export type ComputeOf = (cluster: ActiveCluster) => Compute;

/** More names than these of one service are not looked at. */
const namesMost = 16;

/** Far longer than an endpoint waits to be written. */
const noteMs = 60 * 60_000;

/**
 * Looks behind the host names of load balancers in the clusters that say `resolveNames`, and takes the endpoints whose addresses changed
 * through the groups again. What EC2 does not answer changes nothing. One query a cluster, two calls a name.
 * Throws the first failure at the end; the other clusters were looked at.
 */
export async function resolveNames({ ports, configurations }: App, computeOf: ComputeOf): Promise<void> {
  const active = await configurations.active();
  const failures: unknown[] = [];
  for (const cluster of active.clusters.values()) {
    if (!isResolved(active, cluster)) continue;
    const context: IngestContext = { ports, active, cluster, marks: [] };
    try {
      await resolveIn(context, computeOf(cluster));
    } catch (error) {
      failures.push(error);
    } finally {
      await wakeAll(context);
    }
  }
  if (failures.length > 0) throw failures[0];
}

function isResolved({ configuration }: ActiveConfiguration, { key }: ActiveCluster): boolean {
  return configuration.clusters[key]?.resolveNames !== undefined;
}

async function resolveIn(context: IngestContext, compute: Compute): Promise<void> {
  const { ports, cluster } = context;
  const named = await listNamed(ports.tables, cluster.id);
  const items = await ports.tables.read(named.map(({ id }) => endpointKey(cluster.id, id)));
  const known = new Map<string, Promise<ResolvedName>>();
  const look = (name: string): Promise<ResolvedName> => {
    const found = known.get(name) ?? behind(compute, name, sightOf(context));
    known.set(name, found);
    return found;
  };
  await inParallel([...named.entries()], 4, async ([index, { id, at }]) => {
    const endpoint = readEndpoint(id, items[index]);
    const names = endpoint?.record?.hostNames ?? [];
    if (names.length === 0) {
      // The row of an endpoint is written after this note of it.
      if (ports.clock.now() - at > noteMs) await forgetNamed(ports.tables, cluster.id, id);
      return;
    }
    const resolved = await inParallel(names.slice(0, namesMost), 2, look);
    if (endpoint?.record) await note(context, { endpoint, record: endpoint.record, resolved });
  });
}

/** Where the load balancers of a cluster lie, and from where they are looked at. */
interface Sight {
  region: string;
  /** From the internet: private addresses are not seen there, and IPv6 addresses are the same. */
  fromOutside: boolean;
}

function sightOf({ active, cluster }: IngestContext): Sight {
  const { region = '', resolveNames: wanted } = active.configuration.clusters[cluster.key] ?? {};
  return { region, fromOutside: wanted === 'public' };
}

async function behind(compute: Compute, name: string, { region, fromOutside }: Sight): Promise<ResolvedName> {
  const balancer = balancerOf(name, region);
  if ('problem' in balancer) return { name, addresses: [], problem: balancer.problem };
  const found = await inParallel(balancer.descriptions, 1, async (description) =>
    // Whoever may make interfaces may write any description: only those that AWS made count.
    (await compute.interfaces(description)).filter(({ managed }) => managed),
  );
  const kinds = found.filter((interfaces) => interfaces.length > 0);
  if (kinds.length > 1)
    return { name, addresses: [], problem: 'both an application and a classic load balancer have its name' };
  const loadBalancers = new Set(kinds.flat().map(({ description }) => description));
  if (loadBalancers.size > 1)
    return { name, addresses: [], problem: `it stands for several: ${[...loadBalancers].sort().join(', ')}` };
  if (kinds.length === 0)
    return { name, addresses: [], problem: 'EC2 has no network interface of that load balancer' };
  const addresses = kinds.flat().flatMap((one) => seen(one, fromOutside).map(canonicalAddress));
  if (addresses.length > 0) return { name, addresses: [...new Set(addresses)].sort() };
  const problem = fromOutside ? 'it has no public address' : 'its network interfaces have no address';
  return { name, addresses: [], problem };
}

function seen({ addresses, publicAddresses }: NetworkInterface, fromOutside: boolean): readonly string[] {
  if (!fromOutside) return addresses;
  // One without is internal; nothing tells of its IPv6 addresses whether the internet reaches them.
  if (publicAddresses.length === 0) return [];
  return [...publicAddresses, ...addresses.filter((address) => address.includes(':'))];
}

/** Writes what was found, when it is new. Somebody else's write meanwhile wins; the next round looks again. */
async function note(
  context: IngestContext,
  found: { endpoint: StoredEndpoint; record: EndpointRecord; resolved: readonly ResolvedName[] },
): Promise<void> {
  const { endpoint, record, resolved } = found;
  if (endpoint.generation > context.active.generation || endpoint.todo.length > 0) return;
  if (stableJson(record.resolved ?? []) === stableJson(resolved)) return;
  const next = { ...record, resolved };
  // Said anew by the evaluation, as far as it is still so.
  const refused = endpoint.refused.filter(
    (reason) => !record.hostNames?.some((name) => reason.startsWith(name)),
  );
  try {
    await reevaluate(context, { ...endpoint, record: next, refused }, next, { cause: 'relist' });
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
  }
}
