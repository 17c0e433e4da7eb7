import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppsV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startKubernetes } from '../../lib/sandbox/kubernetes/start.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

const patience = { timeout: 60_000, interval: 50 };
let directory: string;

function groupAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

await kubernetesOrSkip('the Kubernetes API of the sandbox', () => {
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'zonebridge-kubernetes-'));
  });

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  test('runs a Deployment on a played node, and leaves neither processes nor files', async () => {
    const api = join(directory, 'whole');
    const kubernetes = await startKubernetes({
      directory: api,
      controllers: true,
      scheduler: true,
      kwok: true,
    });
    try {
      const config = new KubeConfig();
      config.loadFromFile(kubernetes.kubeconfig);
      const core = config.makeApiClient(CoreV1Api);
      await core.createNode({
        body: { metadata: { name: 'played', annotations: { 'kwok.x-k8s.io/node': 'fake' } } },
      });
      const labels = { app: 'web' };
      await config.makeApiClient(AppsV1Api).createNamespacedDeployment({
        namespace: 'default',
        body: {
          metadata: { name: 'web' },
          spec: {
            replicas: 2,
            selector: { matchLabels: labels },
            template: {
              metadata: { labels },
              spec: { containers: [{ name: 'c', image: 'example.test/none' }] },
            },
          },
        },
      });
      const pods = await vi.waitUntil(async () => {
        const { items } = await core.listNamespacedPod({ namespace: 'default' });
        return items.length === 2 && items.every(({ status }) => status?.podIP) ? items : undefined;
      }, patience);
      expect(pods.every(({ spec }) => spec?.nodeName === 'played')).toBe(true);
    } finally {
      await kubernetes.stop();
    }
    expect(groupAlive(kubernetes.pid)).toBe(false);
    expect(existsSync(api)).toBe(false);
  });

  test('ends when the process that started it is killed', async () => {
    const module = join(import.meta.dirname, '../../lib/sandbox/kubernetes/start.ts');
    const script = `
      const { startKubernetes } = await import(${JSON.stringify(module)});
      const { pid } = await startKubernetes({ directory: ${JSON.stringify(join(directory, 'orphan'))}, kwok: true });
      console.log(pid);
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())));
    });
    expect(groupAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await vi.waitUntil(() => !groupAlive(pid), patience);
  });
});
