import type { EndpointRecord } from '../../core/model/endpoint.ts';
import { shardCount, shardOf } from '../../core/model/endpoint.ts';
import {
  type ChangeCause,
  detailTypes,
  schemaVersion,
  type ShardManifest,
} from '../../core/model/messages.ts';
import { digestVersion, shardDigest } from '../../core/model/shard-digest.ts';
import { names } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { Listing } from './host-records.ts';
import type { HostState } from './host-state.ts';

/** A message of a queue may have 256 KB (SQS); what stands around the parts is small. */
const messageBytes = 200_000;

/** A change to tell: the record, or only the id of what is gone. */
export interface HostChange {
  uid: string;
  record: EndpointRecord | undefined;
  cause: ChangeCause;
}

/** Says what an agent would say, into the queue to which the bus brings what agents say. */
export class HostVoice {
  readonly #ports: Ports;
  readonly #source: string;

  constructor(ports: Ports, source: string) {
    this.#ports = ports;
    this.#source = source;
  }

  async hello(process: string): Promise<void> {
    await this.#say(detailTypes.hello, { process, agentVersion: 'hub' });
  }

  async heartbeat({ epoch, process, sequence }: HostState, endpoints: number): Promise<void> {
    await this.#say(detailTypes.heartbeat, { epoch, process, endpoints, pending: 0, sequence });
  }

  /** `state.sequence` is what had been told before EC2 was asked. */
  async digest({ epoch, sequence }: HostState, { records, unsure }: Listing): Promise<void> {
    const byShard = Map.groupBy(records, ([id]) => shardOf(id));
    const shards = Array.from({ length: shardCount }, (_, shard) => {
      const entries = (byShard.get(shard) ?? []).map(([id, { hash }]) => [id, hash] as const);
      const { count, hash } = shardDigest(entries);
      return [shard, count, hash] as const;
    }).filter(([shard]) => !unsure.has(shard));
    await this.#say(detailTypes.digest, { epoch, digest: digestVersion, cut: sequence, shards });
  }

  async manifests(
    { epoch, sequence: cut }: HostState,
    { records, unsure }: Listing,
    { shards, resent }: { shards: readonly number[]; resent: boolean },
  ): Promise<void> {
    const byShard = Map.groupBy(records, ([id]) => shardOf(id));
    const sure = [...new Set(shards)].filter((shard) => !unsure.has(shard));
    const manifests = sure.map((shard): ShardManifest => {
      const entries = (byShard.get(shard) ?? []).map(([id, { hash }]): [string, string] => [id, hash]);
      entries.sort(([a], [b]) => (a < b ? -1 : 1));
      return { shard, cut, count: entries.length, entries, ...(resent ? { resent } : {}) };
    });
    for (const part of parts(manifests)) await this.#say(detailTypes.manifest, { epoch, manifests: part });
  }

  /** `state.sequence` is the last of the sequences that were taken for these changes. */
  async changes({ epoch, sequence }: HostState, changes: readonly HostChange[]): Promise<void> {
    const time = this.#ports.clock.now();
    const first = sequence - changes.length + 1;
    const told = changes.map(({ uid, record, cause }, index) => ({
      sequence: first + index,
      time,
      cause,
      ...(record === undefined ? { remove: { kind: 'node', uid } } : { upsert: record }),
    }));
    for (const part of parts(told)) await this.#say(detailTypes.endpoints, { epoch, changes: part });
  }

  async #say(type: string, detail: object): Promise<void> {
    const { clock, hub, queues } = this.#ports;
    const body = { schema: schemaVersion, sentAt: clock.now(), ...detail };
    await queues.send({
      queue: names.ingestQueue(hub),
      body: JSON.stringify({ source: this.#source, 'detail-type': type, detail: body }),
    });
  }
}

/** In as many messages as it takes. */
function parts<T>(elements: readonly T[]): T[][] {
  const result: T[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const element of elements) {
    const size = Buffer.byteLength(JSON.stringify(element)) + 1;
    if (bytes + size > messageBytes) {
      result.push([]);
      bytes = 0;
    }
    result.at(-1)?.push(element);
    bytes += size;
  }
  return result;
}
