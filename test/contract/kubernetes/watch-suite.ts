import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { podEntrance } from '../../../cluster-agent/entrance.ts';
import type { Tuning } from '../../../cluster-agent/kubernetes-api.ts';
import type { Entrance } from '../../../lib/kubernetes/administration/cluster-api.ts';
import { entranceOf } from '../../support/entrance.ts';
import { agentAccount } from '../../support/agent-rights.ts';
import { createNamespace, createNode, createPod, setPod } from '../../support/cluster.ts';
import { Gate } from '../../support/gate.ts';
import type { ApiUnderTest, StartApi } from './api-under-test.ts';
import { counted, patience, removed, runAgent, type RunningAgent, told } from './running-agent.ts';
import { mergePatch } from './simulated.ts';

const namespace = 'watch';
/** More than an API keeps for one watch and the connections on the way buffer: Linux may keep 33 MB for a reader. */
const burst = { pods: 10, changes: 60, bytes: 120_000 };

/**
 * How the agent takes what the network and the API do to its watches and listings, the same on every API: what was seen is told as seen,
 * and nothing is removed because nobody answered. Call within `describe`.
 */
export function watchSuite(start: StartApi, { endsSlowReaders }: { endsSlowReaders: boolean }): void {
  let api: ApiUnderTest;
  let core: CoreV1Api;
  let gate: Gate;
  let agentConfig: KubeConfig;
  let way: Entrance;
  let folder: string;
  let epoch = 0;
  const running: RunningAgent[] = [];
  // They wait for a busy machine rather than fail on it.
  vi.setConfig({ testTimeout: 120_000 });

  async function ready(tuning: Partial<Tuning> = {}, entrance = way): Promise<RunningAgent> {
    const started = runAgent(entrance, { epoch: () => (epoch += 1), tuning });
    running.push(started);
    await vi.waitUntil(() => started.agent.status.ready, patience);
    return started;
  }

  async function runningPod(name: string, address: string): Promise<string> {
    const uid = await createPod(core, namespace, name, { node: 'watch-node' });
    await setPod(core, namespace, name, { phase: 'Running', ips: [address] });
    return uid;
  }

  async function deletePod(name: string): Promise<void> {
    await core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 });
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zonebridge-watch-'));
    api = await start();
    const admin = new KubeConfig();
    admin.loadFromFile(api.kubeconfig);
    core = admin.makeApiClient(CoreV1Api);
    gate = new Gate(() => Number(new URL(api.url).port));
    await gate.open();
    agentConfig = await agentAccount(admin, `https://127.0.0.1:${gate.port}`);
    way = entranceOf(agentConfig);
    await createNamespace(core, namespace);
    await createNode(core, 'watch-node', ['10.1.0.1']);
  });

  afterEach(async () => {
    gate.cutAfter = () => undefined;
    for (const { agent, ended } of running.splice(0)) {
      agent.stop();
      await ended;
    }
  });

  afterAll(async () => {
    await gate?.close();
    await api?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('connections on which nothing comes any more, and no end either, are given up; what happened is told as seen', async () => {
    const uid = await runningPod('silent', '10.2.0.1');
    const { agent, bus } = await ready({ watchSilence: 1_000 });
    const before = await counted(agent, 'relists');
    gate.freeze();
    await deletePod('silent');
    expect(await told(bus, uid, (change) => 'remove' in change)).toMatchObject({ cause: 'watch' });
    expect(await counted(agent, 'relists')).toEqual(before);
  });

  test('of a burst that a slow reader cannot take nothing is lost, also when the watch is ended for it', async () => {
    const names = Array.from({ length: burst.pods }, (_, index) => `burst-${index}`);
    const uids = await Promise.all(names.map(async (name, index) => runningPod(name, `10.2.2.${index + 1}`)));
    const { agent, bus } = await ready();
    const relists = await counted(agent, 'relists');
    const thaw = gate.freeze();
    const note = 'x'.repeat(burst.bytes);
    const change = async (name: string, turn: number): Promise<void> => {
      const metadata = { labels: { turn: String(turn) }, annotations: { note: `${turn}${note}` } };
      await core.patchNamespacedPod({ namespace, name, body: { metadata } }, mergePatch);
    };
    const changes = async (name: string): Promise<void> => {
      for (let turn = 1; turn <= burst.changes; turn++) await change(name, turn);
    };
    await Promise.all(names.map(changes));
    await deletePod('burst-0');
    thaw();
    expect(await told(bus, uids[0] ?? '', (last) => 'remove' in last)).toMatchObject({ cause: 'watch' });
    const turn = String(burst.changes);
    for (const uid of uids.slice(1))
      await told(bus, uid, (last) => 'upsert' in last && last.upsert.labels['turn'] === turn);
    const ends = await counted(agent, 'watch_ends');
    // The real API does so only when the kernel buffers less than the burst: seen in one of two runs.
    if (endsSlowReaders) expect(ends['pod clean']).toBeGreaterThan(0);
    expect(ends['pod error']).toBeUndefined();
    expect(await counted(agent, 'relists')).toEqual(relists);
  });

  test('while connections are refused nothing is told; afterwards the watch goes on where it was', async () => {
    const uid = await runningPod('refused', '10.2.0.4');
    const { agent, bus, telemetry } = await ready();
    const before = await counted(agent, 'relists');
    const sent = bus.changes().length;
    await gate.close();
    await deletePod('refused');
    await vi.waitUntil(
      () => telemetry.lines.filter(({ message }) => message.includes('ECONNREFUSED')).length >= 6,
      patience,
    );
    expect(bus.changes()).toHaveLength(sent);
    await gate.open();
    expect(await told(bus, uid, (change) => 'remove' in change)).toMatchObject({ cause: 'watch' });
    expect(await counted(agent, 'relists')).toEqual(before);
  });

  test('a token that is refused is read anew from its file', async () => {
    const uid = await runningPod('token', '10.2.0.5');
    const file = join(folder, 'token');
    const token = agentConfig.getCurrentUser()?.token ?? '';
    // As the kubelet does: a new file in the place of the old one.
    const write = async (text: string): Promise<void> => {
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
    };
    await write(token);
    const { ca = '' } = await way.credentials();
    await writeFile(join(folder, 'ca.crt'), ca);
    const pod = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(gate.port) };
    const { agent, bus, telemetry } = await ready({}, await podEntrance(pod, folder));
    const before = await counted(agent, 'relists');

    await write(`${token}-which-is-over`);
    gate.cut();
    await deletePod('token');
    const refused = () => telemetry.lines.some(({ message }) => message.includes('answered 401'));
    // A connection that was on its way with the good token when the others were cut would live on.
    const cutAgain = setInterval(() => gate.cut(), 2_000);
    await vi.waitUntil(refused, patience).finally(() => clearInterval(cutAgain));
    await write(`${token}\n`);
    expect(await told(bus, uid, (change) => 'remove' in change)).toMatchObject({ cause: 'watch' });
    expect(await counted(agent, 'relists')).toEqual(before);
  });

  test('a listing whose pages break off comes together, and removes only what is gone', async () => {
    const uids: string[] = [];
    for (let index = 0; index < 12; index++)
      uids.push(await runningPod(`page-${index}`, `10.2.1.${index + 1}`));
    const { bus } = await ready({ pageSize: 2 });
    await gate.close();
    await deletePod('page-3');
    await api.restart();
    // Two of three connections break off: some before, some in the middle of an answer.
    gate.cutAfter = (connection) => [undefined, 1_500, 6_000][connection % 3];
    await gate.open();
    expect(await told(bus, uids[3] ?? '', (change) => 'remove' in change)).toMatchObject({ cause: 'relist' });
    expect(removed(bus)).toEqual([uids[3]]);
  });
}
