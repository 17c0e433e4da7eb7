import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentHash } from '../../lib/core/model/content-hash.ts';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import { projectPod } from '../../lib/kubernetes/projection.ts';
import { podObject, settle } from '../../test/support/agent-world.ts';
import { SenderWorld } from '../../test/support/sender-world.ts';

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

function pod(uid: string, more: Parameters<typeof podObject>[1] = {}): void {
  store.upsert(projectPod(podObject(uid, more), () => undefined)!, 'watch');
}

function removePod(uid: string): void {
  store.remove({ kind: 'pod', uid, name: uid }, 'watch');
}

async function begin(epoch = 1): Promise<void> {
  sender.begin(epoch);
  await settle();
}

/** `+uid` or `-uid` of each change in order. */
function told(from = 0): string[] {
  return bus
    .changes()
    .slice(from)
    .map((change) => ('upsert' in change ? `+${change.upsert.uid}` : `-${change.remove.uid}`));
}

/** Lets calls wait until they are answered by hand. */
function holdCalls(): { answer: (results?: (string | undefined)[] | Error) => Promise<void> } {
  const held: ((results: (string | undefined)[] | Error) => void)[] = [];
  bus.onPut = (entries) =>
    new Promise((resolve, reject) => {
      held.push((results) => {
        if (results instanceof Error) reject(results);
        else resolve(results.length > 0 ? results : entries.map(() => undefined));
      });
    });
  return {
    answer: async (results = []) => {
      held.shift()!(results);
      await settle();
    },
  };
}

test('before an epoch nothing is sent; with it everything, and then the manifests of all shards', async () => {
  pod('a');
  pod('b');
  await settle();
  expect(bus.calls).toHaveLength(0);

  await begin(7);
  expect(bus.changes(7)).toMatchObject([
    { sequence: 1, cause: 'start', upsert: { uid: 'a' } },
    { sequence: 2, cause: 'start', upsert: { uid: 'b' } },
  ]);
  const manifests = bus.manifests(7);
  expect(manifests).toHaveLength(256);
  expect(manifests.every(({ cut }) => cut === 2)).toBe(true);
  expect(manifests.find(({ shard }) => shard === shardOf('pod|a'))?.entries).toContainEqual([
    'pod|a',
    contentHash(store.record('pod|a')!),
  ]);
  expect(status.ready).toBe(true);
});

test('the first change goes at once; what comes during a call goes together with the next one', async () => {
  await begin();
  const calls = holdCalls();
  const before = bus.calls.length;
  pod('a');
  await settle();
  expect(bus.calls.length - before).toBe(1);
  for (let i = 0; i < 30; i++) pod('b', { labels: { step: String(i) } });
  pod('c');
  await settle();
  expect(bus.calls.length - before).toBe(1);
  await calls.answer();
  expect(bus.calls.length - before).toBe(2);
  await calls.answer();
  expect(told()).toEqual(['+a', '+b', '+c']);
  expect(bus.changes()[1]).toMatchObject({ upsert: { labels: { step: '29' } } });
});

test('what the hub has already is not sent again; a change there and back during a call is', async () => {
  await begin();
  pod('a', { labels: { v: '1' } });
  await settle();
  const calls = holdCalls();
  pod('a', { labels: { v: '2' } });
  await settle();
  pod('a', { labels: { v: '1' } });
  await calls.answer();
  await calls.answer();
  expect(bus.changes().map((change) => 'upsert' in change && change.upsert.labels['v'])).toEqual([
    '1',
    '2',
    '1',
  ]);
  const before = bus.calls.length;
  pod('x');
  removePod('x');
  pod('a', { labels: { v: '3' } });
  pod('a', { labels: { v: '1' } });
  await settle();
  await calls.answer();
  expect(bus.calls.length - before).toBe(1);
  expect(told(3)).toEqual(['-x']);
});

test('a refused entry waits and comes again under a new sequence, while others go on', async () => {
  await begin();
  const calls = holdCalls();
  // Two entries: 60 changes.
  for (let i = 0; i < 60; i++) pod(`p${String(i).padStart(2, '0')}`);
  await settle();
  await calls.answer([undefined, 'InternalFailure']);
  expect(told()).toHaveLength(50);
  expect(sender.pending).toBe(10);

  pod('later');
  await settle();
  await calls.answer();
  expect(told(50)).toEqual(['+later']);

  const advanced = clock.advance(60_000);
  await settle();
  await calls.answer();
  await advanced;
  expect(told(51)).toHaveLength(10);
  const sequences = bus.changes().map(({ sequence }) => sequence);
  expect(new Set(sequences).size).toBe(sequences.length);
  expect(sequences.slice(51)[0]).toBe(62);
  expect(sender.pending).toBe(0);
});

test('a call without answer is repeated, also when the content went back to what was accepted before', async () => {
  await begin();
  pod('a', { labels: { v: '1' } });
  await settle();
  const calls = holdCalls();
  pod('a', { labels: { v: '2' } });
  await settle();
  pod('a', { labels: { v: '1' } });
  await calls.answer(new Error('socket hang up'));
  expect(status.lastError?.message).toContain('socket hang up');
  const advanced = clock.advance(10_000);
  await settle();
  await calls.answer();
  await advanced;
  expect(told(1)).toEqual(['+a']);
  expect(bus.changes().at(-1)).toMatchObject({ upsert: { labels: { v: '1' } }, sequence: 3 });
});

