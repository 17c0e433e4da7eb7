import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { listLedger, objectKey, readObject } from '../../../lib/app/state/ledger.ts';
import { dirtyBuckets, readDirty } from '../../../lib/app/state/dirty.ts';
import { endpointKey, readEndpoint, type StoredEndpoint } from '../../../lib/app/state/endpoints.ts';
import { recordOf } from '../../../lib/app/state/firewall-records.ts';
import { listGroup } from '../../../lib/app/state/memberships.ts';
import { readWriter, type WriterState, writerRow } from '../../../lib/app/state/writers.ts';
import { queuesClient } from '../../../lib/aws/clients/queues.ts';
import { shardOf } from '../../../lib/core/model/endpoint.ts';
import { clusterId } from '../../../lib/core/model/messages.ts';
import {
  type Groups,
  sandboxAccount,
  sandboxCluster,
  sandboxRegion,
} from '../../../lib/sandbox/configuration.ts';
import { FirewallView } from '../../../lib/sandbox/firewall-view.ts';
import { Person } from '../../../lib/sandbox/person.ts';
import type { BusAgent, Told } from '../../support/hub/bus-agent.ts';
import { ageLedger } from '../../support/hub/aged-ledger.ts';
import { type HubRig, workQueues } from '../../support/hub/hub-rig.ts';
import type { Place, Story } from './points.ts';

const cluster = clusterId({ account: sandboxAccount, region: sandboxRegion, name: sandboxCluster });

/** Three groups of a firewall with the same members: two feeds, which one call changes, and a group of address objects. */
const channels = { a: 'push', b: 'push', c: 'objects' } as const;

export function groupsFor(firewalls: readonly string[]): Groups {
  const groups: Groups = {};
  const brakes = { shrink: { minimum: 1000, share: 1 }, growth: { minimum: 1000, share: 1 } };
  for (const firewall of firewalls) {
    for (const [letter, channel] of Object.entries(channels)) {
      groups[`${firewall}-${letter}`] = {
        addresses: 'pod',
        select: `point == '${firewall}'`,
        namespaces: "kubernetes.io/metadata.name == 'crash'",
        usedIn: 'allow',
        maxMembers: 200,
        brakes,
        publish: [
          {
            firewall,
            channel,
            create: 'own',
            mode: 'sync',
            onForeignAdd: 'remove',
            ...(channel === 'objects' ? { acceptConfigChurn: { writesPerHour: 100_000 } } : {}),
          },
        ],
      };
    }
  }
  return groups;
}

/** What a firewall and the hub hold at the end, without what differs between two plays of the same story. */
export interface EndState {
  device: Record<string, readonly string[] | undefined>;
  /** Address objects of ours on the device: none is left over. */
  objects: readonly string[];
  ledger: Record<string, unknown>;
  memberships: readonly string[];
  endpoints: Record<'old' | 'new', EndpointEnd | undefined>;
  writer: Pick<WriterState, 'woken' | 'leaseUntil'> & { trouble: object };
  dirty: readonly string[];
}

interface EndpointEnd extends Pick<StoredEndpoint, 'memberships' | 'todo' | 'former' | 'refused'> {
  gone: boolean;
}

/** One firewall with its part of the cluster: what happens there, and everything that is known of it at the end. */
export class CrashWorld {
  readonly place: Place;
  readonly #rig: HubRig;
  readonly #agent: BusAgent;
  readonly #view: FirewallView;
  readonly #network: string;
  readonly #uids: Record<'old' | 'new', string>;

  constructor(rig: HubRig, agent: BusAgent, of: { firewall: string; index: number }) {
    const simulator = rig.simulator(of.firewall);
    this.#rig = rig;
    this.#agent = agent;
    this.#view = new FirewallView(simulator);
    this.place = { firewall: of.firewall, port: simulator.port };
    this.#network = `10.${of.index + 1}.0`;
    this.#uids = { old: `${of.firewall}-old`, new: `${of.firewall}-new` };
  }

  /** The pod that comes gets a uid whose shard is among these. */
  comeFrom(isShard: (shard: number) => boolean): void {
    for (let number = 0; !isShard(shardOf(`pod|${this.#uids.new}`)); number++)
      this.#uids.new = `${this.place.firewall}-new-${number}`;
  }

