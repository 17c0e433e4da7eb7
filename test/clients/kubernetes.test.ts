import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type KubernetesSimulator, startKubernetesSimulator } from '../../lib/kubernetes/simulator/index.ts';
import { clients, isMissing } from './against-simulator.ts';
import { runPython } from './python.ts';

const run = promisify(execFile);

async function withSimulator<T>(work: (simulator: KubernetesSimulator) => Promise<T>): Promise<T> {
  const simulator = await startKubernetesSimulator({ nodes: 2 });
  try {
    return await work(simulator);
  } finally {
    await simulator.stop();
  }
}

describe.skipIf(isMissing)('the official Python client on the simulated Kubernetes API', () => {
  test('creates, watches, pages, selects, patches and is refused', async () => {
    const seen = await withSimulator(async ({ kubeconfig }) =>
      runPython('python' in clients ? clients.python : '', 'kubernetes_client.py', {
        KUBECONFIG: kubeconfig,
      }),
    );
    expect(seen).toEqual({
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

const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
);
if (!hasKubectl) console.warn('kubectl is not installed: its test is skipped');

describe.skipIf(!hasKubectl)('kubectl on the simulated Kubernetes API', () => {
  test('applies the storefront, scales, restarts, drains and deletes it', async () => {
    await withSimulator(async ({ kubeconfig }) => {
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
      const nodes = await kubectl('get', 'pods', ...shop, '-o', 'jsonpath={.items[*].spec.nodeName}');
      expect(new Set(nodes.trim().split(/\s+/))).toEqual(new Set(['node-2']));
      expect(await kubectl('get', 'deploy,rs,po', '-l', 'app=storefront', ...shop, '-o', 'name')).toMatch(
        /pod\/storefront-/,
      );
      await kubectl('label', 'pod', '--all', 'seen=yes', ...shop);
      expect(await kubectl('delete', 'namespace', 'shop')).toMatch(/"shop" deleted/);
      expect(await kubectl('get', 'namespaces', '-o', 'name')).not.toMatch(/shop/);
    });
  });
});
