import { afterEach, beforeEach, expect, test } from 'vitest';
import { endpointChange } from '../../lib/core/model/messages.ts';
import { projectPod } from '../../lib/kubernetes/projection.ts';
import { podObject, settle } from '../../test/support/agent-world.ts';
import { SenderWorld } from '../../test/support/sender-world.ts';

let world: SenderWorld;

beforeEach(() => {
  world = new SenderWorld();
});

afterEach(async () => {
  world.stop.abort();
  await world.ended;
});

async function pod(uid: string, more: Parameters<typeof podObject>[1] = {}): Promise<void> {
  world.store.upsert(projectPod(podObject(uid, more), () => undefined)!, 'watch');
  await settle();
}

/** Found by a listing. */
async function listed(uid: string, more: Parameters<typeof podObject>[1] = {}): Promise<void> {
  world.store.upsert(projectPod(podObject(uid, more), () => undefined)!, 'relist');
  await settle();
}

async function begin(epoch = 1, claims = true): Promise<void> {
  world.sender.begin(epoch, { digests: true, claims });
  await settle();
}

/** What was told last: of whom, and since when it has its addresses. */
function last(): { uid: string; since: number | undefined } {
  const [uid = '', told] = since().at(-1) ?? [];
  return { uid, since: told };
}

function since(): [uid: string, since: number | undefined][] {
  const changes = world.bus.changes().map((change) => endpointChange.parse(change));
  return changes.flatMap((change) => ('upsert' in change ? [[change.upsert.uid, change.since]] : []));
}

test('who was there as the epoch began has its addresses since then, whatever is told of it', async () => {
  await pod('a');
  await begin();
  await pod('a', { labels: { app: 'api' } });
  expect(last()).toEqual({ uid: 'a', since: 0 });
});

test('who comes later has them later, and told again since the same time', async () => {
  await begin();
  await pod('b', { ips: ['10.0.0.2'] });
  await pod('c', { ips: ['10.0.0.3'] });
  expect(last()).toEqual({ uid: 'c', since: 2 });
  await pod('b', { ips: ['10.0.0.2'], labels: { app: 'api' } });
  expect(last()).toEqual({ uid: 'b', since: 1 });
  world.sender.resend([...Array(256).keys()], ['pod|c']);
  await settle();
  expect(last()).toEqual({ uid: 'c', since: 2 });
});

test('an address that comes later counts from then', async () => {
  await pod('a');
  await begin();
  await pod('b', { ips: [] });
  expect(last()).toEqual({ uid: 'b', since: undefined });
  await pod('c', { ips: ['10.0.0.3'] });
  await pod('b', { ips: ['10.0.0.2'] });
  expect(last()).toEqual({ uid: 'b', since: 3 });
  await pod('a', { ips: ['10.0.0.9'] });
  expect(last()).toEqual({ uid: 'a', since: 4 });
});

test('what waits unsent keeps the order in which it was seen', async () => {
  await begin();
  let answer: (() => void) | undefined;
  world.bus.onPut = (entries) =>
    new Promise((resolve) => {
      answer = () => resolve(entries.map(() => undefined));
    });
  await pod('first');
  await pod('b', { ips: ['10.0.0.2'] });
  await pod('c', { ips: ['10.0.0.2'] });
  await pod('b', { ips: ['10.0.0.2'], labels: { app: 'api' } });
  world.bus.onPut = undefined;
  answer?.();
  await settle();
  expect(since().slice(-2)).toEqual([
    ['b', 2],
    ['c', 3],
  ]);
});

test('a pod whose address another one got is told after that one, in one event', async () => {
  await begin();
  await pod('dead', { ips: ['10.0.0.2'] });
  await pod('alive', { ips: ['10.0.0.2'] });
  const before = world.bus.accepted.length;
  await pod('dead', { ips: ['10.0.0.2'], labels: { app: 'api' } });
  expect(world.bus.accepted.length - before).toBe(1);
  expect(since().slice(-2)).toEqual([
    ['alive', 2],
    ['dead', 1],
  ]);
  world.sender.resend([...Array(256).keys()], ['pod|dead']);
  await settle();
  expect(since().slice(-2)).toEqual([
    ['alive', 2],
    ['dead', 1],
  ]);
  // Who has another address by now has nothing to do with it.
  await pod('alive', { ips: ['10.0.0.3'] });
  await pod('dead', { ips: ['10.0.0.2'], labels: { app: 'db' } });
  expect(since().filter(([uid]) => uid === 'alive')).toHaveLength(4);
  expect(last()).toEqual({ uid: 'dead', since: 1 });
});

test('a new epoch begins anew, and who is gone is forgotten', async () => {
  await begin();
  await pod('b');
  world.store.remove({ kind: 'pod', uid: 'b', name: 'b' }, 'watch');
  await settle();
  await pod('c');
  await begin(2);
  await pod('c', { labels: { app: 'api' } });
  expect(last()).toEqual({ uid: 'c', since: 0 });
});

test.each([
  ['told first', ['alive', 'dead']],
  ['told last', ['dead', 'alive']],
])(
  'of two that list one address as an epoch begins, who started later got it later: %s',
  async (_, order) => {
    const started = { dead: '2026-01-01T00:00:00Z', alive: '2026-01-01T00:00:40Z' } as Record<string, string>;
    for (const uid of order) await pod(uid, { ips: ['10.0.0.2'], started: started[uid]! });
    await pod('other', { ips: ['10.0.0.3'], started: '2026-01-01T00:01:00Z' });
    await begin();
    world.sender.resend([...Array(256).keys()], ['pod|dead', 'pod|other']);
    await settle();
    expect(new Map(since())).toEqual(
      new Map([
        ['alive', 2],
        ['dead', 1],
        ['other', 0],
      ]),
    );
    expect(since().findIndex(([uid]) => uid === 'alive')).toBeLessThan(
      since().findIndex(([uid]) => uid === 'dead'),
    );
  },
);

test('a listing tells in no order: who started before the one that has the address did not get it later', async () => {
  const [early, late] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:40Z'];
  await begin();
  await listed('alive', { ips: ['10.0.0.2'], started: late });
  await listed('dead', { ips: ['10.0.0.2'], started: early });
  expect(since()).toEqual([
    ['alive', 1],
    ['alive', 1],
    ['dead', 0],
  ]);
  await listed('dead-2', { ips: ['10.0.0.3'], started: early });
  await listed('alive-2', { ips: ['10.0.0.3'], started: late });
  expect(new Map(since()).get('dead-2')).toBeLessThan(new Map(since()).get('alive-2')!);
  // What is seen as it happens happened in this order, whenever it started: one may wait long for its address.
  await pod('waited', { ips: ['10.0.0.2'], started: early });
  expect(last().uid).toBe('waited');
  expect(last().since).toBeGreaterThan(new Map(since()).get('alive')!);
});

test('nothing is said of who shares addresses, nor to a hub that does not ask', async () => {
  await begin();
  await pod('h', { hostNetwork: true });
  expect(last()).toEqual({ uid: 'h', since: undefined });
  await begin(2, false);
  await pod('b');
  expect(last()).toEqual({ uid: 'b', since: undefined });
});