test('a removal that could not be sent is still a witnessed one', async () => {
  pod('a');
  await begin();
  const calls = holdCalls();
  removePod('a');
  await settle();
  await calls.answer(new Error('down'));
  const advanced = clock.advance(10_000);
  await settle();
  await calls.answer();
  await advanced;
  expect(bus.changes().at(-1)).toMatchObject({ cause: 'watch', remove: { kind: 'pod', uid: 'a' } });
});

test('manifests never leave out what exists: an endpoint that could not be sent yet holds its shard back', async () => {
  pod('a');
  pod('b');
  const refused = new Set(['a']);
  bus.onPut = (entries) =>
    entries.map(({ detail, detailType }) =>
      detailType === 'endpoints' && [...refused].some((uid) => detail.includes(`"uid":"${uid}"`))
        ? 'ThrottlingException'
        : undefined,
    );
  await begin();
  // Both are in one event, so both were refused.
  const held = [shardOf('pod|a'), shardOf('pod|b')];
  expect(bus.manifests().map(({ shard }) => shard)).not.toContain(held[0]);
  expect(bus.manifests()).toHaveLength(256 - new Set(held).size);
  expect(status.ready).toBe(false);
  refused.clear();
  await clock.advance(60_000);
  expect(new Set(told())).toEqual(new Set(['+a', '+b']));
  expect(new Set(bus.manifests().map(({ shard }) => shard)).size).toBe(256);
  expect(status.ready).toBe(true);
});

test('a manifest lists a removed endpoint until its removal is accepted, and a changed one with what the hub has', async () => {
  pod('a');
  pod('b');
  await begin();
  const hash = contentHash(store.record('pod|b')!);
  const shards = [shardOf('pod|a'), shardOf('pod|b')];
  const calls = holdCalls();
  sender.resend(shards);
  await settle();
  removePod('a');
  pod('b', { labels: { changed: 'yes' } });
  await calls.answer();
  await calls.answer();
  const during = bus
    .manifests()
    .slice(256)
    .flatMap(({ entries }) => entries);
  expect(during.map(([id]) => id).sort()).toEqual(['pod|a', 'pod|b']);
  expect(during).toContainEqual(['pod|b', hash]);
  await calls.answer();
  expect(told(4)).toEqual(['-a', '+b']);

  bus.onPut = undefined;
  sender.resend(shards);
  await settle();
  const after = bus
    .manifests()
    .slice(256 + new Set(shards).size)
    .flatMap(({ entries }) => entries);
  expect(after).toEqual([['pod|b', contentHash(store.record('pod|b')!)]]);
});

test('manifests that are refused come again and do not hold up changes', async () => {
  let refuse = true;
  bus.onPut = (entries) =>
    entries.map(({ detailType }) => (refuse && detailType === 'manifest' ? 'InternalFailure' : undefined));
  await begin();
  expect(bus.manifests()).toHaveLength(0);
  pod('a');
  await settle();
  expect(told()).toEqual(['+a']);
  await clock.advance(5 * 60_000);
  expect(status.ready).toBe(false);
  refuse = false;
  await clock.advance(60_000);
  expect(bus.manifests()).toHaveLength(256);
  expect(status.ready).toBe(true);
});

test('a resend sends unchanged endpoints of those shards, then their manifests', async () => {
  for (let i = 0; i < 20; i++) pod(`p${i}`);
  await begin();
  const shard = shardOf('pod|p3');
  const expected = Array.from({ length: 20 }, (_, i) => `p${i}`).filter(
    (uid) => shardOf(`pod|${uid}`) === shard,
  );
  sender.resend([shard]);
  await settle();
  expect(told(20).sort()).toEqual(expected.map((uid) => `+${uid}`).sort());
  expect(bus.manifests().at(-1)).toMatchObject({ shard, cut: 20 + expected.length, count: expected.length });
});

test('a record that is too large is reported and leaves the hub; the others go on and the manifest agrees', async () => {
  const huge = Object.fromEntries(
    Array.from({ length: 900 }, (_, i) => [`k${i}.${'x'.repeat(230)}`, 'v'.repeat(60)]),
  );
  pod('a');
  await begin();
  pod('a', { labels: huge });
  pod('new', { labels: huge });
  pod('b');
  await settle();
  expect(told(1)).toEqual(['-a', '+b']);
  expect(status.lastError?.message).toContain('agent/record-too-large');
  sender.resend([shardOf('pod|a'), shardOf('pod|new'), shardOf('pod|b')]);
  await settle();
  const listed = bus
    .manifests()
    .slice(256)
    .flatMap(({ entries }) => entries.map(([id]) => id));
  expect(listed).toEqual(['pod|b']);
  pod('a', { labels: { app: 'small' } });
  await settle();
  expect(told().at(-1)).toBe('+a');
});

test('a new epoch during a call starts over; the answer of the old one counts for nothing', async () => {
  pod('a');
  const calls = holdCalls();
  await begin(1);
  sender.begin(2);
  await calls.answer();
  bus.onPut = undefined;
  await calls.answer();
  await settle();
  expect(bus.changes(2)).toMatchObject([{ sequence: 1, cause: 'start', upsert: { uid: 'a' } }]);
  expect(bus.manifests(2)).toHaveLength(256);
});

test('ten thousand endpoints take few calls, each within its limits, and none is lost', async () => {
  for (let i = 0; i < 10_000; i++) pod(`p${i}`, { labels: { app: 'web', n: String(i) } });
  await begin();
  await clock.advance(1);
  for (let i = 0; i < 100 && !status.ready; i++) await settle();
  expect(new Set(told()).size).toBe(10_000);
  expect(bus.calls.every((entries) => entries.length <= 10)).toBe(true);
  expect(bus.calls.length).toBeLessThan(60);
  expect(bus.manifests().reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
});
