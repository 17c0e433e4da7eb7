import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentHash } from '../../lib/core/model/content-hash.ts';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import { type DigestDetail, digestDetail } from '../../lib/core/model/messages.ts';
import { shardDigest } from '../../lib/core/model/shard-digest.ts';
import { projectPod } from '../../lib/kubernetes/projection.ts';
import { podObject, settle } from '../../test/support/agent-world.ts';
import { SenderWorld } from '../../test/support/sender-world.ts';
import { utf8 } from './batch.ts';

let bus: SenderWorld['bus'];
let clock: SenderWorld['clock'];
let sender: SenderWorld['sender'];
let status: SenderWorld['status'];
let store: SenderWorld['store'];
let stop: SenderWorld['stop'];
let ended: SenderWorld['ended'];

beforeEach(() => {
  ({ bus, clock, ended, sender, status, stop, store } = new SenderWorld());
});

afterEach(async () => {
  stop.abort();
  await ended;
});

function pod(uid: string, labels: Record<string, string> = { app: 'web' }): void {
  store.upsert(projectPod(podObject(uid, { labels }), () => undefined)!, 'watch');
}

async function begin(): Promise<void> {
  sender.begin(1, { digests: true });
  await settle();
}

async function digest(): Promise<DigestDetail> {
  sender.digest();
  await settle();
  return digests().at(-1)!;
}

function digests(): DigestDetail[] {
  return bus.details('digest').map((detail) => digestDetail.parse(detail));
}

/** What a digest says of the shard of an endpoint. */
function said({ shards }: DigestDetail, id: string): [count: number, hash: string] | undefined {
  const [, ...found] = shards.find(([shard]) => shard === shardOf(id)) ?? [];
  return found.length === 2 ? found : undefined;
}

function now(...ids: string[]): [count: number, hash: string] {
  const { count, hash } = shardDigest(ids.map((id) => [id, contentHash(store.record(id)!)]));
  return [count, hash];
}

test('at the beginning a digest of what exists is sent, and nothing else', async () => {
  pod('a');
  await begin();
  expect(bus.accepted.map(({ detailType }) => detailType)).toEqual(['digest']);
  const [first] = digests();
  expect(first).toMatchObject({ epoch: 1, cut: 0, digest: 1 });
  expect(first?.shards.map(([shard]) => shard)).toEqual(Array.from({ length: 256 }, (_, shard) => shard));
  expect(said(first!, 'pod|a')).toEqual(now('pod|a'));
  expect(first?.shards.reduce((sum, [, count]) => sum + count, 0)).toBe(1);
  expect(status.ready).toBe(true);
});

test('it fits into one event whatever the size of the cluster', async () => {
  for (let i = 0; i < 20_000; i++) pod(`p${i}`);
  await begin();
  expect(bus.accepted).toHaveLength(1);
  expect(utf8(bus.accepted[0]!.detail)).toBeLessThan(10_000);
});

test('what changes later is sent, and the digest says what was accepted, at that sequence', async () => {
  pod('a');
  await begin();
  pod('a', { app: 'db' });
  await settle();
  expect(bus.changes()).toHaveLength(1);
  expect(await digest()).toMatchObject({ cut: 1 });
  expect(said(digests().at(-1)!, 'pod|a')).toEqual(now('pod|a'));
  store.remove({ kind: 'pod', uid: 'a', name: 'a' }, 'watch');
  await settle();
  expect(said(await digest(), 'pod|a')?.[0]).toBe(0);
});

test('what was not accepted yet is in no digest, and a shard of which nobody knows is left out', async () => {
  pod('a');
  await begin();
  const before = now('pod|a');
  bus.onPut = (entries) =>
    entries.map(({ detailType }) => (detailType === 'endpoints' ? 'ThrottlingException' : undefined));
  pod('a', { app: 'db' });
  await settle();
  const during = await digest();
  expect(said(during, 'pod|a')).toBeUndefined();
  expect(during.shards).toHaveLength(255);
  bus.onPut = undefined;
  await clock.advance(60_000);
  expect(said(await digest(), 'pod|a')).toEqual(now('pod|a'));
  expect(now('pod|a')).not.toEqual(before);
});

test('a digest that is refused, or has no answer, comes again and holds no change up', async () => {
  let refusing = true;
  bus.onPut = (entries) =>
    entries.map(({ detailType }) => (refusing && detailType === 'digest' ? 'InternalFailure' : undefined));
  await begin();
  expect(status.ready).toBe(false);
  pod('a');
  await settle();
  expect(bus.changes()).toHaveLength(1);
  refusing = false;
  await clock.advance(60_000);
  expect(digests()).toHaveLength(1);
  expect(status.ready).toBe(true);
  bus.onPut = () => {
    throw new Error('no answer');
  };
  sender.digest();
  await settle();
  bus.onPut = undefined;
  await clock.advance(60_000);
  expect(digests()).toHaveLength(2);
});

test('a manifest that is asked for sends no endpoint; single endpoints that are asked for come alone', async () => {
  for (const uid of ['a', 'b', 'c']) pod(uid);
  await begin();
  sender.manifests([shardOf('pod|a')]);
  await settle();
  expect(bus.changes()).toEqual([]);
  expect(bus.manifests()).toMatchObject([{ shard: shardOf('pod|a'), cut: 0, count: 1 }]);
  expect(bus.manifests()[0]).not.toHaveProperty('resent');
  sender.resend([shardOf('pod|b')], ['pod|b', 'pod|unknown']);
  await settle();
  expect(bus.changes()).toMatchObject([{ cause: 'relist', upsert: { uid: 'b' } }]);
  expect(bus.manifests()[1]).toMatchObject({ shard: shardOf('pod|b'), cut: 1, count: 1, resent: true });
});

test('a record that is too large is in no digest, because the hub cannot have it', async () => {
  const labels = Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`k${i}`, 'x'.repeat(60)]));
  pod('large', labels);
  await begin();
  expect(said(digests()[0]!, 'pod|large')?.[0]).toBe(0);
  expect(status.lastError?.message).toContain('agent/record-too-large');
});

test('an endpoint whose record is not known yet is never left out of a manifest', async () => {
  store.upsert(projectPod(podObject('early', { namespace: 'later' }), () => undefined)!, 'watch');
  await begin();
  sender.manifests([shardOf('pod|early')]);
  await settle();
  expect(bus.manifests()[0]).toMatchObject({ count: 1, entries: [['pod|early', '?']] });
});
