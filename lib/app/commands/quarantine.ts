import { ZonebridgeError } from '../../core/errors.ts';
import { askedAddress, workloadAddress } from '../../core/model/address.ts';
import { claimedAddresses, type EndpointRecord, shardCount } from '../../core/model/endpoint.ts';
import { everyRealm, type Quarantine, quarantinedAddress } from '../../core/plan/quarantine.ts';
import { type Action, noteOutcome, recordAction } from '../audit/actions.ts';
import type { App } from '../compose.ts';
import { interruptRuns } from '../orders/interrupt.ts';
import { limitsOf, type QuarantineLimit } from '../orders/quarantine-limits.ts';
import { markPlaces, placesOf, type QuarantinePlace } from '../orders/quarantine-marks.ts';
import type { Person } from '../person.ts';
import type { Ports } from '../ports.ts';
import { announceDone, type AnnouncementType } from '../state/announcements.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import { endpointTitle, globalEndpointId, ownerKey, readOwner } from '../state/endpoints.ts';
import { inParallel } from '../state/items.ts';
import { changeQuarantines, checkSize, readQuarantines } from '../state/quarantines.ts';
import { checkTicket } from './check-decision.ts';
import { readShard } from './stored-endpoints.ts';

export interface QuarantineRequest {
  /** An address, `namespace/pod` or `cluster/namespace/pod`. */
  target: string;
  /** Deny group; the configured one unless given. */
  denyGroup?: string | undefined;
  by: Person;
  reason?: string | undefined;
  ticket?: string | undefined;
}

export interface QuarantineResult {
  quarantine: Quarantine;
  /** It was in force before; the places are told once more all the same. */
  already: boolean;
  /** Places that were told to change. */
  places: QuarantinePlace[];
  /** Where nothing happens for now: the order does not stand above everything. */
  limits: QuarantineLimit[];
}

/**
 * Takes an address, or all own addresses of a pod, out of every allow group everywhere and puts them into the deny group. Holds until it
 * is lifted, whatever agents, generations and brakes say; see `docs/approvals.md` for what stands above it. Throws `quarantine/unknown-target`,
 * `command/usage` for several pods, `address/unusable`, `approval/ticket` for a ticket in a wrong form: none at all is fine, an emergency has none yet.
 */
export async function quarantine(app: App, request: QuarantineRequest): Promise<QuarantineResult> {
  const { ports, configurations } = app;
  const active = await configurations.active();
  if (request.ticket !== undefined) checkTicket(active, request.ticket);
  const denyGroup = denyGroupOf(active, request.denyGroup);
  const what = await findTarget(ports, active, request.target);
  const { by, reason, ticket } = request;
  const fresh: Quarantine = {
    id: ports.random.id(),
    ...what,
    denyGroup,
    by: by.name,
    reason,
    ticket,
    since: ports.clock.now(),
  };
  const { list } = await readQuarantines(ports.tables);
  if (!list.all.some(({ target }) => target === what.target)) checkSize([...list.all, fresh]);
  await recordAction(ports, actionOf('quarantine', what.target, request));
  let known: Quarantine | undefined;
  await changeQuarantines(ports.tables, configurations.pointer, (all) => {
    known = all.find(({ target }) => target === what.target);
    return known ? undefined : [...all, fresh];
  });
  const order: Quarantine = known ?? fresh;
  // Also when it is in force already: whoever ordered it may have died before this.
  await interruptRuns(ports, active, Object.keys(active.configuration.firewalls));
  const places = await markPlaces(ports, active, placesOf(active, order));
  if (!known) await tell(ports, 'quarantined', fresh, by);
  const limits = await limitsOf(ports, active, { order, places });
  return { quarantine: order, already: known !== undefined, places, limits };
}

/** Ends a quarantine: the addresses come back where they are wanted, past no brake and no freeze. Throws `quarantine/not-found`, `approval/ticket`. */
export async function liftQuarantine(app: App, request: QuarantineRequest): Promise<QuarantineResult> {
  const { ports, configurations } = app;
  const active = await configurations.active();
  checkTicket(active, request.ticket);
  const { list } = await readQuarantines(ports.tables);
  const { id, target } = chosen(list.all, request.target);
  const action = actionOf('quarantine --lift', target, request);
  await recordAction(ports, action);
  let lifted: Quarantine | undefined;
  await changeQuarantines(ports.tables, configurations.pointer, (all) => {
    lifted = all.find((one) => one.id === id);
    return lifted && all.filter((one) => one !== lifted);
  });
  if (!lifted) {
    await noteOutcome(ports, action, { target, outcome: 'no effect, it was lifted meanwhile' });
    throw new ZonebridgeError('quarantine/not-found', `${target} was lifted by somebody else just now`);
  }
  // A run with the older list would put back nothing, and take the marks away.
  await interruptRuns(ports, active, Object.keys(active.configuration.firewalls));
  const places = await markPlaces(ports, active, placesOf(active, lifted));
  await tell(ports, 'quarantine-lifted', lifted, request.by);
  return { quarantine: lifted, already: false, places, limits: [] };
}

