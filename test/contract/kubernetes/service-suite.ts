import { CoreV1Api, KubeConfig, NetworkingV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { kubernetesSource } from '../../../cluster-agent/kubernetes-api.ts';
import { Agent } from '../../../cluster-agent/lib/agent.ts';
import type { ServicesTold } from '../../../cluster-agent/lib/ports.ts';
import { systemClock, systemRandom } from '../../../cluster-agent/system.ts';
import { type EndpointChange, schemaVersion, servicesVersion } from '../../../lib/core/model/messages.ts';
import { entranceOf } from '../../support/entrance.ts';
import { MemoryInbox, RecordingBus } from '../../support/agent-world.ts';
import { addServiceRights, agentAccount } from '../../support/agent-rights.ts';
import { createNamespace } from '../../support/cluster.ts';
import { RecordingTelemetry } from '../../support/ports.ts';
import type { ApiUnderTest, StartApi } from './api-under-test.ts';
import { mergePatch } from './simulated.ts';

const patience = { timeout: 30_000, interval: 20 };

/** What the agent tells of services and ingresses, the same on every API. Call within `describe`. */
export function serviceSuite(start: StartApi): void {
  let api: ApiUnderTest;
  let core: CoreV1Api;
  let networking: NetworkingV1Api;
  let admin: KubeConfig;
  let config: KubeConfig;
  let epoch = 0;

  beforeAll(async () => {
    api = await start();
    admin = new KubeConfig();
    admin.loadFromFile(api.kubeconfig);
    core = admin.makeApiClient(CoreV1Api);
    networking = admin.makeApiClient(NetworkingV1Api);
    config = await agentAccount(admin, api.url);
  });

  afterAll(async () => api?.stop());

  /** With a hub that takes services. */
  function run(services: ServicesTold) {
    const [bus, inbox, telemetry] = [new RecordingBus(), new MemoryInbox(), new RecordingTelemetry()];
    bus.onAccepted = ({ detail, detailType }) => {
      if (detailType !== 'hello') return;
      const { process } = JSON.parse(detail) as { process: string };
      epoch += 1;
      inbox.deliver({ type: 'epoch', schema: schemaVersion, process, epoch, services: servicesVersion });
    };
    const agent = new Agent({
      objects: kubernetesSource(entranceOf(config), systemRandom),
      documents: undefined,
      services,
      bus,
      inbox,
      clock: systemClock,
      random: systemRandom,
      telemetry,
      source: 'zonebridge.cluster.111122223333.eu-central-1.shop',
      agentVersion: 'test',
    });
    const ended = agent.run();
    const stop = async (): Promise<void> => {
      agent.stop();
      await ended;
    };
    return { agent, bus, telemetry, stop };
  }

  const of = (bus: RecordingBus, uid = '') =>
    bus.changes().findLast((change) => ('upsert' in change ? change.upsert.uid : change.remove.uid) === uid);

  const told = (bus: RecordingBus, uid: string | undefined, condition: (change: EndpointChange) => boolean) =>
    vi.waitUntil(() => {
      const change = of(bus, uid);
      return change && condition(change) ? change : undefined;
    }, patience);
  const hasAddress = (change: EndpointChange) => 'upsert' in change && change.upsert.addresses.length > 0;

  test('without the right no service is told, but all else, and the failure names what could not be listed', async () => {
    const { agent, bus, telemetry, stop } = run('on');
    const failed = () => telemetry.lines.some(({ message }) => message.startsWith('the Kubernetes API'));
    await vi.waitUntil(failed, patience);
    await vi.waitUntil(() => agent.status.ready, patience);
    expect(JSON.stringify(telemetry.lines)).toMatch(/listing (services|ingresses)/);
    const kinds = bus.changes().map((change) => ('upsert' in change ? change.upsert : change.remove).kind);
    expect(kinds.filter((kind) => kind === 'service' || kind === 'ingress')).toEqual([]);
    // The hub leaves the services that it has.
    expect(bus.details('manifest').filter(({ services }) => services === true)).toEqual([]);
    expect(bus.manifests()).toHaveLength(256);
    await stop();
  });

  test('services and ingresses are told with their load balancers, and followed', async () => {
    await addServiceRights(admin);
    await createNamespace(core, 'front', { team: 'red' });
    const metadata = { name: 'web', labels: { app: 'web' } };
    const spec = { type: 'LoadBalancer', ports: [{ port: 443 }], externalIPs: ['10.3.0.1'] };
    const service = await core.createNamespacedService({ namespace: 'front', body: { metadata, spec } });
    const inside = await core.createNamespacedService({
      namespace: 'front',
      body: { metadata: { name: 'inside' }, spec: { ports: [{ port: 80 }] } },
    });
    const { agent, bus, stop } = run('on');
    await vi.waitUntil(() => agent.status.ready, patience);
    const uid = service.metadata?.uid;
    expect(of(bus, uid)).toMatchObject({
      upsert: { kind: 'service', namespaceLabels: { team: 'red' }, addresses: [], hostNetwork: false },
    });
    expect(of(bus, inside.metadata?.uid)).toBeUndefined();

    const status = { loadBalancer: { ingress: [{ ip: '10.2.8.1' }, { hostname: 'lb.example.com' }] } };
    const web = { namespace: 'front', name: 'web' };
    await core.patchNamespacedServiceStatus({ ...web, body: { status } }, mergePatch);
    expect(await told(bus, uid, hasAddress)).toMatchObject({
      cause: 'watch',
      upsert: { addresses: ['10.2.8.1'], hostNames: ['lb.example.com'], externalAddresses: ['10.3.0.1'] },
    });

    const backend = { service: { name: 'web', port: { number: 443 } } };
    const body = { metadata, spec: { defaultBackend: backend } };
    const ingress = await networking.createNamespacedIngress({ namespace: 'front', body });
    await networking.patchNamespacedIngressStatus({ ...web, body: { status } }, mergePatch);
    expect(await told(bus, ingress.metadata?.uid, hasAddress)).toMatchObject({
      upsert: { kind: 'ingress', labels: { app: 'web' }, addresses: ['10.2.8.1'] },
    });

    // Nothing outside reaches it any more: it is not told of, as if it were gone.
    const closed = { spec: { type: 'ClusterIP', externalIPs: null } };
    await core.patchNamespacedService({ ...web, body: closed }, mergePatch);
    expect(await told(bus, uid, (change) => 'remove' in change)).toMatchObject({ cause: 'watch' });
    await networking.deleteNamespacedIngress(web);
    await told(bus, ingress.metadata?.uid, (change) => 'remove' in change);
    await stop();
  });

  test('where every service is wanted its virtual addresses are told', async () => {
    const { agent, bus, stop } = run('all');
    await vi.waitUntil(() => agent.status.ready, patience);
    const inside = await core.readNamespacedService({ namespace: 'front', name: 'inside' });
    const virtual = inside.spec?.clusterIPs ?? [];
    expect(of(bus, inside.metadata?.uid)).toMatchObject({
      upsert: {
        kind: 'service',
        addresses: [],
        ...(virtual.length > 0 ? { clusterAddresses: virtual } : {}),
      },
    });
    await stop();
  });
}
