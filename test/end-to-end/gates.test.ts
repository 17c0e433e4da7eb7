import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { kubernetesSource } from '../../cluster-agent/kubernetes-api.ts';
import { kubernetesGates } from '../../cluster-agent/kubernetes-gates.ts';
import { Agent } from '../../cluster-agent/lib/agent.ts';
import { systemClock, systemRandom } from '../../cluster-agent/system.ts';
import { gatesVersion } from '../../lib/core/gates/gate.ts';
import { gatesDetail, schemaVersion } from '../../lib/core/model/messages.ts';
import { type ApiUnderTest, startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { MemoryInbox, RecordingBus } from '../support/agent-world.ts';
import { addRights, agentAccount } from '../support/agent-rights.ts';
import { createNamespace } from '../support/cluster.ts';
import { entranceOf } from '../support/entrance.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';
import { RecordingTelemetry } from '../support/ports.ts';

const gate = 'zonebridge.dev/published';
/** As the manifests call it. */
const namespace = 'gated-namespace';
const patience = { timeout: 30_000, interval: 100 };

let api: ApiUnderTest;
let core: CoreV1Api;
let agentConfig: KubeConfig;

async function createGated(name: string, within: string, podIP: string): Promise<void> {
  const spec = { containers: [{ name: 'web', image: 'web' }], readinessGates: [{ conditionType: gate }] };
  await core.createNamespacedPod({ namespace: within, body: { metadata: { name }, spec } });
  const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }] };
  const body = [{ op: 'add', path: '/status', value: status }];
  await core.patchNamespacedPodStatus({ name, namespace: within, body });
}

const conditionOf = async (name: string, within = namespace) => {
  const { status } = await core.readNamespacedPod({ name, namespace: within });
  return status?.conditions?.find(({ type }) => type === gate);
};

await kubernetesOrSkip('readiness gates on a real Kubernetes API', () => {
  beforeAll(async () => {
    api = await startRealApi();
    const admin = new KubeConfig();
    admin.loadFromFile(api.kubeconfig);
    core = admin.makeApiClient(CoreV1Api);
    agentConfig = await agentAccount(admin, api.url);
    await createNamespace(core, namespace);
    await createNamespace(core, 'elsewhere');
    await addRights(admin, ['gates/rbac']);
  });

  afterAll(async () => api?.stop());

  test('the agent opens the gates that the hub says are published, with the rights of its manifests', async () => {
    const bus = new RecordingBus();
    const inbox = new MemoryInbox();
    bus.onAccepted = ({ detail, detailType }) => {
      if (detailType === 'hello') {
        const { process } = JSON.parse(detail) as { process: string };
        inbox.deliver({ type: 'epoch', schema: schemaVersion, process, epoch: 1, gates: gatesVersion });
      }
      if (detailType !== 'gates') return;
      const [first] = gatesDetail.parse(JSON.parse(detail)).pods;
      if (first) inbox.deliver({ type: 'published', schema: schemaVersion, epoch: 1, pods: [first] });
    };
    const rule = { timeoutSeconds: 60, whenLate: 'open' as const };
    const telemetry = new RecordingTelemetry();
    const agent = new Agent({
      objects: kubernetesSource(entranceOf(agentConfig), systemRandom),
      documents: undefined,
      gates: {
        rules: { [namespace]: rule, elsewhere: rule },
        gates: kubernetesGates(entranceOf(agentConfig)),
      },
      bus,
      inbox,
      clock: systemClock,
      random: systemRandom,
      telemetry,
      source: 'zonebridge.cluster.111122223333.eu-central-1.shop',
      agentVersion: 'test',
    });
    const ended = agent.run();
    try {
      await createGated('web-1', namespace, '10.1.0.1');
      const condition = await vi.waitUntil(async () => conditionOf('web-1'), patience);
      expect(condition).toMatchObject({ status: 'True', reason: 'Published' });
      // What others write into the status stays theirs.
      const ready = [{ type: 'ContainersReady', status: 'True' }];
      await core.patchNamespacedPodStatus({
        name: 'web-1',
        namespace,
        body: [{ op: 'add', path: '/status/conditions/-', value: ready[0] }],
      });
      expect(await conditionOf('web-1')).toMatchObject({ status: 'True' });
      // No RoleBinding there: the gate stays closed, and the agent says why.
      await createGated('web-2', 'elsewhere', '10.1.0.2');
      await vi.waitUntil(() => JSON.stringify(telemetry).includes('elsewhere/web-2'), patience);
      expect(await conditionOf('web-2', 'elsewhere')).toBeUndefined();
    } finally {
      agent.stop();
      await ended;
    }
  });

  test('another pod of the same name is not opened for the one that is gone', async () => {
    await createGated('web-3', namespace, '10.1.0.3');
    const gates = kubernetesGates(entranceOf(agentConfig));
    const condition = { status: 'True', reason: 'Published', message: 'text', at: Date.now() } as const;
    await gates.write({ namespace, name: 'web-3', uid: 'another' }, condition);
    await gates.write({ namespace, name: 'none', uid: 'another' }, condition);
    expect(await conditionOf('web-3')).toBeUndefined();
  });
});