function actionOf(what: string, target: string, request: QuarantineRequest): Action {
  const { by, reason, ticket } = request;
  const address = askedAddress(target);
  return { what, by: by.name, address, reason, ticket, details: { target } };
}

function chosen(all: readonly Quarantine[], asked: string): Quarantine {
  const address = askedAddress(asked);
  const fitting = all.filter(({ target, id }) =>
    address === undefined
      ? target === asked || id === asked || target.endsWith(`/${asked}`)
      : target === address,
  );
  const [one, another] = fitting;
  if (one && !another) return one;
  const known = all.map(({ target }) => target).join(', ') || 'none';
  if (one)
    throw new ZonebridgeError('command/usage', `${asked} fits ${fitting.length} quarantines: ${known}`);
  throw new ZonebridgeError('quarantine/not-found', `${asked} is in no quarantine; there are: ${known}`);
}

function denyGroupOf({ configuration }: ActiveConfiguration, given: string | undefined): string | undefined {
  const name = given ?? configuration.quarantine?.group;
  if (name === undefined) return undefined;
  if (configuration.groups[name]?.usedIn !== 'deny')
    throw new ZonebridgeError('command/usage', `there is no group ${name} with usedIn: deny`);
  return name;
}

type Target = Pick<Quarantine, 'target' | 'follows' | 'holders' | 'addresses'>;

async function findTarget(ports: Ports, active: ActiveConfiguration, asked: string): Promise<Target> {
  const address = askedAddress(asked);
  if (address === undefined) return findPod(ports, active, asked);
  workloadAddress(address);
  const realms = [...new Set([...active.clusters.values()].map(({ realm }) => realm))];
  const owners = await ports.tables.read(realms.map((realm) => ownerKey(realm, address)));
  const holders = owners.flatMap((item) => readOwner(item)?.endpoint ?? []);
  return { target: address, holders, addresses: [quarantinedAddress(everyRealm, address)] };
}

interface Found {
  cluster: ActiveCluster;
  id: string;
  record: EndpointRecord;
  title: string;
}

async function findPod(ports: Ports, active: ActiveConfiguration, asked: string): Promise<Target> {
  const found: Found[] = [];
  const shards = [...active.clusters.values()].flatMap((cluster) =>
    Array.from({ length: shardCount }, (_, shard) => ({ cluster, shard })),
  );
  await inParallel(shards, 16, ({ cluster, shard }) =>
    readShard(ports.tables, cluster.id, shard, (page) => {
      for (const { id, record } of page) {
        if (record?.kind !== 'pod') continue;
        const title = endpointTitle(cluster.key, record);
        if (title === asked || title.endsWith(`/${asked}`)) found.push({ cluster, id, record, title });
      }
    }),
  );
  const [pod, another] = found;
  if (!pod)
    throw new ZonebridgeError(
      'quarantine/unknown-target',
      `${asked} is no address, and no pod of this name is known`,
    );
  if (another) {
    const titles = found.map(({ title }) => title).slice(0, 10);
    throw new ZonebridgeError('command/usage', `${asked} is several pods: ${titles.join(', ')}`);
  }
  const { cluster, id, record, title } = pod;
  if (record.hostNetwork)
    throw new ZonebridgeError(
      'command/usage',
      `${title} has the address of its node (${record.addresses.join(', ')}): quarantine that if the whole node is meant`,
    );
  const addresses = claimedAddresses(record).map((address) => quarantinedAddress(cluster.realm, address));
  const follows = globalEndpointId(cluster.id, id);
  return { target: title, follows, holders: [follows], addresses };
}

async function tell(ports: Ports, type: AnnouncementType, one: Quarantine, by: Person): Promise<void> {
  const { id: quarantineId, target, addresses, denyGroup, reason, ticket } = one;
  const optional = Object.entries({ denyGroup, reason, ticket }).filter(([, value]) => value !== undefined);
  const detail = {
    quarantineId,
    target,
    addresses: [...addresses],
    by: by.name,
    ...(Object.fromEntries(optional) as Record<string, string>),
  };
  await announceDone(ports.tables, { id: ports.random.id(), type, at: ports.clock.now(), detail });
}
