import { describe, expect, test } from 'vitest';
import { HubLink } from '../../cluster-agent/lib/hub-link.ts';
import { AgentStatus } from '../../cluster-agent/lib/status.ts';
import { clusterKey, readCluster } from '../../lib/app/state/clusters.ts';
import { schemaVersion } from '../../lib/core/model/messages.ts';
import { MemoryInbox, RecordingBus, settle } from '../support/agent-world.ts';
import { manifestsOf } from '../support/manifests.ts';
import { FakeClock, RecordingTelemetry, SeededRandom } from '../support/ports.ts';
import { group, pod, World } from '../support/world.ts';

/** A hub of version N with agents of N-1 and N+1, and an agent with a hub of N+1. */
const web = { app: 'web' };
const newer = schemaVersion + 1;

async function codeOf(world: World): Promise<unknown> {
  const [item] = await world.tables.read([{ table: 'control', pk: 'quarantine|one' }]);
  return item?.['code'];
}

async function filled(): Promise<World> {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  await world.upsert(pod('b', '10.1.0.2', web));
  expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
  return world;
}

describe('a hub with a newer agent', () => {
  test('sets aside what has a newer schema; nothing leaves a firewall because of it', async () => {
    const world = await filled();
    const empty = manifestsOf([], 99);
    await world.event('endpoints', { schema: newer, epoch: world.epoch, changes: [world.removeChange('a')] });
    await world.event('manifest', { schema: newer, epoch: world.epoch, manifests: empty });
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
    expect(await codeOf(world)).toBe('record/unknown-schema');
    expect(world.telemetry.valuesOf('RecordsRefused')).toEqual([1, 1]);
  });

  test('gives it no epoch, so that the agent before it stays in force', async () => {
    const world = await filled();
    await world.event('hello', {
      schema: newer,
      process: 'agent-process-2',
      agentVersion: '99',
      sentAt: world.clock.now(),
    });
    const [item] = await world.tables.read([clusterKey('111122223333|eu-central-1|one')]);
    expect(readCluster(item)).toMatchObject({ epoch: world.epoch, process: 'agent-process-1' });
    await world.upsert(pod('c', '10.1.0.3', web));
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3']);
  });

  test('sets aside events of a type, and records with a field, that it does not know; others of the same event count', async () => {
    const world = await filled();
    await world.event('forecast', { epoch: world.epoch, forecast: [] });
    expect(await codeOf(world)).toBe('record/invalid');
    const later = { ...world.upsertChange(pod('c', '10.1.0.3', web)), weight: 7 };
    await world.send(later, world.upsertChange(pod('d', '10.1.0.4', web)));
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.4']);
  });
});

test('a hub works with an agent from before digests: greetings, records, heartbeats and manifests are enough', async () => {
  const world = await filled();
  const [beat, known] = [
    { process: 'agent-process-1', pending: 0, sequence: world.sequence },
    [pod('b', '10.1.0.2', web)],
  ];
  await world.event('heartbeat', { epoch: world.epoch, endpoints: 1, ...beat });
  await world.event('manifest', { epoch: world.epoch, manifests: manifestsOf(known, world.sequence) });
  await world.settle();
  const [item] = await world.tables.read([clusterKey('111122223333|eu-central-1|one')]);
  expect(readCluster(item).verifiedShards.size).toBe(256);
  expect(world.on('web')).toEqual(['10.1.0.2']);
  expect(world.telemetry.valuesOf('RecordsRefused')).toEqual([]);
});

test('a hub takes what agents say of their hearing: nothing, or of kinds that it does not know', async () => {
  const world = await filled();
  const beat = { epoch: world.epoch, process: 'agent-process-1', endpoints: 2, pending: 0, sequence: 2 };
  const state = async () =>
    readCluster((await world.tables.read([clusterKey('111122223333|eu-central-1|one')]))[0]);
  const heard = { pod: 5, node: 5, namespace: 5 };
  await world.event('heartbeat', { ...beat, heard: { ...heard, pod: 3_600_000, volcano: 5 } });
  expect(await state()).toMatchObject({ deafSince: world.clock.now() - 3_600_000, unheard: ['pod'] });
  await world.event('heartbeat', { ...beat, heard: { ...heard, volcano: 3_600_000 } });
  expect(await state()).toMatchObject({ deafSince: undefined, unheard: ['volcano'] });
  await world.event('heartbeat', { ...beat, heard: {} });
  expect((await state()).deafSince).toBe(world.clock.now());
  await world.event('heartbeat', beat);
  expect(await state()).toMatchObject({ deafSince: undefined, unheard: [] });
  expect(world.telemetry.valuesOf('RecordsRefused')).toEqual([]);
});

test('an agent puts away what a newer hub says and it does not know, and goes on', async () => {
  const inbox = new MemoryInbox();
  const clock = new FakeClock();
  const log: string[] = [];
  const stop = new AbortController();
  const status = new AgentStatus(clock, new RecordingTelemetry());
  const random = new SeededRandom();
  const link = new HubLink({
    bus: new RecordingBus(),
    inbox,
    clock,
    random,
    status,
    agentVersion: '1',
    onEpoch: (epoch) => log.push(`epoch ${epoch}`),
    onSuperseded: () => log.push('superseded'),
    onManifests: () => log.push('manifests'),
    onResend: () => log.push('resend'),
  });
  const ended = Promise.all([link.greet(stop.signal), link.listen(stop.signal)]);
  const { process } = link;
  for (const message of [
    { type: 'epoch', schema: newer, process, epoch: 9 },
    { type: 'lullaby', schema: schemaVersion, epoch: 1 },
    { type: 'epoch', schema: schemaVersion, process, epoch: 3, hint: 'of a newer hub' },
  ])
    inbox.deliver(JSON.stringify(message));
  await settle();
  // A field more is no reason to refuse an answer: only who does not know what it means may ignore it.
  expect(log).toEqual(['epoch 3']);
  expect(inbox.acked).toHaveLength(3);
  stop.abort();
  await ended;
});
