import { askedAddress, inRanges, parseAddress } from '../../core/model/address.ts';
import { membershipKey, parseMembershipKey } from '../../core/model/address-group.ts';
import { type EndpointRecord, everyAddress, shardCount } from '../../core/model/endpoint.ts';
import type { App } from '../compose.ts';
import { arrivalText, knownNetworks } from '../network/sights.ts';
import type { Ports } from '../ports.ts';
import { clusterKey, type ClusterState, knownUntil, readCluster } from '../state/clusters.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import {
  endpointTitle,
  globalEndpointId,
  ownerKey,
  readOwner,
  type StoredEndpoint,
} from '../state/endpoints.ts';
import { inParallel } from '../state/items.ts';
import { ledgerKey, readLedger } from '../state/ledger.ts';
import { everyRealmOf, leftPlaces } from './leaving/left-objects.ts';
import { explainPlace, leftVerdict, type PlaceVerdict, type Step } from './explain-place.ts';
import { explainSelection, type SelectionVerdict } from './explain-selection.ts';
import { type FirewallState, readFirewallState } from './firewall-state.ts';
import { titlesOf } from './groups.ts';
import { silentAfterMs } from './status.ts';
import { readShard } from './stored-endpoints.ts';

/** One endpoint that was asked about, or that has the address that was. */
export interface ExplainedEndpoint {
  /** `cluster/namespace/name` */
  title: string;
  steps: Step[];
  selections: SelectionVerdict[];
}

export interface Explanation {
  asked: string;
  /** What the question was understood as. */
  kind: 'address' | 'endpoint' | 'group';
  /** Found nothing at all: `steps` says where was looked. */
  found: boolean;
  steps: Step[];
  endpoints: ExplainedEndpoint[];
  verdicts: PlaceVerdict[];
}

interface Found {
  cluster: ActiveCluster;
  endpoint: StoredEndpoint;
  record: EndpointRecord;
}

interface Searched {
  found: Found[];
  /** Endpoints that had the address and were removed. */
  tombstones: { cluster: ActiveCluster; endpoint: StoredEndpoint }[];
  /** Stored endpoints that were looked at, by cluster id. */
  endpoints: Map<string, number>;
}

interface Question {
  asked: string;
  address: string | undefined;
  /** `name`, `namespace/name` or `cluster/namespace/name`. */
  name: readonly string[];
}

/** Why an address or endpoint is or is not on the firewalls, step by step with times. A group is explained by `explain-group.ts`. */
export async function explainEndpoint({ ports, configurations }: App, asked: string): Promise<Explanation> {
  const active = await configurations.active();
  const question: Question = { asked, address: askedAddress(asked), name: asked.split('/') };
  const searched = await search(ports, active, question);
  const { found } = searched;
  const kind = question.address === undefined ? 'endpoint' : 'address';
  const endpoints = await inParallel(found, 8, (one) => explainOne(ports, active, one));
  const keys = new Set(
    question.address === undefined
      ? found.flatMap((one) => keysOf(active, one))
      : addressKeys(active, question.address),
  );
  const kept = await explainKeys(ports, active, { keys, onlyKnown: kind === 'address' });
  const asking = question.address ?? found.flatMap(({ record }) => ownAddresses(record));
  const verdicts = [...kept, ...(await explainLeft(ports, active, [asking].flat()))];
  const steps = await searchSteps(ports, active, { question, ...searched });
  return { asked, kind, found: found.length > 0 || verdicts.length > 0, steps, endpoints, verdicts };
}

/** Looks through every stored endpoint: nodes and host-network pods have no owner row that would lead to them. */
async function search(ports: Ports, active: ActiveConfiguration, question: Question): Promise<Searched> {
  const searched: Searched = { found: [], tombstones: [], endpoints: new Map() };
  const { found, tombstones, endpoints } = searched;
  const shards = [...active.clusters.values()].flatMap((cluster) =>
    Array.from({ length: shardCount }, (_, shard) => ({ cluster, shard })),
  );
  await inParallel(shards, 16, async ({ cluster, shard }) => {
    await readShard(ports.tables, cluster.id, shard, (page) => {
      for (const endpoint of page) {
        const { record, former } = endpoint;
        if (record) endpoints.set(cluster.id, (endpoints.get(cluster.id) ?? 0) + 1);
        if (record && isAsked(question, cluster, record)) found.push({ cluster, endpoint, record });
        if (!record && question.address !== undefined && former.includes(question.address))
          tombstones.push({ cluster, endpoint });
      }
    });
  });
  return searched;
}

