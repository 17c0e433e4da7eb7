import { type CoreV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { expect, test, vi } from 'vitest';
import { kubernetesSource } from '../../../cluster-agent/kubernetes-api.ts';
import { Agent } from '../../../cluster-agent/lib/agent.ts';
import { systemClock, systemRandom } from '../../../cluster-agent/system.ts';
import { schemaVersion } from '../../../lib/core/model/messages.ts';
import { MemoryInbox, RecordingBus } from '../../support/agent-world.ts';
import { createNamespace, createNode, createPod, setPod } from '../../support/cluster.ts';
import { RecordingTelemetry } from '../../support/ports.ts';
import { type Simulated, simulated } from './simulated.ts';

const patience = { timeout: 30_000, interval: 20 };

/** An agent on a simulated cluster, and the addresses its hub believes in. */
function startAgent(world: Simulated) {
  const bus = new RecordingBus();
  const inbox = new MemoryInbox();
  bus.onAccepted = ({ detail, detailType }) => {
    if (detailType !== 'hello') return;
    const { process } = JSON.parse(detail) as { process: string };
    inbox.deliver({ type: 'epoch', schema: schemaVersion, process, epoch: 1 });
  };
  const agent = new Agent({
    objects: kubernetesSource(world.config, systemRandom),
    documents: undefined,
    bus,
    inbox,
    clock: systemClock,
    random: systemRandom,
    telemetry: new RecordingTelemetry(),
    source: 'zonebridge.cluster.111122223333.eu-central-1.shop',
    agentVersion: 'test',
  });
  const believed = (): string[] => {
    const pods = new Map<string, string>();
    for (const change of bus.changes()) {
      if ('remove' in change) pods.delete(change.remove.uid);
      else if (change.upsert.kind === 'pod') {
        const { addresses, labels, name, uid } = change.upsert;
        pods.set(uid, `${name} ${labels['round'] ?? '-'} ${addresses.join()}`);
      }
    }
    return [...pods.values()].sort();
  };
  return { agent, believed, ended: agent.run() };
}

async function truth(core: CoreV1Api): Promise<string[]> {
  const { items } = await core.listNamespacedPod({ namespace: 'shop' });
  return items
    .map(
      ({ metadata, status }) =>
        `${metadata?.name} ${metadata?.labels?.['round'] ?? '-'} ${status?.podIP ?? ''}`,
    )
    .sort();
}

/** Pods that come, get addresses and labels, and go. */
async function churn(core: CoreV1Api, round: number): Promise<void> {
  for (let index = 0; index < 6; index++) {
    const name = `p-${round}-${index}`;
    await createPod(core, 'shop', name, { node: 'node' });
    await setPod(core, 'shop', name, { phase: 'Running', ips: [`10.3.${round}.${index + 1}`] });
    const body = { metadata: { labels: { round: String(round) } } };
    await core.patchNamespacedPod(
      { namespace: 'shop', name, body },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    if (index % 2 === 0) await core.deleteNamespacedPod({ namespace: 'shop', name, gracePeriodSeconds: 0 });
  }
}

/** Requests of the agent alone: those of all namespaces at once. */
const mine = 'api/v1/(pods|nodes|namespaces)\\?';

test.each([
  ['watches that end after two events', [{ kind: 'watch-end', events: 2, path: mine }]],
  ['watches that are cut after three events', [{ kind: 'watch-end', how: 'abrupt', events: 3, path: mine }]],
  ['watches that are too old after two events', [{ kind: 'watch-gone', events: 2, path: mine, times: 9 }]],
  ['events that come twice', [{ kind: 'watch-duplicate', path: mine }]],
  ['events that come again when they are over', [{ kind: 'watch-stale', path: mine }]],
  ['late events', [{ kind: 'watch-delay', milliseconds: 150, path: mine }]],
  ['a version that is refused with 410', [{ kind: 'reject', status: 410, path: `${mine}.*watch`, times: 6 }]],
  ['an API that is busy', [{ kind: 'reject', status: 429, retryAfterSeconds: 1, path: mine, times: 6 }]],
  ['an API that fails', [{ kind: 'reject', status: 503, path: mine, times: 6 }]],
  [
    'listings that are cut in half',
    [
      { kind: 'truncate', path: `${mine}limit`, times: 3 },
      { kind: 'watch-gone', events: 2, path: mine, times: 4 },
    ],
  ],
])('the hub knows what is true after %s', async (_, faults) => {
  const world = await simulated({ controllers: false });
  const { core, simulator } = world;
  await createNamespace(core, 'shop');
  await createNode(core, 'node', ['10.0.0.1']);
  simulator.faults.add(faults);
  const { agent, believed, ended } = startAgent(world);
  try {
    await churn(core, 1);
    await vi.waitUntil(() => agent.status.ready, patience);
    await churn(core, 2);
    await core.deleteNamespacedPod({ namespace: 'shop', name: 'p-1-1', gracePeriodSeconds: 0 });
    const expected = await truth(core);
    expect(expected).toHaveLength(5);
    await vi
      .waitUntil(() => JSON.stringify(believed()) === JSON.stringify(expected), patience)
      .catch(() => undefined);
    expect(believed()).toEqual(expected);
    expect(simulator.faults.list().some((fault) => 'hits' in fault && Number(fault.hits) > 0)).toBe(true);
  } finally {
    agent.stop();
    await ended;
  }
});
