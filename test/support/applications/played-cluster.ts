import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchV1Api,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type V1ServiceSpec,
} from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import type { GateRules } from '../../../lib/core/gates/gate.ts';
import type { Entrance } from '../../../lib/kubernetes/administration/cluster-api.ts';
import { Cluster } from '../../../lib/sandbox/cluster.ts';
import { type Kubernetes, startKubernetes } from '../../../lib/sandbox/kubernetes/start.ts';
import { addGateRights, addServiceRights, agentAccount } from '../agent-rights.ts';
import { entranceOf } from '../entrance.ts';
import { addressesBy, type Truth } from './truth.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/applications');
const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
/** Sock Shop asks for the older name of the label, as nodes still have it. */
const linux = { 'kubernetes.io/os': 'linux', 'beta.kubernetes.io/os': 'linux' };

/** A real Kubernetes API with its controllers and scheduler, and played nodes that run whatever pods they are given. */
export class PlayedCluster {
  readonly admin: KubeConfig;
  readonly hands: Cluster;
  readonly #kubernetes: Kubernetes;
  readonly #directory: string;
  readonly #objects: KubernetesObjectApi;
  readonly #batch: BatchV1Api;

  private constructor(kubernetes: Kubernetes, directory: string) {
    this.#kubernetes = kubernetes;
    this.#directory = directory;
    this.admin = new KubeConfig();
    this.admin.loadFromFile(kubernetes.kubeconfig);
    this.hands = new Cluster(kubernetes.kubeconfig);
    this.#objects = KubernetesObjectApi.makeApiClient(this.admin);
    this.#batch = this.admin.makeApiClient(BatchV1Api);
  }

