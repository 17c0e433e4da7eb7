import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentHash } from '../../lib/core/model/content-hash.ts';
import { type EndpointRecord, endpointId } from '../../lib/core/model/endpoint.ts';
import { heartbeatDetail } from '../../lib/core/model/messages.ts';
import {
  MemoryInbox,
  namespaceObject,
  nodeObject,
  podObject,
  RecordingBus,
  ScriptedObjects,
  settle,
} from '../../test/support/agent-world.ts';
import { FakeClock, RecordingTelemetry, SeededRandom } from '../../test/support/ports.ts';
import { Agent } from './agent.ts';

/** An agent, its cluster and the hub's side of both channels. */
class World {
  readonly bus = new RecordingBus();
  readonly clock = new FakeClock();
  readonly inbox = new MemoryInbox();
  readonly objects = new ScriptedObjects();
  readonly agent: Agent;
  readonly ended: Promise<string>;

  constructor(prepare: (objects: ScriptedObjects) => void = () => undefined) {
    this.objects.clock = this.clock;
    prepare(this.objects);
    this.agent = new Agent({
      objects: this.objects,
      documents: undefined,
      bus: this.bus,
      inbox: this.inbox,
      clock: this.clock,
      random: new SeededRandom(),
      telemetry: new RecordingTelemetry(),
      source: 'zonebridge.cluster.111122223333.eu-central-1.shop',
      agentVersion: '1',
    });
    this.ended = this.agent.run();
  }

  async epoch(epoch: number, process = this.agent.process): Promise<void> {
    this.inbox.deliver({ type: 'epoch', schema: 1, process, epoch });
    await settle();
  }

  async end(): Promise<string> {
    this.agent.stop();
    return this.ended;
  }

  /** What a hub knows that took every accepted change, newest sequence first. */
  hub(epoch: number): Map<string, EndpointRecord> {
    const newest = new Map<string, { sequence: number; record: EndpointRecord | undefined }>();
    for (const change of this.bus.changes(epoch)) {
      const record = 'upsert' in change ? (change.upsert as EndpointRecord) : undefined;
      const id = endpointId('upsert' in change ? change.upsert : change.remove);
      const known = newest.get(id);
      if (!known || known.sequence < change.sequence) newest.set(id, { sequence: change.sequence, record });
    }
    const present = [...newest].flatMap(([id, { record }]): [string, EndpointRecord][] =>
      record ? [[id, record]] : [],
    );
    return new Map(present);
  }
}

function someObjects(objects: ScriptedObjects): void {
  objects.put('namespace', namespaceObject('s', 'shop', { team: 'red' }));
  objects.put('node', nodeObject('n', 'node-1', ['10.1.0.1', 'fd00::1']));
  objects.put('pod', podObject('p'));
}

test('only hello is said before the epoch, and nothing else before every kind was listed in full', async () => {
  let broken = true;
  const world = new World((objects) => {
    someObjects(objects);
    objects.onList = (kind) => {
      if (broken && kind === 'namespace') throw new Error('forbidden');
    };
  });
  await world.clock.advance(45_000);
  expect(new Set(world.bus.accepted.map(({ detailType }) => detailType))).toEqual(new Set(['hello']));
  await world.epoch(3);
  await world.clock.advance(25_000);
  expect(world.bus.changes()).toEqual([]);
  expect(world.bus.manifests()).toEqual([]);
  expect(world.agent.status.ready).toBe(false);
  broken = false;
  await world.clock.advance(60_000);
  expect([...world.hub(3).keys()].sort()).toEqual(['node|n', 'pod|p']);
  expect(world.bus.manifests(3)).toHaveLength(256);
  expect(world.agent.status.ready).toBe(true);
  expect(await world.end()).toBe('stopped');
});

