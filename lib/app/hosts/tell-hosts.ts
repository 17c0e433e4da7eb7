import { z } from 'zod';
import type { Compute } from '../../core/compute.ts';
import { isZonebridgeError } from '../../core/errors.ts';
import { digest } from '../../core/model/content-hash.ts';
import { shardOf } from '../../core/model/endpoint.ts';
import { type HubMessage, hubMessage, schemaVersion } from '../../core/model/messages.ts';
import type { App } from '../compose.ts';
import type { Ports } from '../ports.ts';
import type { ActiveCluster } from '../state/configurations.ts';
import { endpointKey, readEndpoint } from '../state/endpoints.ts';
import { hasEnded, hostRecord, hostRecords, type Listing } from './host-records.ts';
import { hostStateKey, type HostState, readHostState, writeHostState } from './host-state.ts';
import { type HostChange, HostVoice } from './tell.ts';

/** EC2 of the account and region of a section of hosts. */
export type ComputeOf = (hosts: ActiveCluster) => Compute;

const digestMs = 5 * 60_000;
/** How often a lost race is repeated with a fresh look at EC2. */
const attempts = 6;

/** Event of EC2 (EC2 user guide, state change events), as EventBridge brings it. */
const stateChange = z.object({
  source: z.literal('aws.ec2'),
  'detail-type': z.literal('EC2 Instance State-change Notification'),
  detail: z.object({ 'instance-id': z.string().regex(/^i-[0-9a-f]{8,17}$/), state: z.string() }),
});

interface Teller {
  ports: Ports;
  hosts: ActiveCluster;
  compute: Compute;
  voice: HostVoice;
}

/**
 * One round for every section of hosts: asks EC2 for all of them and says that they are heard; a digest when something is new, and every five
 * minutes. A listing that failed says nothing, not even that somebody is there. Throws the first failure at the end.
 */
export async function lookAtHosts({ ports, configurations }: App, computeOf: ComputeOf): Promise<void> {
  const active = await configurations.active();
  const failures: unknown[] = [];
  for (const hosts of active.clusters.values()) {
    if (hosts.tags === undefined) continue;
    await again(async () => look(tellerOf(ports, hosts, computeOf))).catch((error: unknown) =>
      failures.push(error),
    );
  }
  if (failures.length > 0) throw failures[0];
}

/** A message of the queue of a section of hosts: what the hub wants to know, or what EC2 tells of an instance. */
export async function hearOfHosts(
  { ports, configurations }: App,
  computeOf: ComputeOf,
  message: { key: string; body: string },
): Promise<void> {
  const active = await configurations.active();
  const hosts = [...active.clusters.values()].find(
    ({ key, tags }) => key === message.key && tags !== undefined,
  );
  const heard = parse(message.body);
  if (hosts === undefined || heard === undefined) return;
  const teller = tellerOf(ports, hosts, computeOf);
  await again(async () => {
    if ('instance' in heard) await follow(teller, heard.instance);
    else await answer(teller, heard);
  });
}

function tellerOf(ports: Ports, hosts: ActiveCluster, computeOf: ComputeOf): Teller {
  return { ports, hosts, compute: computeOf(hosts), voice: new HostVoice(ports, hosts.source) };
}

/** Somebody else told meanwhile: then EC2 is asked anew, because what we saw may be older than what was told. */
async function again(run: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt >= attempts || !isZonebridgeError(error, 'store/condition-failed')) throw error;
    }
  }
}

async function look(teller: Teller): Promise<void> {
  const { ports, hosts, voice } = teller;
  const before = await stateOf(teller);
  const listing = await listed(teller);
  if (before.epoch === 0) {
    const process = before.process ?? ports.random.id().slice(0, 64);
    await writeHostState(ports.tables, hosts.id, { before, next: { process } });
    return voice.hello(process);
  }
  await voice.heartbeat(before, listing.records.size);
  const content = contentOf(listing);
  const now = ports.clock.now();
  if (content === before.content && now - before.digestAt < digestMs) return undefined;
  await say(teller, before, listing, { content, digestAt: now });
}

