import { describe, expect, onTestFinished, test } from 'vitest';
import { explain } from '../../lib/app/commands/explain-group.ts';
import { readStatus } from '../../lib/app/commands/status.ts';
import { contentHash } from '../../lib/core/model/content-hash.ts';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import type { ServicesTold } from '../../cluster-agent/lib/ports.ts';
import { namespaceObject } from '../support/agent-world.ts';
import { WatchedCluster } from '../support/watched-cluster.ts';
import { group, World } from '../support/world.ts';

interface Given {
  ips?: string[];
  hosts?: string[];
  external?: string[];
  cluster?: string;
  type?: string;
  app?: string;
}

function service(uid: string, given: Given = {}): Record<string, unknown> {
  const ingress = [
    ...(given.ips ?? []).map((ip) => ({ ip })),
    ...(given.hosts ?? []).map((hostname) => ({ hostname })),
  ];
  return {
    metadata: { uid, name: uid, namespace: 'shop', labels: { app: given.app ?? 'web' } },
    spec: {
      type: given.type ?? 'LoadBalancer',
      clusterIP: given.cluster ?? '10.96.0.1',
      clusterIPs: [given.cluster ?? '10.96.0.1'],
      externalIPs: given.external ?? [],
    },
    status: { loadBalancer: { ingress } },
  };
}

const ofServices = (more: Partial<AddressGroup> = {}): AddressGroup =>
  group('web', { addresses: 'service', ...more });

async function watched(
  objects: Record<string, unknown>[],
  { services = 'on', groups = [ofServices()] }: { services?: ServicesTold; groups?: AddressGroup[] } = {},
): Promise<WatchedCluster> {
  const cluster = new WatchedCluster(await World.start(groups));
  onTestFinished(() => cluster.stop());
  cluster.services = services;
  for (const object of objects) cluster.objects.put('service', object);
  await cluster.start();
  await cluster.pass(1);
  return cluster;
}

describe('addresses: service', () => {
  test('publishes load balancers of the services and ingresses it selects, and follows them', async () => {
    const cluster = await watched([
      service('a', { ips: ['10.2.0.1', '10.2.0.2'] }),
      service('b', { ips: ['10.2.0.3'], app: 'other' }),
      service('c', { type: 'ClusterIP' }),
    ]);
    expect(cluster.world.on('web')).toEqual(['10.2.0.1', '10.2.0.2']);
    cluster.objects.emit('ingress', {
      metadata: { uid: 'i', name: 'i', namespace: 'shop', labels: { app: 'web' } },
      status: { loadBalancer: { ingress: [{ ip: '10.2.0.9' }] } },
    });
    cluster.objects.emit('service', service('a', { ips: ['10.2.0.2', '10.2.0.4'] }));
    await cluster.quiet();
    expect(cluster.world.on('web')).toEqual(['10.2.0.2', '10.2.0.4', '10.2.0.9']);
    cluster.objects.emitRemoval('ingress', 'i');
    await cluster.quiet();
    expect(cluster.world.on('web')).toEqual(['10.2.0.2', '10.2.0.4']);
  });

  test('keeps an address for as long as one of those who share it is there', async () => {
    const cluster = await watched([service('a', { ips: ['10.2.0.1'] }), service('b', { ips: ['10.2.0.1'] })]);
    cluster.objects.emitRemoval('service', 'a');
    await cluster.quiet();
    expect(cluster.world.on('web')).toEqual(['10.2.0.1']);
    cluster.objects.emitRemoval('service', 'b');
    await cluster.quiet();
    expect(cluster.world.on('web')).toEqual([]);
  });

  test('takes external and cluster addresses when asked alone', async () => {
    const objects = [
      service('a', { ips: ['10.2.0.1'], external: ['10.3.0.1'] }),
      service('c', { type: 'ClusterIP', cluster: '10.96.0.7' }),
    ];
    const external = ofServices({ serviceAddresses: ['external'] });
    expect((await watched(objects, { groups: [external] })).world.on('web')).toEqual(['10.3.0.1']);
    const all = [ofServices({ serviceAddresses: ['load-balancer', 'cluster'] })];
    const everything = await watched(objects, { groups: all, services: 'all' });
    expect(everything.world.on('web')).toEqual(['10.2.0.1', '10.96.0.1', '10.96.0.7']);
  });

  test('selects by the namespace of the service, and follows its labels', async () => {
    const groups = [ofServices({ namespaces: "team == 'a'", anyNamespace: undefined })];
    const cluster = await watched([service('a', { ips: ['10.2.0.1'] })], { groups });
    expect(cluster.world.on('web')).toEqual([]);
    cluster.objects.emit('namespace', namespaceObject('ns', 'shop', { team: 'a' }));
    await cluster.quiet();
    expect(cluster.world.on('web')).toEqual(['10.2.0.1']);
  });

  test('publishes no address outside of the ranges of the cluster', async () => {
    const cluster = await watched([
      service('a', { ips: ['203.0.113.7'], external: ['8.8.8.8'] }),
      service('b', { ips: ['10.2.0.1'] }),
    ]);
    expect(cluster.world.on('web')).toEqual(['10.2.0.1']);
    const { endpoints } = await explain(cluster.world, 'shop/a');
    expect(endpoints[0]?.selections[0]?.refused[0]?.reason).toMatch(/outside of the ranges/);
  });

  test('refuses names, and says so', async () => {
    const name = 'k8s-shop-web.elb.eu-central-1.amazonaws.com';
    const cluster = await watched([service('a', { hosts: [name] })]);
    expect(cluster.world.on('web')).toEqual([]);
    const { endpoints } = await explain(cluster.world, 'shop/a');
    expect(JSON.stringify(endpoints)).toContain(`\\"${name}\\" is a host name`);
  });

  test('leaves pods and nodes alone: their groups get no service', async () => {
    const groups = [group('web'), group('hosts', { addresses: 'node', select: "app == 'web'" })];
    const cluster = await watched([service('a', { ips: ['10.2.0.1'] })], { groups });
    expect([...cluster.world.on('web'), ...cluster.world.on('hosts')]).toEqual([]);
  });
});

