import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import type { BenchApi } from './bench-api.ts';

const namespace = 'shop';
const pods = `/api/v1/namespaces/${namespace}/pods`;
const podsPerNode = 100;
const width = 16;

interface LoadPod {
  name: string;
  uid: string;
}

/** Pods about as large as those of a web application on EKS (5 KB of JSON as the API gives it), without kubelets: each has its address from here. */
export class Load {
  readonly pods: LoadPod[] = [];
  readonly #api: BenchApi;
  #made = 0;
  #nodes = 1;

  constructor(api: BenchApi) {
    this.#api = api;
  }

  /** Pods and nodes. */
  get endpoints(): number {
    return this.pods.length + this.#nodes;
  }

  /** Nodes and a namespace for as many pods, and the pods. */
  async fill(count: number): Promise<void> {
    await this.#api.create('/api/v1/namespaces', { metadata: { name: namespace } });
    this.#nodes = Math.ceil(count / podsPerNode);
    for (let node = 0; node < this.#nodes; node++) await this.#api.create('/api/v1/nodes', nodeBody(node));
    await this.create(count);
  }

  /** Pods with addresses; gives their uids. */
  async create(count: number): Promise<string[]> {
    const uids: string[] = [];
    await inParallel(count, async () => {
      const number = this.#made++;
      const body = podBody(number, nodeOf(number % (this.#nodes * podsPerNode)));
      const { name, uid } = await this.#api.create(pods, body);
      const address = `10.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
      const status = { phase: 'Running', podIP: address, podIPs: [{ ip: address }] };
      await this.#api.patch(`${pods}/${name}/status`, { status });
      this.pods.push({ name, uid });
      uids.push(uid);
    });
    return uids;
  }

  /** Deletes the oldest pods; gives their uids. */
  async delete(count: number): Promise<string[]> {
    const gone = this.pods.splice(0, count);
    await inParallel(gone.length, async (index) => this.#api.delete(`${pods}/${gone[index]?.name ?? ''}`));
    return gone.map(({ uid }) => uid);
  }

  /** One label of a pod at a time, evenly; gives how many were changed. */
  async relabel(perSecond: number, seconds: number): Promise<number> {
    return this.#evenly(perSecond, seconds, async (turn) => {
      const { name = '' } = this.pods[(turn * 7919) % this.pods.length] ?? {};
      await this.#api.patch(`${pods}/${name}`, { metadata: { labels: { turn: String(turn) } } });
    });
  }

  /** Pods go, and as many new ones come: one in two changes each. */
  async churn(perSecond: number, seconds: number): Promise<number> {
    return this.#evenly(perSecond, seconds, async (turn) => {
      if (turn % 2 === 0) await this.delete(1);
      else await this.create(1);
    });
  }

  async #evenly(
    perSecond: number,
    seconds: number,
    change: (turn: number) => Promise<void>,
  ): Promise<number> {
    const begin = performance.now();
    const running = new Set<Promise<void>>();
    let turn = 0;
    for (; performance.now() - begin < seconds * 1_000; turn++) {
      const one = change(turn).finally(() => running.delete(one));
      running.add(one);
      if (running.size >= width) await Promise.race(running);
      await delay(Math.max(0, begin + ((turn + 1) * 1_000) / perSecond - performance.now()));
    }
    await Promise.all(running);
    return turn;
  }
}

async function inParallel(count: number, task: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}

function nodeOf(pod: number): string {
  return `ip-10-0-${Math.floor(pod / podsPerNode)}.eu-central-1.compute.internal`;
}

function nodeBody(node: number): unknown {
  const name = nodeOf(node * podsPerNode);
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    status: { addresses: [{ type: 'InternalIP', address: `10.0.${node >> 8}.${node & 255}` }] },
  };
}

function podBody(number: number, nodeName: string): V1Pod {
  const hash = (number % 97).toString(16).padStart(10, '5bd6c4f8d9');
  const env = Array.from({ length: 12 }, (_, i) => ({ name: `SETTING_${i}`, value: `value-${i}-of-web` }));
  return {
    metadata: {
      name: `web-${hash}-${number}`,
      labels: {
        app: 'web',
        'app.kubernetes.io/name': 'web',
        'app.kubernetes.io/part-of': 'shop',
        'app.kubernetes.io/version': '1.4.2',
        'pod-template-hash': hash,
        team: 'payments',
        tier: 'web',
      },
      annotations: {
        'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z',
        'checksum/config': 'c'.repeat(64),
      },
    },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      containers: ['web', 'proxy'].map((name) => ({
        name,
        image: `111122223333.dkr.ecr.eu-central-1.amazonaws.com/${name}:1.4.2`,
        env,
        ports: [{ containerPort: 8080, name: `${name}-http` }],
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 5 },
        volumeMounts: [{ name: 'config', mountPath: '/etc/web' }],
      })),
      volumes: [{ name: 'config', configMap: { name: 'web' } }],
    },
  };
}
