import { allShards } from '../../../cluster-agent/lib/manifests.ts';
import { contentHash } from '../../../lib/core/model/content-hash.ts';
import { endpointId, shardOf } from '../../../lib/core/model/endpoint.ts';
import {
  digestDetail,
  detailTypes,
  endpointChange,
  helloDetail,
  schemaVersion,
} from '../../../lib/core/model/messages.ts';
import { digestVersion, shardDigest } from '../../../lib/core/model/shard-digest.ts';
import type { AwsStandIn, BusEvent } from './aws-stand-in.ts';

/** What a hub keeps of a cluster: it issues epochs, compares digests with what it was told, and asks for what it lacks. */
export class BenchHub {
  /** Bytes of all events, and of those with endpoints. */
  bytes = 0;
  endpointBytes = 0;
  /** The last digest that said exactly what is known here came at this moment (milliseconds of `performance.now`). */
  verifiedAt: number | undefined;
  /** Moments at which changes of these endpoints came, by uid. */
  readonly heard = new Map<string, number>();
  readonly #hashes = new Map<string, string>();
  readonly #aws: AwsStandIn;
  #epoch = 0;

  constructor(aws: AwsStandIn) {
    this.#aws = aws;
    aws.onEvent = (event) => this.#take(event);
  }

  get endpoints(): number {
    return this.#hashes.size;
  }

  #take({ at, bytes, detail, detailType }: BusEvent): void {
    this.bytes += bytes;
    if (detailType === detailTypes.hello) this.#greet(helloDetail.parse(detail).process);
    if (detailType === detailTypes.endpoints) {
      this.endpointBytes += bytes;
      for (const raw of detail['changes'] as unknown[]) this.#change(raw, at);
    }
    if (detailType === detailTypes.digest) this.#compare(detail, at);
  }

  #greet(process: string): void {
    this.#epoch += 1;
    const head = { type: 'epoch', schema: schemaVersion };
    this.#aws.send({ ...head, process, epoch: this.#epoch, digest: digestVersion });
  }

  #change(raw: unknown, at: number): void {
    const change = endpointChange.parse(raw);
    if ('remove' in change) this.#hashes.delete(endpointId(change.remove));
    else this.#hashes.set(endpointId(change.upsert), contentHash(change.upsert));
    this.heard.set('remove' in change ? change.remove.uid : change.upsert.uid, at);
  }

  #compare(detail: unknown, at: number): void {
    const { shards } = digestDetail.parse(detail);
    const known = new Map(allShards.map((shard): [number, [string, string][]] => [shard, []]));
    for (const entry of this.#hashes) known.get(shardOf(entry[0]))?.push(entry);
    const differ = shards.filter(([shard, count, hash]) => {
      const here = shardDigest(known.get(shard) ?? []);
      return here.count !== count || here.hash !== hash;
    });
    if (differ.length === 0 && shards.length === allShards.length) {
      this.verifiedAt = at;
      return;
    }
    const head = { type: 'resend', schema: schemaVersion, epoch: this.#epoch };
    this.#aws.send({ ...head, shards: differ.map(([shard]) => shard) });
  }
}