describe('agents and hubs of other versions', () => {
  test('an agent that tells no services leaves those that the hub has, and status says so', async () => {
    const stays = service('b', { ips: ['10.2.0.2'] });
    const cluster = await watched([service('a', { ips: ['10.2.0.1'] }), stays]);
    cluster.services = 'off';
    await cluster.start();
    await cluster.pass(12);
    expect(cluster.world.on('web')).toEqual(['10.2.0.1', '10.2.0.2']);
    const { clusters, unseen } = await readStatus(cluster.world);
    expect(clusters[0]?.verifiedShards).toBe(256);
    expect(unseen[0]?.text).toMatch(/does not tell any/);
    // Told again: what went meanwhile goes.
    cluster.services = 'on';
    cluster.objects.objects.service.delete('a');
    await cluster.start();
    await cluster.pass(2);
    expect(cluster.world.on('web')).toEqual(['10.2.0.2']);
    expect((await readStatus(cluster.world)).unseen.filter(({ cluster: key }) => key === 'one')).toEqual([]);
  });

  test('an older hub hears of no service', async () => {
    const cluster = new WatchedCluster(await World.start([ofServices()]));
    onTestFinished(() => cluster.stop());
    cluster.services = 'on';
    cluster.olderHub = true;
    cluster.objects.put('service', service('a', { ips: ['10.2.0.1'] }));
    await cluster.start();
    cluster.objects.emit('service', service('b', { ips: ['10.2.0.2'] }));
    cluster.objects.emitRemoval('service', 'a');
    await cluster.pass(1);
    expect(cluster.bus.changes().every((change) => 'upsert' in change && change.upsert.kind === 'node')).toBe(
      true,
    );
    expect(cluster.bus.accepted.every(({ detail }) => !detail.includes('"services"'))).toBe(true);
  });

  test('a service that got lost on the way is found by the next digest', async () => {
    const cluster = await watched([service('a', { ips: ['10.2.0.1'] })]);
    cluster.loses = ({ detailType }) => detailType === 'endpoints';
    cluster.objects.emit('service', service('b', { ips: ['10.2.0.2'] }));
    await cluster.quiet();
    cluster.loses = () => false;
    expect(cluster.world.on('web')).toEqual(['10.2.0.1']);
    await cluster.pass(6);
    expect(cluster.world.on('web')).toEqual(['10.2.0.1', '10.2.0.2']);
  });

  test('a manifest of an agent that says nothing of services removes none', async () => {
    const world = await World.start([ofServices()]);
    const record = {
      kind: 'service' as const,
      uid: 'a',
      name: 'a',
      namespace: 'shop',
      labels: { app: 'web' },
      addresses: ['10.2.0.1'],
      hostNetwork: false,
    };
    await world.upsert(record);
    // The last one of a group never leaves without a person.
    await world.upsert({ ...record, uid: 'b', addresses: ['10.2.0.2'] });
    expect(shardOf('service|b')).not.toBe(shardOf('service|a'));
    const shard = shardOf('service|a');
    const empty = { shard, cut: world.sequence, count: 0, entries: [] };
    await world.event('manifest', { epoch: world.epoch, manifests: [empty] });
    await world.settle();
    expect(world.on('web')).toEqual(['10.2.0.1', '10.2.0.2']);
    const entries = [['service|a', contentHash(record)]];
    const told = { shard, cut: world.sequence, count: 1, entries };
    await world.event('manifest', { epoch: world.epoch, services: true, manifests: [told] });
    await world.event('manifest', { epoch: world.epoch, services: true, manifests: [empty] });
    await world.settle();
    expect(world.on('web')).toEqual(['10.2.0.2']);
  });
});
