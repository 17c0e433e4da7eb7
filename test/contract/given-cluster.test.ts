import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { runCli, temporaryFolder } from '../../lib/cli/test-io.ts';
import { type KubernetesSimulator, startKubernetesSimulator } from '../../lib/kubernetes/simulator/index.ts';
import { obstaclesOf } from '../../lib/sandbox/given/obstacles.ts';
import { OwnNamespace } from '../../lib/sandbox/given/own-namespace.ts';
import { reach, type Reached } from '../../lib/sandbox/given/reach.ts';
import { neededRights } from '../../lib/sandbox/given/rights.ts';
import { documentedRules, everythingIn, kubeconfigWith } from '../support/given-cluster.ts';

let folder: string;
let simulator: KubernetesSimulator;
let core: CoreV1Api;

beforeEach(async () => {
  folder = await temporaryFolder();
  simulator = await startKubernetesSimulator({ nodes: 1 });
  onTestFinished(async () => simulator.stop());
  const config = new KubeConfig();
  config.loadFromFile(simulator.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
});

/** What the demo says before it would start anything. */
async function refusedWith(...flags: string[]): Promise<Record<string, unknown>> {
  const before = await everythingIn(simulator.kubeconfig);
  const { code, stdout } = await runCli(['demo', '--json', ...flags], { cwd: folder });
  expect(await everythingIn(simulator.kubeconfig)).toEqual(before);
  const { error } = JSON.parse(stdout) as { error: Record<string, unknown> };
  return { ...error, exit: code };
}

async function edited(change: (text: string) => string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const path = join(folder, 'edited');
  await writeFile(path, change(await readFile(simulator.kubeconfig, 'utf8')));
  return path;
}

describe('what cannot be used is refused before anything starts', () => {
  test('a file that is not there, and a context that it does not have', async () => {
    expect(await refusedWith('--kubeconfig', 'nothing')).toMatchObject({
      code: 'demo/kubeconfig-not-usable',
      message: expect.stringContaining(join(folder, 'nothing')) as string,
      exit: 2,
    });
    expect(await refusedWith('--kubeconfig', simulator.kubeconfig, '--context', 'dev')).toMatchObject({
      code: 'demo/kubeconfig-not-usable',
      message: expect.stringContaining('no complete context "dev"') as string,
      exit: 2,
    });
  });

  test('a program for the token: it is said how to make one', async () => {
    const admin = await kubeconfigWith(simulator.kubeconfig, join(folder, 'k'), await documentedRules());
    expect(await refusedWith('--kubeconfig', admin, '--context', 'programs')).toMatchObject({
      code: 'demo/kubeconfig-not-usable',
      message: expect.stringContaining('starts no program for a token') as string,
      remedy: expect.stringMatching(/kubectl create token.*aws eks get-token/) as string,
      exit: 2,
    });
  });

  test('a token that is over', async () => {
    const path = await kubeconfigWith(simulator.kubeconfig, join(folder, 'k'), await documentedRules());
    await fetchAdministration('expire-tokens');
    expect(await refusedWith('--kubeconfig', path, '--context', 'mine')).toMatchObject({
      code: 'demo/kubeconfig-not-usable',
      message: expect.stringContaining('(401)') as string,
      exit: 2,
    });
  });

  test('an API that is not there, and one that somebody else answers for', async () => {
    const closed = await closedPort();
    const path = await edited((text) => text.replace(simulator.url, `https://127.0.0.1:${closed}`));
    expect(await refusedWith('--kubeconfig', path)).toMatchObject({
      code: 'cluster/unreachable',
      message: expect.stringContaining('ECONNREFUSED') as string,
      exit: 4,
    });
    const other = await startKubernetesSimulator();
    onTestFinished(async () => other.stop());
    const stranger = await edited((text) => text.replace(simulator.url, other.url));
    expect(await refusedWith('--kubeconfig', stranger)).toMatchObject({
      code: 'cluster/unreachable',
      message: expect.stringMatching(/certificate/i) as string,
    });
  });

  test('options that do not go together, and nobody to ask', async () => {
    const { kubeconfig } = simulator;
    for (const flags of [
      ['--context', 'x'],
      ['--yes'],
      ['--kubeconfig', kubeconfig, '--kubernetes', 'real'],
      ['--kubeconfig', kubeconfig],
    ])
      expect(await refusedWith(...flags)).toMatchObject({ code: 'command/usage', exit: 2 });
  });

  test('who says no has nothing started', async () => {
    const before = await everythingIn(simulator.kubeconfig);
    const asked = { cwd: folder, columns: 200, stdin: 'n\n' };
    const { code, stdout } = await runCli(['demo', '--kubeconfig', simulator.kubeconfig], asked);
    expect(code).toBe(0);
    expect(stdout).toMatch(/makes the namespace zonebridge-demo-\w{8}/);
    expect(stdout).toContain('Nothing was started');
    expect(await everythingIn(simulator.kubeconfig)).toEqual(before);
  });
});

describe('rights', () => {
  test('all that are missing are named at once', async () => {
    const rules = (await documentedRules()).filter(({ resources }) => !resources.includes('nodes'));
    const less = rules.map((rule) => ({
      ...rule,
      verbs: rule.verbs.filter((verb) => verb !== 'delete' && verb !== 'create'),
    }));
    const path = await kubeconfigWith(simulator.kubeconfig, join(folder, 'k'), less);
    const refused = await refusedWith('--kubeconfig', path, '--context', 'mine', '--yes');
    expect(refused).toMatchObject({ code: 'demo/rights-missing', exit: 2 });
    const missing = (refused['fields'] as { missing: string }).missing.split('; ');
    expect(missing).toEqual([
      'create namespaces in the whole cluster',
      'delete namespaces in the whole cluster',
      'list nodes in the whole cluster',
      'watch nodes in the whole cluster',
      'delete pods in the namespace of the demo',
      'create deployments.apps in the namespace of the demo',
    ]);
  });

  test('the documentation gives exactly those that are asked for', async () => {
    const documented = (await documentedRules()).flatMap(({ apiGroups, resources, verbs }) =>
      verbs.map((verb) => [...apiGroups, ...resources, verb].join('|')),
    );
    const asked = neededRights.flatMap(({ group = '', resource, subresource, verbs }) =>
      verbs.map((verb) => [group, [resource, subresource ?? []].flat().join('/'), verb].join('|')),
    );
    expect(documented.sort()).toEqual(asked.sort());
  });
});

describe('the namespace of the demo', () => {
  const run = '0123456789abcdef';
  const silent = (): void => undefined;
  let reached: Reached;
  beforeEach(async () => {
    reached = await reach({ kubeconfig: simulator.kubeconfig, context: undefined });
  });

  async function names(): Promise<string[]> {
    const { items } = await core.listNamespace();
    return items.map(({ metadata }) => metadata?.name ?? '');
  }

  test('one that was there is neither taken nor deleted', async () => {
    await core.createNamespace({ body: { metadata: { name: 'theirs', labels: { team: 'red' } } } });
    const own = new OwnNamespace(reached, run, 'theirs');
    await expect(own.make()).rejects.toMatchObject({ code: 'demo/namespace-taken' });
    await own.remove(silent);
    const { metadata } = await core.readNamespace({ name: 'theirs' });
    expect(metadata?.labels).toEqual({ team: 'red', 'kubernetes.io/metadata.name': 'theirs' });
  });

  test('that of another demo is neither taken nor deleted, but named', async () => {
    const other = new OwnNamespace(reached, 'another-run', 'zonebridge-demo-01234567');
    await other.make();
    const own = new OwnNamespace(reached, run);
    expect(own.name).toBe('zonebridge-demo-01234567');
    await expect(own.make()).rejects.toMatchObject({ code: 'demo/namespace-taken' });
    await own.remove(silent);
    expect(await names()).toContain(own.name);
    expect(await new OwnNamespace(reached, 'third').leftOvers()).toEqual(['zonebridge-demo-01234567']);
  });

  test('one whose answer was lost is known again, and taken away', async () => {
    simulator.faults.add({ kind: 'drop-after-commit', method: 'POST', path: '/namespaces', times: 1 });
    const own = new OwnNamespace(reached, run);
    await own.make();
    expect(await names()).toContain(own.name);
    await own.remove(silent);
    expect(await names()).not.toContain(own.name);
  });

  test('one that is being made while all ends is taken away, and none is made afterwards', async () => {
    simulator.faults.add({ kind: 'delay', method: 'POST', path: '/namespaces', milliseconds: 200 });
    const own = new OwnNamespace(reached, run);
    const making = own.make();
    await own.remove(silent);
    await making;
    expect(await names()).not.toContain(own.name);
    await expect(own.make()).rejects.toThrow('has ended');
    expect(await names()).not.toContain(own.name);
  });

  test('one that cannot be taken away is named with the command that does it', async () => {
    const own = new OwnNamespace(reached, run);
    await own.make();
    simulator.faults.add({ kind: 'reject', method: 'DELETE', path: '/namespaces', status: 403 });
    await expect(own.remove(silent)).rejects.toMatchObject({
      code: 'demo/namespace-left',
      message: expect.stringContaining(
        `kubectl --kubeconfig ${simulator.kubeconfig} delete namespace zonebridge-demo-01234567`,
      ) as string,
    });
  });
});

test('why pods do not run is said once, as the cluster says it', () => {
  const scheduling = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' };
  const waiting = { reason: 'ImagePullBackOff', message: 'no such image' };
  const container = { name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state: { waiting } };
  expect(
    obstaclesOf([
      { status: { conditions: [scheduling] } },
      { status: { conditions: [scheduling] } },
      { status: { conditions: [{ ...scheduling, status: 'True' }], containerStatuses: [container] } },
      {},
    ]),
  ).toEqual(['Unschedulable: 0/3 nodes', 'ImagePullBackOff: no such image']);
});

async function fetchAdministration(what: string): Promise<void> {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent({ connect: { ca: simulator.ca } });
  const headers = { authorization: `Bearer ${simulator.token}` };
  const answer = await request(`${simulator.url}/_simulator/${what}`, {
    method: 'POST',
    dispatcher,
    headers,
  });
  await answer.body.dump();
  await dispatcher.close();
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 1;
}
