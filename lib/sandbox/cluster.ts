import { readFile } from 'node:fs/promises';
import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  loadAllYaml,
  PatchStrategy,
  setHeaderOptions,
  type V1Deployment,
  type V1Pod,
} from '@kubernetes/client-node';

const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/** What the demo and the benchmark do in a cluster; each change gives the moment its answer came (milliseconds since 1970). */
export class Cluster {
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly #objects: KubernetesObjectApi;

  constructor(kubeconfig: string, context?: string) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    if (context !== undefined) config.setCurrentContext(context);
    this.core = config.makeApiClient(CoreV1Api);
    this.apps = config.makeApiClient(AppsV1Api);
    this.#objects = KubernetesObjectApi.makeApiClient(config);
  }

  async applyFile(path: string): Promise<number> {
    for (const object of loadAllYaml(await readFile(path, 'utf8'))) await this.#objects.create(object);
    return now();
  }

  /** A node with an address of its own; `simulated` ones run pods by themselves. */
  async addNode(name: string, address: string, simulated: boolean): Promise<number> {
    await this.core.createNode({
      body: {
        metadata: {
          name,
          labels: { 'kubernetes.io/hostname': name },
          ...(simulated ? { annotations: { 'kwok.x-k8s.io/node': 'fake' } } : {}),
        },
        status: { addresses: [{ type: 'InternalIP', address }] },
      },
    });
    return now();
  }

  async addNamespace(name: string): Promise<void> {
    await this.core.createNamespace({ body: { metadata: { name } } });
  }

  async createDeployment(namespace: string, body: V1Deployment): Promise<number> {
    await this.apps.createNamespacedDeployment({ namespace, body });
    return now();
  }

  async scale(namespace: string, name: string, replicas: number): Promise<number> {
    await this.apps.patchNamespacedDeploymentScale(
      { namespace, name, body: { spec: { replicas } } },
      mergePatch,
    );
    return now();
  }

  /** Replaces the pods one after the other, new ones first. */
  async restart(namespace: string, name: string): Promise<number> {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    const body = { spec: { template: { metadata: { annotations } } } };
    await this.apps.patchNamespacedDeployment({ namespace, name, body }, mergePatch);
    return now();
  }

  async pods(namespace: string, labelSelector: string): Promise<V1Pod[]> {
    const { items } = await this.core.listNamespacedPod({ namespace, labelSelector });
    return items.filter(
      (pod) => pod.status?.podIP !== undefined && pod.metadata?.deletionTimestamp === undefined,
    );
  }

  async label(namespace: string, name: string, labels: Record<string, string | null>): Promise<number> {
    await this.core.patchNamespacedPod({ namespace, name, body: { metadata: { labels } } }, mergePatch);
    return now();
  }

  /** With no grace the API forgets the pod at once, whether its node has ended it or not. */
  async deletePod(namespace: string, name: string, gracePeriodSeconds = 0): Promise<number> {
    await this.core.deleteNamespacedPod({ namespace, name, body: { gracePeriodSeconds } });
    return now();
  }

  async cordon(node: string, unschedulable: boolean): Promise<void> {
    await this.core.patchNode({ name: node, body: { spec: { unschedulable } } }, mergePatch);
  }

  /** A pod that no kubelet runs: its address is given by `runPod`. */
  async createPod(
    namespace: string,
    pod: { name: string; node: string; labels: Record<string, string> },
  ): Promise<void> {
    await this.core.createNamespacedPod({
      namespace,
      body: {
        metadata: { name: pod.name, labels: pod.labels },
        spec: {
          nodeName: pod.node,
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'c', image: 'registry.example/c:1' }],
        },
      },
    });
  }

  /** Gives a pod its address, as a kubelet does. */
  async runPod(namespace: string, name: string, address: string): Promise<number> {
    const status = { phase: 'Running', podIP: address, podIPs: [{ ip: address }] };
    await this.core.patchNamespacedPodStatus({ namespace, name, body: { status } }, mergePatch);
    return now();
  }
}

export function now(): number {
  return performance.timeOrigin + performance.now();
}