  static async start(): Promise<PlayedCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'zonebridge-played-'));
    const kubernetes = await startKubernetes({
      directory: join(directory, 'api'),
      controllers: true,
      scheduler: true,
      kwok: true,
      onProgress: ({ message }) => console.log(message),
    });
    return new PlayedCluster(kubernetes, directory);
  }

  async stop(): Promise<void> {
    await this.#kubernetes.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** The way in for the agent, with the rights of its manifests alone. Makes the namespaces whose gates it opens. */
  async agentEntrance(gates: GateRules = {}): Promise<Entrance> {
    const account = await agentAccount(this.admin, this.#kubernetes.url);
    await addServiceRights(this.admin);
    for (const name of Object.keys(gates)) await this.hands.addNamespace(name);
    await addGateRights(this.admin, gates);
    return entranceOf(account);
  }

  async addNode(name: string, address: string, labels: Record<string, string> = {}): Promise<void> {
    await this.hands.core.createNode({
      body: {
        metadata: {
          name,
          labels: { 'kubernetes.io/hostname': name, ...linux, ...labels },
          annotations: { 'kwok.x-k8s.io/node': 'fake' },
        },
        status: { addresses: [{ type: 'InternalIP', address }] },
      },
    });
  }

  /** `kubectl apply -f`, with `-n` where the manifest names no namespace. */
  async apply(file: string, namespace: string): Promise<void> {
    for (const document of parseAllDocuments(await readFile(join(fixtures, file), 'utf8'))) {
      const object = document.toJS() as KubernetesObject | null;
      // What kustomize reads is no object of the API.
      if (!object || object.kind === 'Component') continue;
      if (object.kind !== 'Namespace' && object.metadata) object.metadata.namespace ??= namespace;
      await this.#objects.create(object);
    }
  }

  async applyFolder(folder: string, namespace: string): Promise<void> {
    for (const file of await readdir(join(fixtures, folder))) await this.apply(join(folder, file), namespace);
  }

  async labelNamespace(name: string, labels: Record<string, string | null>): Promise<void> {
    await this.hands.core.patchNamespace({ name, body: { metadata: { labels } } }, mergePatch);
  }

  async labelNode(name: string, labels: Record<string, string | null>): Promise<void> {
    await this.hands.core.patchNode({ name, body: { metadata: { labels } } }, mergePatch);
  }

  /** What the cloud does for a service of type LoadBalancer. */
  async giveBalancer(namespace: string, name: string, ip: string): Promise<void> {
    const body = { status: { loadBalancer: { ingress: [{ ip }] } } };
    await this.hands.core.patchNamespacedServiceStatus({ namespace, name, body }, mergePatch);
  }

  /** Puts something into the status of a pod, as its kubelet does. */
  async setStatus(namespace: string, name: string, status: object): Promise<void> {
    await this.hands.core.patchNamespacedPodStatus({ namespace, name, body: { status } }, mergePatch);
  }

  /** A pod in the network of its node, `on=host`. */
  async runOnHost(
    namespace: string,
    name: string,
    { app, node }: { app: string; node: string },
  ): Promise<void> {
    const labels = { app, on: 'host' };
    const spec = { hostNetwork: true, nodeName: node, containers: [{ name: 'c', image: 'c' }] };
    await this.hands.core.createNamespacedPod({ namespace, body: { metadata: { name, labels }, spec } });
  }

  /** A pod that waits for a node that there is not. */
  async runNowhere(namespace: string, name: string, labels: Record<string, string>): Promise<void> {
    const spec = { nodeSelector: { there: 'is-none' }, containers: [{ name: 'c', image: 'c' }] };
    await this.hands.core.createNamespacedPod({ namespace, body: { metadata: { name, labels }, spec } });
  }

  /** A service of port 80, labelled with its name. */
  async createService(
    namespace: string,
    name: string,
    spec: Pick<V1ServiceSpec, keyof V1ServiceSpec>,
  ): Promise<void> {
    const body = { metadata: { name, labels: { app: name } }, spec: { ports: [{ port: 80 }], ...spec } };
    await this.hands.core.createNamespacedService({ namespace, body });
  }

  /** A Job of one pod, which ends by itself. */
  async runJob(namespace: string, name: string, labels: Record<string, string>): Promise<void> {
    const spec = { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c' }] };
    const body = { metadata: { name }, spec: { template: { metadata: { labels }, spec } } };
    await this.#batch.createNamespacedJob({ namespace, body });
  }

  async jobDone(namespace: string, name: string): Promise<boolean> {
    return (await this.#batch.readNamespacedJob({ namespace, name })).status?.succeeded === 1;
  }

  /** Pods of a node that have not ended. */
  async podsOn(node: string): Promise<{ namespace: string; name: string }[]> {
    const fieldSelector = `spec.nodeName=${node},status.phase=Running`;
    const { items } = await this.hands.core.listPodForAllNamespaces({ fieldSelector });
    return items.map(({ metadata }) => ({
      namespace: metadata?.namespace ?? '',
      name: metadata?.name ?? '',
    }));
  }

  /** Whether every Deployment of a namespace has exactly its pods, of its newest template, with addresses. */
  async settled(namespace: string): Promise<boolean> {
    const { items: deployments } = await this.hands.apps.listNamespacedDeployment({ namespace });
    const { items: pods } = await this.hands.core.listNamespacedPod({ namespace });
    const done = deployments.every(({ metadata, spec, status }) => {
      const counts = [status?.replicas, status?.updatedReplicas, status?.availableReplicas];
      const seen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
      return seen && counts.every((count) => (count ?? 0) === spec?.replicas);
    });
    const wanted = deployments.reduce((sum, { spec }) => sum + (spec?.replicas ?? 0), 0);
    return done && pods.length === wanted && pods.every(({ status }) => status?.podIP);
  }

  /** Addresses of a group by listings that the API answers now. */
  async addresses(truth: Truth): Promise<string[]> {
    const { core } = this.hands;
    const labelSelector = truth.select;
    const listed = {
      pods: () => core.listPodForAllNamespaces({ labelSelector }),
      'nodes of pods': () => core.listPodForAllNamespaces({ labelSelector }),
      nodes: () => core.listNode({ labelSelector }),
      'load balancers': () => core.listServiceForAllNamespaces({ labelSelector }),
      'virtual addresses': () => core.listServiceForAllNamespaces({ labelSelector }),
    };
    const namespaces = await core.listNamespace({ labelSelector: truth.namespaces ?? '' });
    const nodes = await core.listNode();
    const selected = await listed[truth.kind]();
    return addressesBy(truth, {
      namespaces: namespaces.items,
      nodes: nodes.items,
      selected: selected.items,
    });
  }
}
