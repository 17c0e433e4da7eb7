import { afterEach, beforeEach, expect, test } from 'vitest';
import { namespaceObject, podObject, ScriptedObjects, settle } from '../../test/support/agent-world.ts';
import { FakeClock, RecordingTelemetry, SeededRandom } from '../../test/support/ports.ts';
import { Reflector } from './reflector.ts';
import { AgentStatus } from './status.ts';
import { Store } from './store.ts';

let clock: FakeClock;
let listed: number;
let objects: ScriptedObjects;
let status: AgentStatus;
let stop: AbortController;
let store: Store;
let touched: string[];
let ended: Promise<void>;

beforeEach(() => {
  clock = new FakeClock();
  listed = 0;
  objects = new ScriptedObjects();
  status = new AgentStatus(clock, new RecordingTelemetry());
  stop = new AbortController();
  touched = [];
  store = new Store((id, cause) => touched.push(`${id} ${cause}`));
});

afterEach(async () => {
  stop.abort();
  await ended;
});

async function start(): Promise<void> {
  const reflector = new Reflector({
    kind: 'pod',
    source: objects,
    store,
    status,
    clock,
    random: new SeededRandom(),
    onListed: () => {
      listed += 1;
    },
  });
  ended = reflector.run(stop.signal);
  await settle();
}

const ids = () => [...store.ids()];

test('lists page by page and watches from the version of the first page', async () => {
  objects.pageSize = 2;
  for (const uid of ['a', 'b', 'c', 'd', 'e']) objects.put('pod', podObject(uid));
  objects.onList = () => {
    objects.version += 1;
  };
  await start();
  expect(ids()).toHaveLength(5);
  expect(objects.lists.map(({ next }) => next)).toEqual([undefined, '2', '4']);
  expect(objects.watches.pod?.version).toBe('101');
  expect(listed).toBe(1);
});

test('a first listing that breaks off is repeated from its start, and nothing of it is taken', async () => {
  objects.pageSize = 1;
  for (const uid of ['a', 'b', 'c']) objects.put('pod', podObject(uid));
  let failures = 2;
  objects.onList = (_, next) => {
    if (next === '2' && failures-- > 0) throw new Error('etcd is busy');
  };
  await start();
  expect(ids()).toEqual([]);
  expect(listed).toBe(0);
  expect(status.lastError?.message).toMatch(/kubernetes\/listing-failed.*etcd is busy/);
  await clock.advance(60_000);
  expect(ids()).toHaveLength(3);
  expect(listed).toBe(1);
});

test('a watch resumes from the last version after a clean end, an error and a bookmark, without listing again', async () => {
  objects.put('pod', podObject('a'));
  await start();
  objects.emit('pod', podObject('b'));
  objects.watches.pod!.end('ended');
  await clock.advance(10_000);
  expect(objects.watches.pod!.version).toBe('101');
  objects.watches.pod!.emit([{ type: 'bookmark', object: {}, version: '180' }]);
  objects.watches.pod!.end(new Error('connection reset'));
  await clock.advance(60_000);
  expect(objects.watches.pod!.version).toBe('180');
  expect(objects.lists).toHaveLength(1);
  expect(touched).toEqual(['pod|a relist', 'pod|b watch']);
});

test('a version that is gone leads to a listing, from which removals are inferred', async () => {
  for (const uid of ['a', 'b']) objects.put('pod', podObject(uid));
  await start();
  objects.objects.pod.delete('a');
  objects.put('pod', podObject('c'));
  objects.watches.pod!.end('gone');
  touched = [];
  await clock.advance(10_000);
  expect(touched).toEqual(['pod|a relist', 'pod|c relist']);
  expect(listed).toBe(2);
});

test('a second listing that fails or breaks off removes nothing, however often', async () => {
  objects.pageSize = 1;
  for (const uid of ['a', 'b', 'c']) objects.put('pod', podObject(uid));
  await start();
  objects.objects.pod.delete('c');
  objects.onList = (_, next) => {
    if (next === '1') throw new Error('lost a page');
  };
  objects.watches.pod!.end('gone');
  await clock.advance(10 * 60_000);
  expect(objects.lists.length).toBeGreaterThan(10);
  expect(ids()).toHaveLength(3);
  objects.onList = undefined;
  await clock.advance(60_000);
  expect(ids()).toEqual(['pod|a', 'pod|b']);
});

test('an object that cannot be read is not an object that is gone', async () => {
  for (const uid of ['a', 'b']) objects.put('pod', podObject(uid));
  await start();
  objects.objects.pod.set('a', { metadata: { uid: 'a', name: 7 } });
  objects.watches.pod!.end('gone');
  await clock.advance(10_000);
  expect(ids()).toEqual(['pod|a', 'pod|b']);
});

test('a watch that fails again and again, though listing works, ends in a listing', async () => {
  objects.put('pod', podObject('a'));
  await start();
  objects.objects.pod.delete('a');
  for (let i = 0; i < 6; i++) {
    objects.watches.pod!.end(new Error('version from the future'));
    await clock.advance(60_000);
  }
  expect(listed).toBe(2);
  expect(ids()).toEqual([]);
});

test('removals of a watch are witnessed; an unreadable event is passed over', async () => {
  for (const uid of ['a', 'b']) objects.put('pod', podObject(uid));
  await start();
  touched = [];
  objects.watches.pod!.emit([{ type: 'upsert', object: namespaceObject('x', 'y'), version: '101' }]);
  objects.emitRemoval('pod', 'a');
  expect(touched).toEqual(['pod|a watch']);
  expect(ids()).toEqual(['pod|b']);
});

test('what a watch tells again after something newer is not taken for news', async () => {
  const [first, second] = [podObject('a', { ips: ['10.0.0.1'] }), podObject('a', { ips: ['10.0.0.2'] })];
  await start();
  objects.watches.pod!.emit([{ type: 'upsert', object: first, version: '101' }]);
  objects.watches.pod!.emit([{ type: 'upsert', object: second, version: '102' }]);
  objects.watches.pod!.emit([{ type: 'upsert', object: first, version: '101' }]);
  objects.watches.pod!.emit([{ type: 'remove', object: first, version: '99' }]);
  expect(ids()).toEqual(['pod|a']);
  objects.watches.pod!.end('ended');
  await clock.advance(60_000);
  expect(objects.watches.pod!.version).toBe('102');
});