  /** The pod that is there from the beginning. */
  async seed(): Promise<void> {
    await this.#agent.tell(this.#pod('old', [9]));
  }

  async play(story: Story): Promise<void> {
    if (story !== 'compare') return this.#agent.tell(...this.#changes(story));
    const groups = this.#groups().map(([group]) => group);
    await ageLedger(this.#rig.app.ports.tables, this.place.firewall, groups);
    await this.#editByHand();
    await this.compare();
  }

  /** Tells ingest the story in a delivery that comes once: when the function dies of it, nobody has it any more. */
  async playWithoutQueue(story: Exclude<Story, 'compare'>): Promise<void> {
    await this.#rig.runOnce('IngestDeltas', this.#agent.delivery(...this.#changes(story)));
  }

  #changes(story: Exclude<Story, 'compare'>): Told[] {
    if (story === 'wide') return [this.#pod('new', sixteen)];
    return [this.#pod('new', [1]), this.#gone('old')];
  }

  /** A label that no group asks for changes: the endpoint is sent again with a newer version. */
  async touch(): Promise<void> {
    await this.#agent.tell(this.#pod('new', sixteen, { touched: 'yes' }));
  }

  async compare(): Promise<void> {
    const body = JSON.stringify({ firewall: this.place.firewall, reason: 'test' });
    await queuesClient().send(
      new SendMessageCommand({ QueueUrl: await this.#rig.url(workQueues.reconcile), MessageBody: body }),
    );
  }

  #pod(which: 'old' | 'new', hosts: readonly number[], more: Record<string, string> = {}): Told {
    const uid = this.#uids[which];
    return {
      upsert: {
        kind: 'pod',
        uid,
        name: which,
        namespace: 'crash',
        labels: { point: this.place.firewall, ...more },
        namespaceLabels: { 'kubernetes.io/metadata.name': 'crash' },
        addresses: hosts.map((host) => `${this.#network}.${host}`),
        hostNetwork: false,
      },
    };
  }

  #gone(which: 'old'): Told {
    return { remove: this.#uids[which] };
  }

  /** One feed loses its member, the other is deleted as a whole, and a stranger's address lies in the group. */
  async #editByHand(): Promise<void> {
    const person = new Person(this.#rig.simulator(this.place.firewall));
    const [a, b, c] = this.#objectNames();
    const entries = [`${this.#network}.9`];
    await person.call('POST', 'monitor/system/external-resource/dynamic', {
      commands: [{ name: a, command: 'remove', entries }],
    });
    await person.call('DELETE', `cmdb/system/external-resource/${b}`);
    await person.call('POST', 'cmdb/firewall/address', {
      name: 'theirs',
      subnet: '192.0.2.7 255.255.255.255',
    });
    await person.call('POST', `cmdb/firewall/addrgrp/${c}/member`, { name: 'theirs' });
    await person.close();
  }

  #groups(): [group: string, channel: string][] {
    return Object.entries(channels).map(([letter, channel]) => [`${this.place.firewall}-${letter}`, channel]);
  }

  #objectNames(): string[] {
    return this.#groups().map(([group, channel]) => this.#view.name(group, channel));
  }

  /** Requests that the device has answered so far. */
  calls(): { reads: number; writes: number } {
    let [reads, writes] = [0, 0];
    for (const { method, count } of this.#view.simulator.requests.list()) {
      if (method === 'GET') reads += count;
      else writes += count;
    }
    return { reads, writes };
  }

  members(): (readonly string[] | undefined)[] {
    return this.#groups().map(([group, channel]) => this.#view.members(group, channel));
  }

  /** Nothing is left to do: no dirty row, no unfinished endpoint, no wake-up asked for, no lease held. */
  async isSettled(): Promise<boolean> {
    const { tables } = this.#rig.app.ports;
    const { woken, leaseUntil } = await this.#writer();
    if (woken.length > 0 || leaseUntil > 0 || (await this.#dirty()).length > 0) return false;
    const ids = Object.values(this.#uids).map((uid) => `pod|${uid}`);
    const items = await tables.read(ids.map((id) => endpointKey(cluster, id)));
    return ids.every((id, index) => (readEndpoint(id, items[index])?.todo ?? []).length === 0);
  }

  /** The hub has heard of everything that the story tells. */
  async hasHeard(story: Story): Promise<boolean> {
    if (story !== 'compare') {
      const [came, went] = [await this.#endpoint('new'), await this.#endpoint('old')];
      return came !== undefined && (story === 'wide' || went?.gone === true);
    }
    const key = { table: 'control', pk: `reconcile|${this.place.firewall}` } as const;
    const [item] = await this.#rig.app.ports.tables.read([key]);
    return item?.['reason'] === 'test';
  }

  async endState(): Promise<EndState> {
    const { tables } = this.#rig.app.ports;
    const { woken, leaseUntil, firewalls } = await this.#writer();
    const { failures, behindSince, lastError } = recordOf(firewalls, this.place.firewall).trouble;
    const groups = this.#groups();
    const ledger = await Promise.all(
      groups.map(async ([group]) => [group, await this.#ledger(group)] as const),
    );
    const memberships = await Promise.all(groups.map(([group]) => listGroup(tables, group)));
    const objects = this.#view.simulator.device.vdom('root').table('firewall/address')?.rows.keys() ?? [];
    const state: EndState = {
      device: Object.fromEntries(
        groups.map(([group, channel]) => [group, this.#view.members(group, channel)]),
      ),
      objects: [...objects].filter((name) => name.startsWith('zb')).sort(),
      ledger: Object.fromEntries(ledger),
      memberships: memberships.flatMap((rows) => [...rows].map((row) => row.join(' by '))).sort(),
      endpoints: { old: await this.#endpoint('old'), new: await this.#endpoint('new') },
      writer: { woken, leaseUntil, trouble: { failures, behindSince, lastError } },
      dirty: await this.#dirty(),
    };
    return JSON.parse(this.#withoutNames(JSON.stringify(state))) as EndState;
  }

  async #writer(): Promise<WriterState> {
    const key = writerRow(`fortigate:127.0.0.1:${this.place.port}`);
    return readWriter((await this.#rig.app.ports.tables.read([key]))[0]);
  }

  async #dirty(): Promise<string[]> {
    const buckets = Array.from({ length: dirtyBuckets }, (_, bucket) => bucket);
    const { tables } = this.#rig.app.ports;
    const pages = await Promise.all(
      buckets.map((bucket) => readDirty(tables, this.place.firewall, bucket, 100)),
    );
    return pages.flatMap(({ rows }) => rows.map(({ key }) => key)).sort();
  }

  #withoutNames(text: string): string {
    return text
      .replaceAll(this.#uids.new, 'NEW')
      .replaceAll(this.place.firewall, 'FIREWALL')
      .replaceAll(`${this.#network}.`, '10.0.0.');
  }

  async #ledger(group: string): Promise<unknown> {
    const { tables } = this.#rig.app.ports;
    const { firewall } = this.place;
    const [item] = await tables.read([objectKey(firewall, group)]);
    const { object, channel, ownership, counters, held, trouble } = readObject(item, 0);
    const rows = await listLedger(tables, firewall, group);
    const entries = rows.map(({ address, row }) => {
      const { state, counted, endpoint, withheldFor, failed } = row;
      return { address, state, counted, endpoint, held: row.held?.reason, withheldFor, failed };
    });
    return { object, channel, ownership, size: counters.size, held, trouble, entries };
  }

  async #endpoint(which: 'old' | 'new'): Promise<EndpointEnd | undefined> {
    const id = `pod|${this.#uids[which]}`;
    const [item] = await this.#rig.app.ports.tables.read([endpointKey(cluster, id)]);
    const stored = readEndpoint(id, item);
    if (!stored) return undefined;
    const { memberships, todo, former, refused, deletedAt } = stored;
    return { memberships: [...memberships].sort(), todo, former, refused, gone: deletedAt !== undefined };
  }
}

const sixteen = Array.from({ length: 16 }, (_, index) => index + 1).map((host) => host + 10);
