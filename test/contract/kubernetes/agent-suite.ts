import { CoreV1Api, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { allShards } from '../../../cluster-agent/lib/manifests.ts';
import { contentHash } from '../../../lib/core/model/content-hash.ts';
import { endpointId, shardOf } from '../../../lib/core/model/endpoint.ts';
import { digestDetail, schemaVersion } from '../../../lib/core/model/messages.ts';
import { digestVersion, shardDigest } from '../../../lib/core/model/shard-digest.ts';
import { entranceOf } from '../../support/entrance.ts';
import type { RecordingBus } from '../../support/agent-world.ts';
import { agentAccount } from '../../support/agent-rights.ts';
import { createNamespace, createNode, createPod, setPod } from '../../support/cluster.ts';
import { Gate } from '../../support/gate.ts';
import type { ApiUnderTest, StartApi } from './api-under-test.ts';
import { counted, last, patience, runAgent, type RunningAgent, told } from './running-agent.ts';

/** Content hashes that a hub has which took every change of a bus. */
function hashesOf(bus: RecordingBus): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const change of bus.changes()) {
    if ('upsert' in change) hashes.set(endpointId(change.upsert), contentHash(change.upsert));
    else hashes.delete(endpointId(change.remove));
  }
  return hashes;
}

/** What the agent tells of a cluster and how it takes the ends of watches, the same on every API. Call within `describe`. */
export function agentSuite(start: StartApi): void {
  let api: ApiUnderTest;
  let core: CoreV1Api;
  /** Kubeconfig with the rights of the manifests alone, through a gate that can cut connections. */
  let agentConfig: KubeConfig;
  let gate: Gate;
  let epoch = 0;
  const running: RunningAgent[] = [];

  async function startReadyAgent(hub: { digest?: number } = {}): Promise<RunningAgent> {
    const started = runAgent(entranceOf(agentConfig), { ...hub, epoch: () => (epoch += 1) });
    running.push(started);
    await vi.waitUntil(() => started.agent.status.ready, patience);
    return started;
  }

  beforeAll(async () => {
    api = await start();
    const admin = new KubeConfig();
    admin.loadFromFile(api.kubeconfig);
    core = admin.makeApiClient(CoreV1Api);
    gate = new Gate(() => Number(new URL(api.url).port));
    await gate.open();
    agentConfig = await agentAccount(admin, `https://127.0.0.1:${gate.port}`);
  });

  afterEach(async () => {
    for (const { agent, ended } of running.splice(0)) {
      agent.stop();
      await ended;
    }
  });

  afterAll(async () => {
    await gate?.close();
    await api?.stop();
  });

  test('a first run tells everything that exists, then one manifest for each shard', async () => {
    await createNamespace(core, 'first', { team: 'red' });
    const nodeUid = await createNode(core, 'first-node', ['10.1.0.1', 'fd00::1']);
    const uid = await createPod(core, 'first', 'web', { node: 'first-node' });
    await setPod(core, 'first', 'web', { phase: 'Running', ips: ['10.2.0.1', 'fd00::2'] });

    const { bus } = await startReadyAgent();

    expect(last(bus, uid)).toMatchObject({
      cause: 'start',
      upsert: {
        kind: 'pod',
        name: 'web',
        namespace: 'first',
        labels: { app: 'web' },
        namespaceLabels: {
          team: 'red',
          'kubernetes.io/metadata.name': 'first',
          'projectcalico.org/name': 'first',
        },
        addresses: ['10.2.0.1', 'fd00::2'],
        node: 'first-node',
        nodeAddresses: ['10.1.0.1', 'fd00::1'],
        hostNetwork: false,
      },
    });
    expect(last(bus, nodeUid)).toMatchObject({
      upsert: { kind: 'node', addresses: ['10.1.0.1', 'fd00::1'] },
    });
    const manifests = bus.manifests();
    expect(new Set(manifests.map(({ shard }) => shard)).size).toBe(256);
    const listed = manifests.flatMap(({ entries }) => entries.map(([id]) => id));
    expect(listed).toContain(`pod|${uid}`);
    expect(listed).toContain(`node|${nodeUid}`);
  });

  test('an address, a label, the end of a pod and its removal are told as they are seen', async () => {
    await createNamespace(core, 'life');
    await createNode(core, 'life-node', ['10.1.1.1']);
    const { bus } = await startReadyAgent();

    const uid = await createPod(core, 'life', 'web', { node: 'life-node' });
    await told(bus, uid, (change) => 'upsert' in change && change.upsert.addresses.length === 0);

    await setPod(core, 'life', 'web', { phase: 'Running', ips: ['10.2.1.1'] });
    const running = await told(
      bus,
      uid,
      (change) => 'upsert' in change && change.upsert.addresses.length === 1,
    );
    expect(running).toMatchObject({ cause: 'watch', upsert: { addresses: ['10.2.1.1'] } });

    await core.patchNamespacedPod(
      { namespace: 'life', name: 'web', body: { metadata: { labels: { tier: 'gold' } } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    await told(bus, uid, (change) => 'upsert' in change && change.upsert.labels['tier'] === 'gold');

    await setPod(core, 'life', 'web', { phase: 'Succeeded', ips: ['10.2.1.1'] });
    await told(bus, uid, (change) => 'upsert' in change && change.upsert.addresses.length === 0);

    await core.deleteNamespacedPod({ namespace: 'life', name: 'web', gracePeriodSeconds: 0 });
    expect(await told(bus, uid, (change) => 'remove' in change)).toMatchObject({ cause: 'watch' });
    const sequences = bus.changes().map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  });

  test('a pod that is being deleted keeps its address until it is gone', async () => {
    await createNamespace(core, 'drain');
    await createNode(core, 'drain-node', ['10.1.5.1']);
    const { bus } = await startReadyAgent();
    const uid = await createPod(core, 'drain', 'web', { node: 'drain-node' });
    await setPod(core, 'drain', 'web', { phase: 'Running', ips: ['10.2.5.1'] });
    await told(bus, uid, (change) => 'upsert' in change && change.upsert.addresses.length === 1);

    await core.deleteNamespacedPod({ namespace: 'drain', name: 'web', gracePeriodSeconds: 30 });
    await core.patchNamespacedPod(
      { namespace: 'drain', name: 'web', body: { metadata: { labels: { seen: 'deleting' } } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    const draining = await told(bus, uid, (change) => 'upsert' in change && 'seen' in change.upsert.labels);
    expect(draining).toMatchObject({ upsert: { addresses: ['10.2.5.1'] } });
    await core.deleteNamespacedPod({ namespace: 'drain', name: 'web', gracePeriodSeconds: 0 });
    await told(bus, uid, (change) => 'remove' in change);
  });

  test('a host-network pod says so; a namespace and a node touch their pods', async () => {
    await createNamespace(core, 'joins');
    await createNode(core, 'joins-node', ['10.1.2.1']);
    const { bus } = await startReadyAgent();
    const uid = await createPod(core, 'joins', 'proxy', { node: 'joins-node', hostNetwork: true });
    await setPod(core, 'joins', 'proxy', { phase: 'Running', ips: ['10.1.2.1'] });
    await told(
      bus,
      uid,
      (change) => 'upsert' in change && change.upsert.hostNetwork && change.upsert.addresses.length === 1,
    );

    await core.patchNamespace(
      { name: 'joins', body: { metadata: { labels: { zone: 'dmz' } } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    const relabelled = await told(
      bus,
      uid,
      (change) => 'upsert' in change && change.upsert.namespaceLabels?.['zone'] === 'dmz',
    );
    expect(relabelled.cause).toBe('namespace');

    await core.patchNodeStatus(
      { name: 'joins-node', body: { status: { addresses: [{ type: 'InternalIP', address: '10.1.2.2' }] } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    const moved = await told(
      bus,
      uid,
      (change) => 'upsert' in change && change.upsert.nodeAddresses?.[0] === '10.1.2.2',
    );
    expect(moved.cause).toBe('node');
  });

  test('a watch that is cut is resumed from where it was, without a new listing', async () => {
    await createNamespace(core, 'cut');
    await createNode(core, 'cut-node', ['10.1.3.1']);
    const { agent, bus } = await startReadyAgent();
    const before = await counted(agent, 'relists');

    gate.cut();
    const uid = await createPod(core, 'cut', 'web', { node: 'cut-node' });
    await setPod(core, 'cut', 'web', { phase: 'Running', ips: ['10.2.3.1'] });
    await told(bus, uid, (change) => 'upsert' in change && change.upsert.addresses.length === 1);
    await core.deleteNamespacedPod({ namespace: 'cut', name: 'web', gracePeriodSeconds: 0 });
    expect(await told(bus, uid, (change) => 'remove' in change)).toMatchObject({ cause: 'watch' });
    expect(await counted(agent, 'relists')).toEqual(before);
  });

  test('a new process gets a new epoch, tells everything again and lists all of it in manifests', async () => {
    await createNamespace(core, 'restart');
    await createNode(core, 'restart-node', ['10.1.4.1']);
    const uid = await createPod(core, 'restart', 'web', { node: 'restart-node' });
    await setPod(core, 'restart', 'web', { phase: 'Running', ips: ['10.2.4.1'] });
    const first = await startReadyAgent();
    first.agent.stop();
    expect(await first.ended).toBe('stopped');
    const firstEpoch = epoch;

    const second = await startReadyAgent();
    expect(epoch).toBe(firstEpoch + 1);
    expect(second.agent.process).not.toBe(first.agent.process);
    expect(second.bus.changes(epoch).map(({ sequence }) => sequence)[0]).toBe(1);
    expect(last(second.bus, uid)).toMatchObject({ cause: 'start', upsert: { addresses: ['10.2.4.1'] } });
    expect(new Set(second.bus.manifests(epoch).map(({ shard }) => shard)).size).toBe(256);
  });

  test('a new process whose hub compares digests sends none of what the one before told, and the same digest', async () => {
    await createNamespace(core, 'digest', { team: 'red' });
    await createNode(core, 'digest-node', ['10.1.7.1']);
    const hub = { digest: digestVersion };
    const first = await startReadyAgent(hub);
    expect(first.bus.changes()).toEqual([]);
    // A hub that has nothing asks for everything, and takes what comes later as it comes: partly listed, partly watched.
    first.inbox.deliver({ type: 'resend', schema: schemaVersion, epoch, shards: [...allShards] });
    await vi.waitUntil(() => first.bus.manifests().length === 256, patience);
    const uid = await createPod(core, 'digest', 'web', { node: 'digest-node' });
    await setPod(core, 'digest', 'web', { phase: 'Running', ips: ['10.2.7.1', 'fd00::7'] });
    await told(first.bus, uid, (change) => 'upsert' in change && change.upsert.addresses.length === 2);
    first.agent.stop();
    await first.ended;

    const known = hashesOf(first.bus);
    const second = await startReadyAgent(hub);
    const [digest] = second.bus.details('digest').map((detail) => digestDetail.parse(detail));
    const expected = allShards.map((shard) => {
      const { count, hash } = shardDigest([...known].filter(([id]) => shardOf(id) === shard));
      return [shard, count, hash];
    });
    expect(digest).toMatchObject({ epoch, cut: 0, digest: digestVersion });
    expect(digest?.shards).toEqual(expected);
    expect([second.bus.changes(), second.bus.manifests()]).toEqual([[], []]);

    second.inbox.deliver({
      type: 'manifests',
      schema: schemaVersion,
      epoch,
      shards: [shardOf(`pod|${uid}`)],
    });
    const [manifest] = await vi.waitUntil(
      () => (second.bus.manifests().length > 0 ? second.bus.manifests() : undefined),
      patience,
    );
    expect(manifest?.entries).toContainEqual([`pod|${uid}`, known.get(`pod|${uid}`)]);
    expect(second.bus.changes()).toEqual([]);
  });

  test('after a restart of the API the version is gone: a listing finds what was missed, as inferred', async () => {
    await createNamespace(core, 'gone');
    await createNode(core, 'gone-node', ['10.1.6.1']);
    const uid = await createPod(core, 'gone', 'old', { node: 'gone-node' });
    await setPod(core, 'gone', 'old', { phase: 'Running', ips: ['10.2.6.1'] });
    const { bus, telemetry } = await startReadyAgent();

    // The agent sees nothing of this: its relay is closed first.
    await gate.close();
    await core.deleteNamespacedPod({ namespace: 'gone', name: 'old', gracePeriodSeconds: 0 });
    const created = await createPod(core, 'gone', 'new', { node: 'gone-node' });
    await api.restart();
    await gate.open();

    expect(await told(bus, uid, (change) => 'remove' in change)).toMatchObject({ cause: 'relist' });
    expect(await told(bus, created, (change) => 'upsert' in change)).toMatchObject({ cause: 'relist' });
    // Nobody was removed because nobody answered.
    const removals = bus.changes().filter((change) => 'remove' in change);
    expect(removals).toHaveLength(1);
    expect(telemetry.lines.some(({ message }) => message.startsWith('watching pods'))).toBe(true);
  });
}
