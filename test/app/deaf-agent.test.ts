import { expect, onTestFinished, test } from 'vitest';
import type { Kind } from '../../cluster-agent/lib/ports.ts';
import { explain } from '../../lib/app/commands/explain-group.ts';
import { isWell, readStatus } from '../../lib/app/commands/status.ts';
import { heartbeatDetail } from '../../lib/core/model/messages.ts';
import { clusterKey } from '../../lib/app/state/clusters.ts';
import { sandboxAccount, sandboxCluster, sandboxRegion } from '../../lib/sandbox/configuration.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { WatchedCluster } from '../support/watched-cluster.ts';
import { group, pod, World } from '../support/world.ts';

const everything: Kind[] = ['namespace', 'node', 'pod'];
const onSilence = { expireAfterHours: 2, bypassBrakes: true };

/** A cluster with two pods whose agent has told everything, and whose hub has compared it. */
async function watched(
  prepare: (cluster: WatchedCluster) => void = () => undefined,
): Promise<WatchedCluster> {
  const services = group('balancers', { addresses: 'service', select: "app == 'web'" });
  const cluster = new WatchedCluster(await World.start([group('web', { onSilence }), services]));
  onTestFinished(() => cluster.stop());
  cluster.objects.put('pod', cluster.pod('a', '10.1.0.1'));
  cluster.objects.put('pod', cluster.pod('b', '10.1.0.2'));
  prepare(cluster);
  await cluster.start();
  await cluster.pass(2);
  return cluster;
}

/** As the alarm sees it. */
const silences = ({ world }: WatchedCluster): number[] =>
  world.telemetry.metrics
    .filter(({ name, dimensions }) => name === 'AgentSilentSeconds' && dimensions['cluster'] === 'one')
    .map(({ value }) => value);

const silentSeconds = (cluster: WatchedCluster): number | undefined => silences(cluster).at(-1);

const digests = ({ bus }: WatchedCluster): number => bus.details('digest').length;

