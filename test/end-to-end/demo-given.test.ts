import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KubernetesSimulator, startKubernetesSimulator } from '../../lib/kubernetes/simulator/index.ts';
import { Cluster } from '../../lib/sandbox/cluster.ts';
import { startKubernetes } from '../../lib/sandbox/kubernetes/start.ts';
import { demo, resultOf } from '../support/demo-process.ts';
import {
  documentedRules,
  everythingIn,
  kubeconfigWith,
  leasesIn,
  nodesAreSettled,
} from '../support/given-cluster.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

/** `demo --kubeconfig` in clusters that were there before, by an account that has the documented rights and no others. */
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zonebridge-given-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

/** Somebody lives there already. */
async function inhabited(kubeconfig: string): Promise<void> {
  const cluster = new Cluster(kubeconfig);
  await cluster.addNamespace('team');
  const labels = { app: 'storefront' };
  const containers = [{ name: 'c', image: 'registry.example/c:1' }];
  await cluster.createDeployment('team', {
    metadata: { name: 'storefront' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  });
  while ((await cluster.pods('team', 'app=storefront')).length < 2)
    await new Promise((resolve) => setTimeout(resolve, 50));
  await nodesAreSettled(kubeconfig);
}

async function options(admin: string): Promise<string[]> {
  const kubeconfig = await kubeconfigWith(admin, join(folder, 'given'), await documentedRules());
  return ['--once', '--json', '--yes', '--kubeconfig', kubeconfig, '--context', 'mine'];
}

async function playsWell(admin: string): Promise<void> {
  await inhabited(admin);
  const flags = await options(admin);
  const before = await everythingIn(admin);
  const run = demo(...flags);
  const ended = await run.ended;
  const result = resultOf(ended);
  expect(
    result.steps.filter(({ ok }) => !ok),
    ended.stderr,
  ).toEqual([]);
  expect(result).toMatchObject({ ok: true, kubernetes: 'given' });
  const times = result.steps.filter(({ clusterMs }) => clusterMs !== undefined);
  expect(times.map(({ name }) => name)).toEqual([
    'group fills',
    'scale 1 -> 2',
    'pod replaced',
    'label changes',
  ]);
  expect(result.steps.map(({ name }) => name)).toContain('node group follows');
  expect(result.steps.map(({ name }) => name)).not.toContain('node drained');
  expect(ended.code).toBe(0);
  expect(await everythingIn(admin)).toEqual(before);
  expect(await leasesIn(admin)).toEqual([]);
  expect(run.leftovers()).toEqual([]);
}

await kubernetesOrSkip('the demo in a real cluster that was there before', () => {
  test('plays in a namespace of its own, and leaves everything as it was', async () => {
    const directory = join(folder, 'api');
    const kubernetes = await startKubernetes({ directory, controllers: true, scheduler: true, kwok: true });
    try {
      for (const [index, name] of ['one', 'two'].entries())
        await new Cluster(kubernetes.kubeconfig).addNode(name, `192.168.7.${index + 1}`, true);
      await playsWell(kubernetes.kubeconfig);
    } finally {
      await kubernetes.stop();
    }
  });
});

describe('the demo in a simulated cluster that was there before', () => {
  let simulator: KubernetesSimulator;
  beforeEach(async () => {
    simulator = await startKubernetesSimulator({ directory: join(folder, 'api'), nodes: 3 });
  });
  afterEach(async () => simulator.stop());

  test('plays in a namespace of its own, and leaves everything as it was', async () =>
    playsWell(simulator.kubeconfig));

  test('Ctrl-C in the middle takes the namespace away', async () => {
    await inhabited(simulator.kubeconfig);
    const flags = await options(simulator.kubeconfig);
    const before = await everythingIn(simulator.kubeconfig);
    const run = demo(...flags);
    await run.seen('scale 1 -> 2');
    expect(await everythingIn(simulator.kubeconfig)).not.toEqual(before);
    run.interrupt();
    const { code, stderr } = await run.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/the namespace zonebridge-demo-\w{8} is gone/);
    expect(await everythingIn(simulator.kubeconfig)).toEqual(before);
    expect(run.leftovers()).toEqual([]);
  });

  test('an error in the middle takes the namespace away, and is told', async () => {
    await inhabited(simulator.kubeconfig);
    const flags = await options(simulator.kubeconfig);
    const before = await everythingIn(simulator.kubeconfig);
    simulator.faults.add({
      kind: 'reject',
      method: 'PATCH',
      path: '/scale',
      status: 500,
      message: 'no etcd',
    });
    const run = demo(...flags);
    const { code, stderr, stdout } = await run.ended;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'cluster/refused' } });
    expect(stdout).toContain('no etcd');
    expect(stderr).toMatch(/the namespace zonebridge-demo-\w{8} is gone/);
    expect(await everythingIn(simulator.kubeconfig)).toEqual(before);
    expect(run.leftovers()).toEqual([]);
  });
});
