import { expect, test } from 'vitest';
import { type AgentFeature, agentFeatures, featureVersions } from '../../lib/core/model/agent-features.ts';
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

/** What shows that an agent made use of a feature, of those that every agent has. */
const signs = {
  digest: (bus: RecordingBus) => bus.details('digest').length > 0,
  claims: (bus: RecordingBus) => bus.changes().some((change) => 'since' in change),
  hearing: (bus: RecordingBus) => bus.details('heartbeat').some((beat) => 'heard' in beat),
  services: (bus: RecordingBus) =>
    bus.details('heartbeat').some((beat) => 'services' in beat) ||
    bus.changes().some((change) => 'upsert' in change && change.upsert.kind === 'service'),
} as const satisfies Partial<Record<AgentFeature, unknown>>;

/** What an agent says in ten minutes to a hub of a release that takes these features and no other. */
async function saidTo(features: readonly AgentFeature[]): Promise<RecordingBus> {
  const [bus, clock, inbox, objects] = [
    new RecordingBus(),
    new FakeClock(),
    new MemoryInbox(),
    new ScriptedObjects(),
  ];
  objects.clock = clock;
  objects.put('namespace', namespaceObject('s', 'shop', { team: 'red' }));
  objects.put('node', nodeObject('n', 'node-1', ['10.1.0.1']));
  objects.put('pod', podObject('p'));
  objects.put('service', {
    metadata: { uid: 'v', name: 'web', namespace: 'shop' },
    spec: { type: 'ClusterIP', clusterIPs: ['10.96.0.9'], clusterIP: '10.96.0.9' },
  });
  const agent = new Agent({
    objects,
    documents: undefined,
    bus,
    inbox,
    clock,
    services: 'all',
    random: new SeededRandom(),
    telemetry: new RecordingTelemetry(),
    source: 'zonebridge.cluster.111122223333.eu-central-1.shop',
    agentVersion: '99',
  });
  const ended = agent.run();
  await settle();
  const takes = Object.fromEntries(features.map((feature) => [feature, featureVersions[feature]]));
  inbox.deliver({ type: 'epoch', schema: 1, process: agent.process, epoch: 3, ...takes });
  await settle();
  inbox.deliver({ type: 'resend', schema: 1, epoch: 3, shards: [...Array(256).keys()] });
  objects.emit('pod', podObject('later', { ips: ['10.0.0.7'] }));
  await clock.advance(600_000);
  agent.stop();
  await ended;
  return bus;
}

const all = Object.keys(signs) as (keyof typeof signs)[];

test.each(all)('a hub that takes %s is told so', async (feature) => {
  expect(signs[feature](await saidTo(agentFeatures))).toBe(true);
});

test.each([all, ...all.map((one) => [one])].map((lacking) => ({ lacking })))(
  'a hub of an older release, without $lacking, is told what it knows and nothing else',
  async ({ lacking }) => {
    const bus = await saidTo(agentFeatures.filter((one) => !(lacking as AgentFeature[]).includes(one)));
    expect(lacking.filter((one) => signs[one](bus))).toEqual([]);
    const told = bus.changes().flatMap((change) => ('upsert' in change ? change.upsert.uid : []));
    expect([...new Set(told)].sort()).toEqual(
      lacking.includes('services') ? ['later', 'n', 'p'] : ['later', 'n', 'p', 'v'],
    );
  },
);