function balancer(uid: string, ip: string): Record<string, unknown> {
  return {
    metadata: { uid, name: uid, namespace: 'shop', labels: { app: 'web' } },
    spec: { type: 'LoadBalancer', clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'] },
    status: { loadBalancer: { ingress: [{ ip }] } },
  };
}

test('a quiet cluster is heard all the time', async () => {
  const cluster = await watched();
  await cluster.pass(60);
  expect(Math.max(...silences(cluster))).toBeLessThan(60);
  expect(digests(cluster)).toBe(13);
  expect(cluster.agent.status.ready).toBe(true);
  expect(isWell(await readStatus(cluster.world))).toBe(true);
});

test('an agent that may not read its cluster any more counts as silent since it heard last', async () => {
  const cluster = await watched();
  cluster.objects.forbid(...everything);
  await cluster.pass(5);
  expect(silentSeconds(cluster)).toBeLessThan(60);
  await cluster.pass(10);
  const [before, minutes] = [digests(cluster), 60];
  await cluster.pass(minutes);
  expect(silentSeconds(cluster)).toBeGreaterThan(74 * 60);
  // What is as old as that is not compared, so nothing counts as verified by it.
  expect(digests(cluster)).toBe(before);
  expect(cluster.agent.status.ready).toBe(false);
  expect(cluster.agent.status.report()).toMatchObject({ ready: false, unheard: everything });
  const status = await readStatus(cluster.world);
  expect(isWell(status)).toBe(false);
  expect(status.clusters[0]?.unheard).toEqual(everything);
  expect(status.now - (status.clusters[0]?.heartbeatAt ?? 0)).toBeLessThan(60_000);
  const { steps } = await explain(cluster.world, '10.1.0.1');
  expect(steps.map(({ text }) => text).join()).toMatch(
    /agent is there, but hears nothing .*namespace, node, pod/,
  );
});

test('and its groups expire, until it hears again', async () => {
  const cluster = await watched();
  cluster.objects.forbid(...everything);
  await cluster.pass(125);
  expect(cluster.world.on('web')).toHaveLength(2);
  await cluster.pass(70);
  expect(cluster.world.on('web')).toEqual([]);
  cluster.objects.objects.pod.delete('a');
  cluster.objects.forbid();
  await cluster.pass(5);
  expect(silentSeconds(cluster)).toBeLessThan(60);
  expect(cluster.agent.status.ready).toBe(true);
  expect(cluster.world.on('web')).toEqual(['10.1.0.2']);
});

test('one kind that is not heard is enough, and a new process ends nothing while it cannot list either', async () => {
  const cluster = await watched();
  cluster.objects.forbid('node');
  await cluster.pass(30);
  const before = silentSeconds(cluster) ?? 0;
  expect(before).toBeGreaterThan(29 * 60);
  await cluster.start();
  await cluster.pass(10);
  expect(silentSeconds(cluster)).toBeGreaterThan(before + 9 * 60);
  expect((await readStatus(cluster.world)).clusters[0]?.unheard).toEqual(['node']);
});

test('an agent that never lists its pods is noticed, though its heartbeats come', async () => {
  const cluster = await watched(({ objects }) => objects.forbid('pod'));
  await cluster.pass(10);
  expect(digests(cluster)).toBe(0);
  expect(cluster.bus.details('heartbeat').length).toBeGreaterThan(20);
  expect(silentSeconds(cluster)).toBeGreaterThan(9 * 60);
});

test('pods are told when services cannot be listed; what the hub has of them stays, and follows later', async () => {
  const cluster = await watched((one) => {
    one.services = 'on';
    one.objects.put('service', balancer('s', '10.2.0.1'));
    one.objects.put('service', balancer('t', '10.2.0.2'));
  });
  expect(cluster.world.on('balancers')).toEqual(['10.2.0.1', '10.2.0.2']);
  cluster.objects.forbid('ingress');
  cluster.objects.objects.service.delete('s');
  cluster.objects.put('pod', cluster.pod('c', '10.1.0.3'));
  await cluster.start();
  await cluster.pass(20);
  expect(digests(cluster)).toBeGreaterThan(3);
  expect(silentSeconds(cluster)).toBeLessThan(60);
  expect(cluster.world.on('web')).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3']);
  expect(cluster.world.on('balancers')).toEqual(['10.2.0.1', '10.2.0.2']);
  cluster.objects.forbid();
  cluster.objects.emit('service', balancer('u', '10.2.0.3'));
  await cluster.pass(10);
  expect(cluster.world.on('balancers')).toEqual(['10.2.0.2', '10.2.0.3']);
});

test.each([true, false])(
  'hearing is told to a hub that takes it, and to no other (older: %s)',
  async (older) => {
    const cluster = await watched((one) => void (one.olderHub = older));
    await cluster.pass(2);
    const beats = cluster.bus.details('heartbeat').map((detail) => heartbeatDetail.parse(detail));
    expect(beats.at(-1)?.heard === undefined).toBe(older);
  },
);

test('the command line says that the agent is there and hears nothing', async () => {
  const world = await OperatorWorld.start({ web: pushed('web') });
  onTestFinished(() => world.stop());
  world.storeToken();
  await world.run(['apply', '--yes']);
  await world.tell(pod('a', '10.1.0.1', { app: 'web' }));
  const now = world.clock.now();
  const set = { heartbeatAt: now, deafSince: now - 900_000, unheard: ['node', 'pod'] };
  const key = clusterKey(`${sandboxAccount}|${sandboxRegion}|${sandboxCluster}`);
  await world.operator.ports.tables.write({ key, update: { set } });
  const { code, stdout } = await world.run(['status']);
  expect(code).toBe(3);
  expect(stdout).toMatch(/silent for 15 min.*hears nothing of node, pod from its API/);
  expect((await world.run(['explain', '10.1.0.1'])).stdout).toMatch(/hears nothing from its Kubernetes API/);
});