test('a heartbeat every 30 s says what the agent has', async () => {
  const world = new World(someObjects);
  await settle();
  await world.epoch(3);
  await world.clock.advance(90_000);
  const beats = world.bus.details('heartbeat').map((detail) => heartbeatDetail.parse(detail));
  expect(beats).toHaveLength(3);
  expect(beats[0]).toMatchObject({
    epoch: 3,
    endpoints: 2,
    pending: 0,
    sequence: 2,
    process: world.agent.process,
  });
  await world.end();
});

test('a process that is superseded stops sending and ends', async () => {
  const world = new World(someObjects);
  await settle();
  await world.epoch(3);
  await world.epoch(4, 'another-process');
  const calls = world.bus.calls.length;
  expect(await world.ended).toBe('superseded');
  world.objects.emit('pod', podObject('late'));
  await world.clock.advance(120_000);
  expect(world.bus.calls).toHaveLength(calls);
});

test('the metrics and the report say what happens', async () => {
  const world = new World(someObjects);
  await settle();
  world.bus.onPut = (entries) => entries.map(() => 'ThrottlingException');
  await world.epoch(3);
  const { status } = world.agent;
  expect(status.report()).toMatchObject({ ready: false, epoch: 3, endpoints: 2, pending: 2 });
  expect(status.report()['lastError']).toMatchObject({
    message: expect.stringContaining('ThrottlingException'),
  });
  world.bus.onPut = undefined;
  await world.clock.advance(60_000);
  const text = await status.registry.metrics();
  expect(text).toContain('zonebridge_agent_records_sent_total 2');
  expect(text).toContain('zonebridge_agent_pending 0');
  expect(text).toContain('zonebridge_agent_relists_total{kind="pod"} 1');
  expect(text).toContain('zonebridge_agent_epoch 3');
  await world.end();
});

type Step =
  | { do: 'pod'; uid: number; node: number; label: number; phase: string }
  | { do: 'remove'; kind: 'pod' | 'node'; uid: number }
  | { do: 'node'; uid: number; address: number }
  | { do: 'namespace'; label: number }
  | { do: 'watch'; kind: 'pod' | 'node' | 'namespace'; end: 'ended' | 'gone' | 'error' }
  | { do: 'bus'; fault: 'none' | 'refuse' | 'throw' | 'lose reply' }
  | { do: 'missed'; uid: number }
  | { do: 'wait'; milliseconds: number };

const small = fc.nat(4);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('pod' as const),
      uid: small,
      node: small,
      label: small,
      phase: fc.constantFrom('Running', 'Pending', 'Failed'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      kind: fc.constantFrom('pod' as const, 'node' as const),
      uid: small,
    }),
  },
  fc.record({ do: fc.constant('node' as const), uid: small, address: small }),
  fc.record({ do: fc.constant('namespace' as const), label: small }),
  fc.record({
    do: fc.constant('watch' as const),
    kind: fc.constantFrom('pod' as const, 'node' as const, 'namespace' as const),
    end: fc.constantFrom('ended' as const, 'gone' as const, 'error' as const),
  }),
  fc.record({
    do: fc.constant('bus' as const),
    fault: fc.constantFrom('none' as const, 'refuse' as const, 'throw' as const, 'lose reply' as const),
  }),
  fc.record({ do: fc.constant('missed' as const), uid: small }),
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), milliseconds: fc.constantFrom(1, 300, 5_000) }),
  },
);

