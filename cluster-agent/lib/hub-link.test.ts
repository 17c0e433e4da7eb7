import { afterEach, beforeEach, expect, test } from 'vitest';
import { helloDetail } from '../../lib/core/model/messages.ts';
import { MemoryInbox, RecordingBus, settle } from '../../test/support/agent-world.ts';
import { FakeClock, RecordingTelemetry, SeededRandom } from '../../test/support/ports.ts';
import { digestVersion } from '../../lib/core/model/shard-digest.ts';
import { HubLink } from './hub-link.ts';
import { AgentStatus } from './status.ts';

let bus: RecordingBus;
let clock: FakeClock;
let inbox: MemoryInbox;
let link: HubLink;
let log: string[];
let status: AgentStatus;
let stop: AbortController;
let ended: Promise<unknown>;

beforeEach(() => {
  bus = new RecordingBus();
  clock = new FakeClock();
  inbox = new MemoryInbox();
  log = [];
  status = new AgentStatus(clock, new RecordingTelemetry());
  stop = new AbortController();
  link = new HubLink({
    bus,
    inbox,
    clock,
    random: new SeededRandom(),
    status,
    agentVersion: '1.0.0',
    onEpoch: (epoch) => log.push(`epoch ${epoch}`),
    onSuperseded: () => log.push('superseded'),
    onDesired: () => log.push('desired'),
    onManifests: (shards) => log.push(`manifests ${shards.join(',')}`),
    onResend: (shards, endpoints) =>
      log.push(`resend ${shards.join(',')}${endpoints ? ` only ${endpoints.join(',')}` : ''}`),
  });
  ended = Promise.all([link.greet(stop.signal), link.listen(stop.signal)]);
});

afterEach(async () => {
  stop.abort();
  await ended;
});

const epoch = (process: string, number: number) =>
  ({ type: 'epoch', schema: 1, process, epoch: number }) as const;

test('hello is said at once and again until an epoch for this process comes', async () => {
  await settle();
  expect(bus.details('hello').map((detail) => helloDetail.parse(detail).process)).toEqual([link.process]);
  await clock.advance(10 * 60_000);
  const said = bus.details('hello').length;
  expect(said).toBeGreaterThan(5);
  expect(said).toBeLessThan(100);
  expect(status.lastError?.message).toContain('agent/hub-silent');
  inbox.deliver(epoch(link.process, 4));
  await settle();
  expect(log).toEqual(['epoch 4']);
  expect(link.epoch).toBe(4);
  const after = bus.details('hello').length;
  await clock.advance(60 * 60_000);
  expect(bus.details('hello')).toHaveLength(after);
});

test('a hello that the bus refuses is repeated', async () => {
  bus.onPut = (entries) => {
    if (bus.calls.length < 3) throw new Error('no route');
    return entries.map(() => undefined);
  };
  await clock.advance(5 * 60_000);
  expect(bus.details('hello').length).toBeGreaterThan(0);
});

test('an epoch for somebody else is not ours; an old one is put away', async () => {
  inbox.deliver(epoch('another-process', 3));
  await settle();
  expect(log).toEqual([]);
  expect(inbox.acked).toHaveLength(1);
  inbox.deliver(epoch(link.process, 5));
  inbox.deliver(epoch('another-process', 4));
  await settle();
  expect(log).toEqual(['epoch 5']);
  expect(inbox.acked).toHaveLength(3);
});

test('a later epoch for another process supersedes this one and is left to its owner', async () => {
  inbox.deliver(epoch(link.process, 5));
  inbox.deliver(epoch('another-process', 6));
  await settle();
  expect(log).toEqual(['epoch 5', 'superseded']);
  expect(inbox.released).toHaveLength(1);
});

test('a second answer to this process counts when its epoch is higher, because the hub refuses the older one', async () => {
  inbox.deliver(epoch(link.process, 5));
  inbox.deliver(epoch(link.process, 5));
  inbox.deliver(epoch(link.process, 6));
  inbox.deliver(epoch(link.process, 5));
  await settle();
  expect(log).toEqual(['epoch 5', 'epoch 6']);
});

