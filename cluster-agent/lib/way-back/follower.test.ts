import { afterEach, beforeEach, expect, test } from 'vitest';
import { ZonebridgeError } from '../../../lib/core/errors.ts';
import { appliedDetail } from '../../../lib/core/model/messages.ts';
import { RecordingBus } from '../../../test/support/agent-world.ts';
import {
  emptyClaim,
  LocalSigner,
  MemoryCluster,
  PublishedState,
} from '../../../test/support/memory-cluster.ts';
import { FakeClock, RecordingTelemetry, SeededRandom } from '../../../test/support/ports.ts';
import { AgentStatus } from '../status.ts';
import { DesiredFollower } from './follower.ts';

const cluster = '111122223333|eu-central-1|shop';
const minute = 60_000;
let clock: FakeClock;
let bus: RecordingBus;
let objects: MemoryCluster;
let source: PublishedState;
let signer: LocalSigner;
let follower: DesiredFollower;
let epoch: number | undefined;
let reads: number;
let stop: AbortController;
let ended: Promise<void>;

beforeEach(() => {
  clock = new FakeClock();
  bus = new RecordingBus();
  objects = new MemoryCluster();
  objects.put(emptyClaim);
  source = new PublishedState();
  signer = new LocalSigner();
  epoch = 1;
  reads = 0;
  const counted = {
    contents: async (...of: [string, string]) => source.contents(...of),
    manifest: async (known: string | undefined) => {
      reads += 1;
      return source.manifest(known);
    },
  };
  follower = new DesiredFollower({
    source: counted,
    objects,
    verify: signer.verify,
    cluster,
    namespace: 'zonebridge',
    now: () => 0,
    enabled: ['group-status'],
    bus,
    clock,
    random: new SeededRandom(),
    status: new AgentStatus(clock, new RecordingTelemetry()),
    epoch: () => epoch,
    reports: () => true,
  });
  stop = new AbortController();
  ended = follower.run(stop.signal);
});

afterEach(async () => {
  stop.abort();
  await clock.advance(10 * minute);
  await ended;
});

async function publish(generation: number, names: string[]) {
  const entries = names.map((name) => ({
    since: generation,
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'zonebridge-status' } },
  }));
  await source.publish(signer, { cluster, generation, entries: { 'group-status': entries } });
}

const told = () => bus.details('applied').map((detail) => appliedDetail.parse(detail));

test('looks when it is called and every five minutes, and tells what is news once', async () => {
  await publish(1, ['a']);
  follower.call();
  await clock.advance(1);
  expect(told().map(({ report }) => report.generation)).toEqual([1]);
  await clock.advance(20 * minute);
  expect(reads).toBe(5);
  expect(told()).toHaveLength(1);
  await publish(2, ['b']);
  await clock.advance(5 * minute);
  expect(told().map(({ report, number }) => [report.generation, number])).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test('does nothing as long as it has no epoch, and tells again under another one', async () => {
  epoch = undefined;
  await publish(1, ['a']);
  follower.call();
  await clock.advance(minute);
  expect([reads, objects.writes]).toEqual([0, []]);
  epoch = 2;
  follower.call();
  await clock.advance(1);
  expect(told().map((detail) => detail.epoch)).toEqual([2]);
});

test('within the hour takes back what was changed although the manifest is the same', async () => {
  await publish(1, ['a']);
  follower.call();
  await clock.advance(1);
  objects.stored.delete('ConfigMap zonebridge-status/a');
  await clock.advance(65 * minute);
  expect(objects.stored.has('ConfigMap zonebridge-status/a')).toBe(true);
});

test('tries again sooner when the cluster did not answer', async () => {
  await publish(1, ['a']);
  let ill = true;
  objects.before = () => {
    if (ill) throw new ZonebridgeError('cluster/unreachable', 'no answer');
  };
  follower.call();
  await clock.advance(1);
  ill = false;
  await clock.advance(5_000);
  expect(objects.stored.has('ConfigMap zonebridge-status/a')).toBe(true);
});

test.each([
  ['refuses', () => ['ThrottlingException']],
  [
    'does not answer',
    () => {
      throw new Error('no answer');
    },
  ],
])('tells what was applied again when the bus %s, although the manifest is the same', async (_, onPut) => {
  await publish(1, ['a']);
  bus.onPut = onPut;
  follower.call();
  await clock.advance(1);
  expect(told()).toEqual([]);
  bus.onPut = undefined;
  await clock.advance(5_000);
  expect(told().map(({ report }) => report.generation)).toEqual([1]);
});

test('stops between two objects when the process ends, and tells nothing that is not so', async () => {
  await publish(1, ['a', 'b', 'c']);
  objects.before = (request, title) => {
    if (request === 'apply' && title.endsWith('/a')) stop.abort();
  };
  follower.call();
  await clock.advance(1);
  expect(objects.writes.filter((write) => write.includes('zonebridge-status'))).toEqual([
    'create ConfigMap zonebridge-status/a',
    'apply ConfigMap zonebridge-status/a',
  ]);
  expect(told()).toEqual([]);
});
