import { afterEach, beforeEach, expect, test } from 'vitest';
import { namespaceObject, podObject, ScriptedObjects, settle } from '../../test/support/agent-world.ts';
import { FakeClock, RecordingTelemetry, SeededRandom } from '../../test/support/ports.ts';
import { ApiError } from './api-error.ts';
import type { ObjectSource } from './ports.ts';
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

function reflectorOf(source: ObjectSource): Reflector {
  return new Reflector({
    kind: 'pod',
    source,
    store,
    status,
    clock,
    random: new SeededRandom(),
    onListed: () => {
      listed += 1;
    },
  });
}

async function start(): Promise<void> {
  ended = reflectorOf(objects).run(stop.signal);
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

test('a page that fails is asked for again, and nothing is taken before the last one came', async () => {
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
  expect(objects.lists.map(({ next }) => next)).toEqual([undefined, '1', '2', '2', '2']);
});

test.each([
  ['that cannot be continued', [new ApiError(410, 'expired')], []],
  [
    'whose page fails too often',
    Array.from({ length: 5 }, () => new Error('no answer')),
    ['1', '1', '1', '1'],
  ],
])('a listing %s begins again', async (_, errors, again) => {
  objects.pageSize = 1;
  for (const uid of ['a', 'b', 'c', 'd', 'e', 'f']) objects.put('pod', podObject(uid));
  const failures = [...errors];
  objects.onList = (_, next) => {
    const failure = next === '1' ? failures.shift() : undefined;
    if (failure) throw failure;
  };
  await start();
  await clock.advance(5 * 60_000);
  const first = [undefined, '1', ...again];
  const starts = objects.lists.map(({ next }) => next);
  expect(starts.slice(0, first.length + 1)).toEqual([...first, undefined]);
  expect(ids()).toHaveLength(6);
});

test('a listing that lasts longer than it can be continued is asked for in larger pages', async () => {
  for (let uid = 0; uid < 40; uid++) objects.put('pod', podObject(`pod-${uid}`));
  objects.pageSize = 1;
  let pages = 0;
  objects.onList = (_, next) => {
    pages = next === undefined ? 0 : pages + 1;
    // A cluster so slow that a listing is over after its fifth page.
    if (pages > 4) throw new ApiError(410, 'expired');
  };
  await start();
  await clock.advance(5 * 60_000);
  expect(ids()).toHaveLength(40);
  expect([...new Set(objects.lists.map(({ larger }) => larger))]).toEqual([0, 1, 2]);
});

test.each([
  ['a listing', undefined],
  ['a page of a listing', '1'],
])('%s is left alone for as long as the API asks', async (_, at) => {
  objects.pageSize = 1;
  for (const uid of ['a', 'b']) objects.put('pod', podObject(uid));
  let refusals = 1;
  objects.onList = (_kind, next) => {
    if (next === at && refusals-- > 0) throw new ApiError(429, 'too many requests', '20');
  };
  await start();
  const tries = objects.lists.length;
  await clock.advance(19_000);
  expect(objects.lists).toHaveLength(tries);
  await clock.advance(1_000);
  expect(ids()).toHaveLength(2);
});

test('a watch is left alone for as long as the API asks, and what it asks has an end', async () => {
  objects.put('pod', podObject('a'));
  await start();
  objects.watches.pod!.end(new ApiError(429, 'too many requests', '30'));
  await clock.advance(29_000);
  expect(objects.watches.pod).toBeUndefined();
  await clock.advance(1_000);
  objects.watches.pod!.end(new ApiError(429, 'too many requests', '86400'));
  await clock.advance(60_000);
  expect(objects.watches.pod).toBeDefined();
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

/** Lets the watch fail so often, with nothing told in between. */
async function fail(times: number, error: Error): Promise<void> {
  for (let i = 0; i < times; i++) {
    objects.watches.pod!.end(error);
    await clock.advance(60_000);
  }
}

test('a version that the API refuses again and again is given up for a listing', async () => {
  objects.put('pod', podObject('a'));
  await start();
  objects.objects.pod.delete('a');
  await fail(5, new ApiError(504, 'Too large resource version'));
  expect(listed).toBe(1);
  await fail(1, new ApiError(504, 'Too large resource version'));
  expect(listed).toBe(2);
  expect(ids()).toEqual([]);
});

test.each([
  ['nobody answers', new Error('connect ECONNREFUSED')],
  ['the token is refused', new ApiError(401, 'Unauthorized')],
  ['the API is busy', new ApiError(429, 'too many requests')],
  ['the API is not up yet', new ApiError(503, 'starting')],
])(
  'while %s the version is kept for long: what happened meanwhile is told by the watch',
  async (_, error) => {
    for (const uid of ['a', 'b']) objects.put('pod', podObject(uid));
    await start();
    touched = [];
    objects.watches.pod!.end(error);
    objects.emitRemoval('pod', 'a');
    await clock.advance(60_000);
    // What came has shown that the version is good.
    await fail(20, error);
    expect(listed).toBe(1);
    expect(touched).toEqual(['pod|a watch']);
    // Watches may be what does not work: then listings tell.
    await fail(1, error);
    expect(listed).toBe(2);
  },
);

test('where no bookmarks come and watches break off, a kind is listed before it counts as not heard', async () => {
  await start();
  for (let minute = 0; minute < 60; minute += 3) {
    await clock.advance(175_000);
    objects.watches.pod!.end(new ApiError(0, 'a watch that broke off: the Kubernetes API is silent'));
    await clock.advance(5_000);
    expect(status.heardAgo['pod']).toBeLessThanOrEqual(400_000);
  }
  expect(listed).toBeGreaterThan(8);
});

test('a listing, an event, a bookmark and a clean end are heard; refusals are not', async () => {
  await start();
  const ago = () => status.heardAgo['pod'];
  const signs = [
    () => objects.emit('pod', podObject('a')),
    () => objects.watches.pod!.emit([{ type: 'bookmark', object: {}, version: '500' }]),
    () => objects.watches.pod!.end('ended'),
    () => objects.watches.pod!.end('gone'),
  ];
  for (const sign of signs) {
    await clock.advance(50_000);
    expect(ago()).toBeGreaterThan(40_000);
    sign();
    await clock.advance(5_000);
    expect(ago()).toBeLessThanOrEqual(5_000);
  }
  objects.forbid('pod');
  await clock.advance(3_600_000);
  expect(ago()).toBeGreaterThan(3_600_000);
});

test('a stop does not wait for a listing that hangs', async () => {
  let asked: AbortSignal | undefined;
  const hanging = {
    watch: objects.watch.bind(objects),
    list: async (_: unknown, { stop: given }: { stop: AbortSignal }) => {
      asked = given;
      return new Promise<never>((_resolve, reject) => {
        given.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      });
    },
  };
  ended = reflectorOf(hanging).run(stop.signal);
  await settle();
  stop.abort();
  await ended;
  expect(asked?.aborted).toBe(true);
  expect(status.lastError).toBeUndefined();
});

test('a version that is gone at once after each listing does not make a busy loop', async () => {
  await start();
  for (let i = 0; i < 12; i++) {
    objects.watches.pod!.end('gone');
    await clock.advance(10_000);
  }
  const before = listed;
  objects.watches.pod!.end('gone');
  await clock.advance(400);
  expect(listed).toBe(before);
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
