import { shardCount } from '../../core/model/endpoint.ts';
import type { App } from '../compose.ts';
import { dirtyBuckets, readDirty } from '../state/dirty.ts';
import { inParallel } from '../state/items.ts';
import { readShard } from './stored-endpoints.ts';

/** How far a generation has come. */
export interface WalkProgress {
  /** Shards of all clusters that hold no row of an older generation any more. */
  shards: { done: number; of: number };
  /** Addresses that a firewall still has to look at, at least. */
  dirty: number;
  done: boolean;
}

const pauseMs = 500;
const dirtySample = 1_000;

/**
 * Waits until no endpoint is left under an older generation and no firewall has anything to look at, or until the time is over
 * (a firewall that is down keeps its changes). Changes that are held count as done: they wait for a person, not for us.
 */
export async function waitForWalk(
  app: App,
  request: { generation: number; timeoutMs: number; progress?: (progress: WalkProgress) => void },
): Promise<WalkProgress> {
  const { ports, configurations } = app;
  const { configuration, clusters } = await configurations.active();
  const end = ports.clock.now() + request.timeoutMs;
  let open = [...clusters.keys()].flatMap((cluster) =>
    Array.from({ length: shardCount }, (_, shard) => ({ cluster, shard })),
  );
  const of = open.length;
  for (;;) {
    const old = await inParallel(open, 16, ({ cluster, shard }) =>
      isOlder(app, { cluster, shard, generation: request.generation }),
    );
    open = open.filter((_, index) => old[index]);
    const dirty = await countDirty(app, Object.keys(configuration.firewalls));
    const done = open.length === 0 && dirty === 0;
    const progress = { shards: { done: of - open.length, of }, dirty, done };
    request.progress?.(progress);
    if (done || ports.clock.now() >= end) return progress;
    await ports.clock.sleep(pauseMs);
  }
}

async function isOlder(
  { ports }: App,
  place: { cluster: string; shard: number; generation: number },
): Promise<boolean> {
  let older = false;
  await readShard(ports.tables, place.cluster, place.shard, (page) => {
    older ||= page.some(
      ({ record, generation, todo }) => todo.length > 0 || (record && generation < place.generation),
    );
  });
  return older;
}

async function countDirty({ ports }: App, firewalls: readonly string[]): Promise<number> {
  const places = firewalls.flatMap((firewall) =>
    Array.from({ length: dirtyBuckets }, (_, bucket) => ({ firewall, bucket })),
  );
  const pages = await inParallel(places, 8, ({ firewall, bucket }) =>
    readDirty(ports.tables, firewall, bucket, dirtySample),
  );
  return pages.reduce((sum, { rows }) => sum + rows.length, 0);
}
