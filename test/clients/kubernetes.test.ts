import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { startKubernetesSimulator } from '../../lib/kubernetes/simulator/index.ts';
import { Cluster } from '../../lib/sandbox/cluster.ts';
import { startKubernetes } from '../../lib/sandbox/kubernetes/start.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';
import { clients, isMissing } from './against-simulator.ts';
import { runPython } from './python.ts';

const run = promisify(execFile);

/** Gives the path of an administrator's kubeconfig of a cluster with two nodes that run pods. */
type WithCluster = (work: (kubeconfig: string) => Promise<void>) => Promise<void>;

const onSimulator: WithCluster = async (work) => {
  const simulator = await startKubernetesSimulator({ nodes: 2 });
  try {
    await work(simulator.kubeconfig);
  } finally {
    await simulator.stop();
  }
};

const onRealOne: WithCluster = async (work) => {
  const directory = await mkdtemp(join(tmpdir(), 'zonebridge-clients-'));
  const parts = { controllers: true, scheduler: true, kwok: true };
  const kubernetes = await startKubernetes({ directory: join(directory, 'api'), ...parts });
  try {
    const cluster = new Cluster(kubernetes.kubeconfig);
    for (const number of [1, 2]) await cluster.addNode(`node-${number}`, `10.0.0.${number}`, true);
    await work(kubernetes.kubeconfig);
  } finally {
    await kubernetes.stop();
    await rm(directory, { recursive: true, force: true });
  }
};

const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
);
if (!hasKubectl) console.warn('kubectl is not installed: its tests are skipped');

/** The same expectations of both APIs. */
function clientTests(withCluster: WithCluster): void {
  test.skipIf(isMissing)('the official Python client creates, watches, pages and is refused', async () => {
    await withCluster(async (kubeconfig) => {
      const python = 'python' in clients ? clients.python : '';
      expect(await runPython(python, 'kubernetes_client.py', { KUBECONFIG: kubeconfig })).toEqual({
        version: 'v1.34',
        ready: 'default',
        running: 3,
        pages: [2, 1],
        selected: [3, 0, 3, 0],
        byField: 1,
        patched: 'gold',
        scale: 1,
        duplicate: [409, 'AlreadyExists'],
        missing: [404, 'NotFound'],
        invalid: [422, 'Invalid'],
        stale: [409, 'Conflict'],
        gone: 2,
        emptied: [404, 'NotFound'],
        left: 0,
      });
    });
  });

  test.skipIf(!hasKubectl)('kubectl applies the storefront, scales, restarts, drains, deletes', async () => {
    await withCluster(async (kubeconfig) => {
      const kubectl = async (...args: string[]) => {
        const { stdout } = await run('kubectl', ['--kubeconfig', kubeconfig, ...args], { timeout: 60_000 });
        return stdout;
      };
      const manifests = join(import.meta.dirname, '../../examples/storefront/kubernetes/storefront.yaml');
      const shop = ['--namespace', 'shop'];
      const rollout = async () =>
        kubectl('rollout', 'status', 'deployment/storefront', ...shop, '--timeout=30s');
      expect(await kubectl('apply', '-f', manifests)).toMatch(/deployment.apps\/storefront created/);
      expect(await kubectl('apply', '-f', manifests)).toMatch(/deployment.apps\/storefront unchanged/);
      expect(await kubectl('apply', '--server-side', '--force-conflicts', '-f', manifests)).toMatch(
        /storefront serverside-applied/,
      );
      await kubectl('scale', 'deployment/storefront', '--replicas=4', ...shop);
      expect(await rollout()).toMatch(/successfully rolled out/);
      await kubectl('rollout', 'restart', 'deployment/storefront', ...shop);
      expect(await rollout()).toMatch(/successfully rolled out/);
      expect(await kubectl('drain', 'node-1')).toMatch(/node\/node-1 drained/);
      expect(await rollout()).toMatch(/successfully rolled out/);
      const nodes = await kubectl('get', 'pods', ...shop, '-o', 'jsonpath={.items[*].spec.nodeName}');
      expect(new Set(nodes.trim().split(/\s+/))).toEqual(new Set(['node-2']));
      const listed = await kubectl('get', 'deploy,rs,po', '-l', 'app=storefront', ...shop, '-o', 'name');
      expect(listed).toMatch(/pod\/storefront-/);
      await kubectl('label', 'pod', '--all', 'seen=yes', ...shop);
      expect(await kubectl('delete', 'namespace', 'shop')).toMatch(/"shop" deleted/);
      expect(await kubectl('get', 'namespaces', '-o', 'name')).not.toMatch(/shop/);
    });
  });
}

describe('clients of others on the simulated Kubernetes API', () => clientTests(onSimulator));

await kubernetesOrSkip('clients of others on a real Kubernetes API', () => clientTests(onRealOne));