async function play(world: World, step: Step): Promise<void> {
  const { bus, objects } = world;
  const emit = (kind: 'pod' | 'node' | 'namespace', object: Record<string, unknown>) =>
    objects.emit(kind, object);
  switch (step.do) {
    case 'pod':
      return emit(
        'pod',
        podObject(`p${step.uid}`, {
          node: `node-${step.node}`,
          labels: { v: String(step.label) },
          phase: step.phase,
        }),
      );
    case 'remove':
      if (objects.objects[step.kind].has(`${step.kind[0]}${step.uid}`))
        objects.emitRemoval(step.kind, `${step.kind[0]}${step.uid}`);
      return undefined;
    case 'node':
      return emit(
        'node',
        nodeObject(`n${step.uid}`, `node-${step.uid}`, [`10.1.${step.uid}.${step.address}`]),
      );
    case 'namespace':
      return emit('namespace', namespaceObject('s', 'shop', { v: String(step.label) }));
    case 'missed':
      // Deleted while nobody watched; the version is gone, too.
      objects.objects.pod.delete(`p${step.uid}`);
      return objects.watches.pod?.end('gone');
    case 'watch':
      return objects.watches[step.kind]?.end(step.end === 'error' ? new Error('cut') : step.end);
    case 'wait':
      return world.clock.advance(step.milliseconds);
    case 'bus':
      bus.onPut = (entries) => {
        if (step.fault === 'throw') throw new Error('bus is down');
        if (step.fault === 'lose reply') {
          bus.accepted.push(...entries);
          throw new Error('reply lost');
        }
        return entries.map((_, index) =>
          step.fault === 'refuse' && index % 2 === 0 ? 'InternalFailure' : undefined,
        );
      };
      return undefined;
  }
}

/** The bus works and every watch has heard everything; only what no watch can tell needs a listing. */
async function calm(world: World, steps: readonly Step[]): Promise<void> {
  world.bus.onPut = undefined;
  if (steps.some((step) => step.do === 'missed')) world.objects.watches.pod?.end('gone');
  await world.clock.advance(10 * 60_000);
  if (steps.some((step) => step.do === 'missed')) world.objects.watches.pod?.end('gone');
  await world.clock.advance(10 * 60_000);
}

test('whatever fails on the way, in the end the hub knows what exists, and the manifests say the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const world = new World((objects) => {
        someObjects(objects);
        // Two nodes never have one name: the steps know this one as n1.
        objects.objects.node.clear();
        objects.put('node', nodeObject('n1', 'node-1', ['10.1.0.1']));
      });
      await settle();
      await world.epoch(1);
      for (const one of steps) {
        await play(world, one);
        await settle();
      }
      await calm(world, steps);

      const hub = world.hub(1);
      const { node, pod } = world.objects.objects;
      const uids = [
        ...[...node.keys()].map((uid) => `node|${uid}`),
        ...[...pod.keys()].map((uid) => `pod|${uid}`),
      ];
      expect([...hub.keys()].sort()).toEqual(uids.sort());
      const namespace = world.objects.objects.namespace.get('s') as {
        metadata: { labels: Record<string, string> };
      };
      const nodeNames = new Map(
        [...node.values()].map((object) => {
          const { metadata, status } = object as {
            metadata: { name: string };
            status: { addresses: { address: string }[] };
          };
          return [metadata.name, status.addresses[0]?.address];
        }),
      );
      for (const object of pod.values()) {
        const { metadata, spec, status } = object as {
          metadata: { uid: string; labels: Record<string, string> };
          spec: { nodeName: string };
          status: { phase: string; podIP: string };
        };
        const record = hub.get(`pod|${metadata.uid}`);
        expect(record?.labels).toEqual(metadata.labels);
        expect(record?.addresses).toEqual(status.phase === 'Failed' ? [] : [status.podIP]);
        expect(record?.namespaceLabels).toMatchObject(namespace.metadata.labels);
        expect(record?.nodeAddresses?.[0]).toBe(nodeNames.get(spec.nodeName));
      }
      const from = world.bus.manifests().length;
      world.inbox.deliver({
        type: 'resend',
        schema: 1,
        epoch: 1,
        shards: Array.from({ length: 256 }, (_, i) => i),
      });
      await settle();
      const listed = world.bus
        .manifests()
        .slice(from)
        .flatMap(({ entries }) => entries);
      expect(new Map(listed)).toEqual(new Map([...hub].map(([id, record]) => [id, contentHash(record)])));
      const versions = world.bus.changes(1).map(({ sequence }) => sequence);
      expect(new Set(versions).size).toBe(versions.length);
      await world.end();
    }),
    { numRuns: 150 },
  );
}, 60_000);