/** A digest of everything; noted first, so that what somebody else saw before is not told after it. */
async function say(
  { ports, hosts, voice }: Teller,
  before: HostState,
  listing: Listing,
  next: Pick<HostState, 'content' | 'digestAt'>,
): Promise<void> {
  const state = await writeHostState(ports.tables, hosts.id, { before, next });
  await voice.digest(state, listing);
}

async function answer(teller: Teller, message: HubMessage): Promise<void> {
  const { ports, hosts, voice } = teller;
  const before = await stateOf(teller);
  if (message.type === 'epoch') {
    if (message.process !== before.process || message.epoch <= before.epoch) return;
    const next = { epoch: message.epoch, sequence: 0, content: '', digestAt: 0 };
    await writeHostState(ports.tables, hosts.id, { before, next });
    return look(teller);
  }
  // Hosts wait for nothing, and nothing is written on them.
  if (!('shards' in message) || message.epoch !== before.epoch) return;
  const listing = await listed(teller);
  const { shards } = message;
  const wanted = message.type === 'resend' ? changesFor(listing, message) : [];
  const next = { sequence: before.sequence + wanted.length };
  const state = await writeHostState(ports.tables, hosts.id, { before, next });
  if (wanted.length > 0) await voice.changes(state, wanted);
  await voice.manifests(state, listing, { shards, resent: message.type === 'resend' });
}

function changesFor({ records }: Listing, message: HubMessage & { type: 'resend' }): HostChange[] {
  const [shards, named] = [new Set(message.shards), message.endpoints && new Set(message.endpoints)];
  return [...records]
    .filter(([id]) => (named ? named.has(id) : shards.has(shardOf(id))))
    .map(([, { record }]) => ({ uid: record.uid, record, cause: 'relist' }));
}

/** EC2 says that something happened to an instance: what it is now is asked, whatever the event says. */
async function follow(teller: Teller, id: string): Promise<void> {
  const { ports, hosts, compute, voice } = teller;
  const before = await stateOf(teller);
  if (before.epoch === 0) return;
  const instance = await compute.instance(id);
  // EC2 goes on showing what has ended for a while. What it does not show, it may not show yet: the next listing decides.
  if (instance === undefined) return;
  const record = hostRecord(instance, hosts.tags ?? {});
  const [item] = await ports.tables.read([endpointKey(hosts.id, `node|${id}`)]);
  const known = readEndpoint(`node|${id}`, item)?.record !== undefined;
  // It shows in the log at the next listing.
  if (record === 'unreadable') return;
  // Most instances of an account are nobody's business here, and tags that are gone are found by the listing.
  if (record === undefined && !(known && hasEnded(instance))) return;
  const next = { sequence: before.sequence + 1 };
  const state = await writeHostState(ports.tables, hosts.id, { before, next });
  await voice.changes(state, [{ uid: id, record, cause: 'watch' }]);
}

async function stateOf({ ports, hosts }: Teller): Promise<HostState> {
  const [item] = await ports.tables.read([hostStateKey(hosts.id)]);
  return readHostState(item);
}

async function listed({ ports, compute, hosts }: Teller): Promise<Listing> {
  const tags = hosts.tags ?? {};
  const listing = hostRecords(await compute.instances(tags), tags);
  const { unreadable } = listing;
  if (unreadable.length > 0)
    ports.telemetry.warn('hosts that cannot be told', {
      hosts: hosts.key,
      instances: unreadable.slice(0, 5),
    });
  return listing;
}

function contentOf({ records }: Listing): string {
  return digest(
    Array.from(records, ([id, { hash }]) => `${id}=${hash}`)
      .sort()
      .join('\n'),
  );
}

function parse(body: string): HubMessage | { instance: string } | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const event = stateChange.safeParse(json);
  if (event.success) return { instance: event.data.detail['instance-id'] };
  const said = hubMessage.safeParse(json);
  return said.success && said.data.schema === schemaVersion ? said.data : undefined;
}