function isAsked({ address, name }: Question, cluster: ActiveCluster, record: EndpointRecord): boolean {
  if (address !== undefined) return everyAddress(record).includes(address);
  const full = endpointTitle(cluster.key, record).split('/');
  return (
    name.length <= full.length &&
    name.every((part, index) => part === full[full.length - name.length + index])
  );
}

async function explainOne(
  ports: Ports,
  active: ActiveConfiguration,
  { cluster, endpoint, record }: Found,
): Promise<ExplainedEndpoint> {
  const self = globalEndpointId(cluster.id, endpoint.id);
  const { epoch, sequence } = endpoint.version;
  const steps: Step[] = [
    {
      at: endpoint.time,
      text: `${record.kind} seen by the agent of ${cluster.key} (uid ${record.uid}, epoch ${epoch}, sequence ${sequence}), addresses ${ownAddresses(record).join(', ') || 'none'}${record.node === undefined ? '' : `, node ${record.node}`}`,
    },
  ];
  if (endpoint.generation < active.generation)
    steps.push({
      text: `last looked at under configuration generation ${endpoint.generation}, active is ${active.generation}: the walk has not reached it`,
    });
  const owners = await ports.tables.read(record.addresses.map((address) => ownerKey(cluster.realm, address)));
  const other = owners.map(readOwner).map((owner) => (owner && owner.endpoint !== self ? owner : undefined));
  const titles = await titlesOf(
    ports,
    active,
    other.flatMap((owner) => (owner ? [owner.endpoint] : [])),
  );
  for (const [index, owner] of other.entries())
    if (owner)
      steps.push({
        at: owner.time,
        text: `its address ${record.addresses[index] ?? ''} belongs to ${titles.get(owner.endpoint) ?? owner.endpoint} now`,
      });
  const [network] = record.kind === 'pod' && !record.hostNetwork ? await knownNetworks(ports, [cluster]) : [];
  if (network?.at !== undefined)
    steps.push({
      at: network.at,
      text: `pods of ${cluster.key} arrive at firewalls ${arrivalText(network)}`,
    });
  for (const reason of endpoint.refused) steps.push({ text: `refused: ${reason}` });
  return {
    title: endpointTitle(cluster.key, record),
    steps,
    selections: active.groups.map((group) => explainSelection(group, record, cluster)),
  };
}

/** What it is reached by itself; the addresses of a pod's node are told with the node. */
function ownAddresses(record: EndpointRecord): string[] {
  return [...everyAddress({ ...record, nodeAddresses: undefined }), ...(record.hostNames ?? [])];
}

/** Every membership the endpoint has or should have. */
function keysOf(active: ActiveConfiguration, { cluster, endpoint, record }: Found): string[] {
  const wanted = active.groups.flatMap((group) => {
    const { addresses } = explainSelection(group, record, cluster);
    return addresses.map((address) => membershipKey(group.group.name, cluster.realm, address));
  });
  return [...wanted, ...endpoint.memberships];
}

/** The address in every group that any realm could put it into. */
function addressKeys(active: ActiveConfiguration, address: string): string[] {
  const realms = new Set([...active.clusters.values()].map(({ realm }) => realm));
  return active.groups.flatMap(({ group }) =>
    [...realms].map((realm) => membershipKey(group.name, realm, address)),
  );
}