test('a resend counts within its epoch only', async () => {
  inbox.deliver(epoch(link.process, 5));
  inbox.deliver({ type: 'resend', schema: 1, epoch: 4, shards: [1] });
  inbox.deliver({ type: 'resend', schema: 1, epoch: 5, shards: [2, 3] });
  await settle();
  expect(log).toEqual(['epoch 5', 'resend 2,3']);
  expect(inbox.acked).toHaveLength(3);
});

test('a hub that takes our digests, or later ones, says so with the epoch; an older one says nothing', async () => {
  inbox.deliver(epoch(link.process, 1));
  await settle();
  expect(link.takes('digest')).toBe(false);
  for (const [number, digest] of [digestVersion, digestVersion + 1].entries()) {
    inbox.deliver({ ...epoch(link.process, number + 2), digest });
    await settle();
    expect(link.takes('digest')).toBe(true);
  }
  inbox.deliver({ ...epoch(link.process, 9), digest: digestVersion - 1 });
  await settle();
  expect(link.takes('digest')).toBe(false);
});

test('manifests, and single endpoints, are asked for within the epoch only', async () => {
  inbox.deliver(epoch(link.process, 5));
  inbox.deliver({ type: 'manifests', schema: 1, epoch: 4, shards: [1] });
  inbox.deliver({ type: 'manifests', schema: 1, epoch: 5, shards: [2] });
  inbox.deliver({ type: 'resend', schema: 1, epoch: 5, shards: [3], endpoints: ['pod|a'] });
  await settle();
  expect(log).toEqual(['epoch 5', 'manifests 2', 'resend 3 only pod|a']);
});

test('what is said of a later epoch than ours is left to whom it is for, and ends nothing', async () => {
  inbox.deliver(epoch(link.process, 5));
  inbox.deliver({ type: 'manifests', schema: 1, epoch: 6, shards: [1] });
  await settle();
  expect(log).toEqual(['epoch 5']);
  expect(inbox.released).toHaveLength(1);
  // The queue keeps no order: the announcement may come later, and be for this process.
  inbox.deliver(epoch(link.process, 6));
  inbox.deliver({ type: 'manifests', schema: 1, epoch: 6, shards: [1] });
  await clock.advance(2_000);
  expect(log).toEqual(['epoch 5', 'epoch 6', 'manifests 1']);
});

test('a process that may have a successor does not greet the hub until it knows', async () => {
  let current = false;
  const random = new SeededRandom(2);
  const callbacks = {
    onEpoch: () => undefined,
    onSuperseded: () => undefined,
    onManifests: () => undefined,
    onResend: () => undefined,
  };
  const mayGreet = () => current;
  const other = new HubLink({ bus, inbox, clock, random, status, agentVersion: '1', mayGreet, ...callbacks });
  const done = other.greet(stop.signal);
  const greeted = () => bus.details('hello').some((detail) => detail['process'] === other.process);
  await clock.advance(120_000);
  expect(greeted()).toBe(false);
  current = true;
  await clock.advance(2_000);
  expect(greeted()).toBe(true);
  stop.abort();
  await done;
});

test.each(['', 'null', '{', '{"type":"format-disk"}', '{"type":"epoch","schema":2,"process":"p","epoch":9}'])(
  'a message that is none is put away with a warning: %j',
  async (body) => {
    inbox.deliver(body);
    await settle();
    expect(log).toEqual([]);
    expect(inbox.acked).toEqual([body]);
  },
);

test('a queue that cannot be read is read again', async () => {
  inbox.deliver(epoch('nobody', 1));
  await settle();
  inbox.failNext = new Error('AccessDenied');
  inbox.deliver(epoch('nobody', 1));
  await settle();
  expect(status.lastError?.message).toContain('AccessDenied');
  inbox.deliver(epoch(link.process, 8));
  await clock.advance(60_000);
  expect(log).toEqual(['epoch 8']);
});

test('another desired state is told at once, and the message put away, whatever the epoch', async () => {
  inbox.deliver({ type: 'desired', schema: 1, generation: 7 });
  await settle();
  inbox.deliver(epoch(link.process, 2));
  inbox.deliver({ type: 'desired', schema: 1, generation: 8 });
  await settle();
  expect(log).toEqual(['desired', 'epoch 2', 'desired']);
  expect(inbox.acked).toHaveLength(3);
});