/** Explains each key on each firewall of its group; `onlyKnown` leaves out places that know nothing of it. */
async function explainKeys(
  ports: Ports,
  active: ActiveConfiguration,
  request: { keys: Iterable<string>; onlyKnown: boolean },
): Promise<PlaceVerdict[]> {
  const states = new Map<string, Promise<FirewallState>>();
  const places = [...request.keys].flatMap((key) => {
    const targets = active.configuration.groups[parseMembershipKey(key).group]?.publish ?? [];
    return targets.map(({ firewall }) => ({ key, firewall }));
  });
  const known = await ports.tables.read(places.map(({ key, firewall }) => ledgerKey(firewall, key)));
  const verdicts = await inParallel([...places.entries()], 8, async ([index, { key, firewall }]) => {
    const { configuration } = active;
    if (!configuration.firewalls[firewall]) return undefined;
    const state = states.get(firewall) ?? readFirewallState(ports, configuration, firewall);
    states.set(firewall, state);
    const verdict = await explainPlace(ports, active, { key, state: await state });
    const nothing = known[index] === undefined && !verdict.wanted;
    return request.onlyKnown && nothing ? undefined : verdict;
  });
  return verdicts.filter((verdict) => verdict !== undefined);
}

/** Groups that left the configuration are kept by nobody, but their addresses still pass. */
async function explainLeft(
  ports: Ports,
  active: ActiveConfiguration,
  addresses: readonly string[],
): Promise<PlaceVerdict[]> {
  const left = await leftPlaces(ports, active);
  const all = left.flatMap((place) =>
    everyRealmOf(active).flatMap((realm) => addresses.map((address) => ({ ...place, realm, address }))),
  );
  const items = await ports.tables.read(
    all.map(({ firewall, group, realm, address }) =>
      ledgerKey(firewall, membershipKey(group, realm, address)),
    ),
  );
  return all.flatMap(({ firewall, group, since, address }, index) => {
    const row = readLedger(items[index]);
    return row.state === 'absent' ? [] : [leftVerdict({ firewall, group, since, address, row })];
  });
}

/** Where was looked and what the hub knows of the senders: the whole answer when nothing was found. Of what was found, who is silent. */
async function searchSteps(
  ports: Ports,
  active: ActiveConfiguration,
  result: Searched & { question: Question },
): Promise<Step[]> {
  const { question, found, tombstones, endpoints } = result;
  const steps: Step[] = tombstones.map(({ cluster, endpoint }) => ({
    at: endpoint.deletedAt ?? endpoint.time,
    text: `an endpoint of ${cluster.key} that had the address was removed (${endpoint.id})`,
  }));
  const concerned = new Set(found.map(({ cluster }) => cluster));
  const clusters = found.length > 0 ? [...concerned] : [...active.clusters.values()];
  const items = await ports.tables.read(clusters.map(({ id }) => clusterKey(id)));
  for (const [index, cluster] of clusters.entries()) {
    const state = readCluster(items[index]);
    const since = knownUntil(state);
    const silent = ports.clock.now() - since > silentAfterMs;
    if (found.length > 0 && !silent) continue;
    const text =
      found.length > 0
        ? `${heardText(state, silent)}; what changed since is not known`
        : `${clusterText(state, silent, endpoints.get(cluster.id) ?? 0)}${rangeText(question, cluster)}`;
    steps.push({ ...(since === 0 ? {} : { at: since }), text: `cluster ${cluster.key}: ${text}` });
  }
  return steps;
}

function heardText({ deafSince, unheard }: ClusterState, silent: boolean): string {
  if (!silent) return 'its agent was heard last';
  if (deafSince === undefined) return 'its agent is silent since then';
  return `its agent is there, but hears nothing from its Kubernetes API since then (${unheard.join(', ')})`;
}

function clusterText(state: ClusterState, silent: boolean, looked: number): string {
  if (state.heartbeatAt === 0) return 'no agent of it was ever heard';
  const heard = heardText(state, silent);
  const verified = state.verifiedShards.size < shardCount ? ', not yet compared in full' : '';
  return `${heard}${verified}; none of ${looked} stored endpoints fits`;
}

function rangeText({ address }: Question, cluster: ActiveCluster): string {
  if (address === undefined) return '';
  const inside = inRanges(parseAddress(address), cluster.ranges);
  return inside ? '' : `; the address is outside of its ranges ${cluster.ranges.texts.join(', ')}`;
}
