import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Lease,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ingestMessage } from '../../lib/app/ingest/ingest-event.ts';
import { names } from '../../lib/app/names.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { clusterKey, readCluster } from '../../lib/app/state/clusters.ts';
import { systemClock } from '../../cluster-agent/system.ts';
import { type ApiUnderTest, startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { type AgentProcess, AgentSurroundings, healthOf } from '../support/agent-processes.ts';
import { agentAccount } from '../support/agent-rights.ts';
import { createNamespace, createNode, createPod, setPod } from '../support/cluster.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';
import { group, World } from '../support/world.ts';

const source = 'zonebridge.cluster.111122223333.eu-central-1.one';
const lease = { namespace: 'zonebridge', name: 'zonebridge-agent' };
const patience = { timeout: 60_000, interval: 50 };

let api: ApiUnderTest;
let around: AgentSurroundings;
let core: CoreV1Api;
let coordination: CoordinationV1Api;
let directory: string;
let kubeconfig: string;
let hub: World;
/** Two containers of the deployment; on this machine both have the same pod name. */
let replicas: AgentProcess[];

/** A hub in this process, with real time, behind the bus and the queues of the surroundings. */
function listen(): void {
  const ports: Ports = {
    ...hub.ports,
    clock: systemClock,
    queues: {
      send: async ({ queue, body }) => {
        if (queue === names.agentQueue('test', 'one')) await around.tellAgent(body);
      },
    },
  };
  around.read(async (body) => ingestMessage(ports, hub.configurations, body));
}

async function standing(): Promise<ReturnType<typeof readCluster>> {
  const [item] = await hub.tables.read([clusterKey('111122223333|eu-central-1|one')]);
  return readCluster(item);
}

/** What `/readyz` says, and whether it says yes; nothing of a process that does not answer yet, or any more. */
async function health(replica: AgentProcess): Promise<Record<string, unknown>> {
  const url = healthOf(replica);
  const signal = AbortSignal.timeout(1_000);
  const response =
    url === undefined ? undefined : await fetch(`${url}/readyz`, { signal }).catch(() => undefined);
  if (!response) return {};
  return { ...((await response.json()) as Record<string, unknown>), status: response.status };
}

/** The replica that leads and that the hub has heard everything of, with what it says of itself. */
async function led(among = replicas): Promise<AgentProcess> {
  return vi.waitUntil(async () => {
    for (const replica of among) {
      const { ready, role } = await health(replica);
      if (ready === true && role === 'leader') return replica;
    }
    return undefined;
  }, patience);
}

const other = (one: AgentProcess): AgentProcess => replicas.find((replica) => replica !== one)!;

const readLease = async (): Promise<V1Lease> => coordination.readNamespacedLease(lease);

/** How many events the hub refused because their epoch is over. */
function refused(): number {
  return hub.telemetry.lines.filter(({ fields }) => fields['code'] === 'record/stale-epoch').length;
}

/** The label `turn` of the pod as the hub knows it. */
function knownTurn(uid: string): string | undefined {
  const rows = hub.tables.all('endpoints');
  const item = rows.map((row) => JSON.stringify(row)).find((text) => text.includes(uid));
  return /"turn":"(\d)"/.exec(item ?? '')?.[1];
}

async function turn(value: string): Promise<void> {
  await core.patchNamespacedPod(
    { namespace: 'shop', name: 'web', body: { metadata: { labels: { turn: value } } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
}

/** A container that ended is started again, until one of two leads, its state told, and the other one knows it. */
async function fill(): Promise<void> {
  for (const { child } of replicas) child.kill('SIGCONT');
  await vi.waitUntil(async () => {
    replicas = replicas.filter(({ child }) => child.exitCode === null && child.signalCode === null);
    while (replicas.length < 2) replicas.push(around.startAgent(kubeconfig));
    const seen = await Promise.all(replicas.map(health));
    const roles = new Set(seen.map(({ ready, role }) => (ready === true ? role : undefined)));
    return roles.has('follower') && roles.has('leader') && seen[0]?.['leader'] === seen[1]?.['leader'];
  }, patience);
}

await kubernetesOrSkip('two replicas of the agent on a real Kubernetes API', () => {
  let uid: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'zonebridge-replicas-'));
    [api, around] = await Promise.all([startRealApi(), AgentSurroundings.start(source)]);
    const admin = new KubeConfig();
    admin.loadFromFile(api.kubeconfig);
    core = admin.makeApiClient(CoreV1Api);
    coordination = admin.makeApiClient(CoordinationV1Api);
    // With the rights of the manifests, and no more.
    const account = await agentAccount(admin, api.url);
    kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, account.exportConfig());
    await createNamespace(core, 'shop');
    await createNode(core, 'node-1', ['10.1.0.1']);
    uid = await createPod(core, 'shop', 'web', { node: 'node-1' });
    await setPod(core, 'shop', 'web', { phase: 'Running', ips: ['10.2.0.1'] });
    await turn('1');
    hub = new World([group('web')]);
    await hub.activate();
    listen();
    replicas = [];
  });

  beforeEach(fill);

  afterAll(async () => {
    await around?.stop();
    await api?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test('one leads and says so; the other is ready, lists nothing, and names the leader', async () => {
    const leader = await led();
    const [first, second] = [await health(leader), await health(other(leader))];
    expect(first).toMatchObject({ role: 'leader', status: 200, epoch: 1 });
    expect(second).toMatchObject({ role: 'follower', status: 200, listed: [], leader: first['leader'] });
    expect((await readLease()).spec).toMatchObject({ holderIdentity: first['leader'], leaseTransitions: 0 });
    const metrics = async (one: AgentProcess) => (await fetch(`${healthOf(one)}/metrics`)).text();
    expect(await metrics(leader)).toContain('zonebridge_agent_leads 1');
    expect(await metrics(other(leader))).toContain('zonebridge_agent_leads 0');
    await vi.waitUntil(() => knownTurn(uid) === '1', patience);
    // Nobody asks them for longer than a connection is kept: nothing but themselves keeps them alive.
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    expect(replicas.map(({ child }) => child.exitCode)).toEqual([null, null]);
  });

  test('a leader that is killed is followed under a new epoch; one that starts under its name is another one', async () => {
    const [leader, { epoch }] = [await led(), await standing()];
    leader.child.kill('SIGKILL');
    await leader.exit;
    await fill();
    // Usually the one that followed; the new one when both saw the last renewal in the same second.
    const { leader: identity } = await health(await led());
    expect(identity).toContain((await standing()).process);
    expect((await standing()).epoch).toBe(epoch + 1);
    expect((await readLease()).spec?.leaseTransitions).toBe(1);
    // Both have the same host name, and are two.
    const [one, two] = await Promise.all(replicas.map(health));
    expect(new Set([one?.['role'], two?.['role']])).toEqual(new Set(['follower', 'leader']));
  });

  test('a leader that stood still and wakes up changes nothing, and ends with 3', async () => {
    const [old, { epoch }] = [await led(), await standing()];
    const follower = other(old);
    const before = refused();
    old.child.kill('SIGSTOP');
    expect(await led([follower])).toBe(follower);
    expect((await standing()).epoch).toBe(epoch + 1);
    // Its watch holds this, and it will tell it as it was then; the heartbeat that is due says the same epoch.
    await turn('2');
    await vi.waitUntil(() => knownTurn(uid) === '2', patience);
    await new Promise((resolve) => setTimeout(resolve, 25_000));
    await turn('3');
    await vi.waitUntil(() => knownTurn(uid) === '3', patience);
    old.child.kill('SIGCONT');
    expect(await old.exit).toBe(3);
    await vi.waitUntil(() => refused() > before, patience);
    expect(knownTurn(uid)).toBe('3');
    expect(await led([follower])).toBe(follower);
    expect((await standing()).epoch).toBe(epoch + 1);
    // What the hub said to the new one meanwhile reached it: everything is verified under its epoch.
    await vi.waitUntil(async () => (await standing()).verifiedShards.size === 256, patience);
  });

  test('a Lease that is deleted is made again, and one leads as before', async () => {
    const [before, { epoch }] = [await readLease(), await standing()];
    await coordination.deleteNamespacedLease(lease);
    const made = await vi.waitUntil(async () => readLease().catch(() => undefined), patience);
    expect(made.metadata?.uid).not.toBe(before.metadata?.uid);
    expect(made.spec?.holderIdentity).toBe(before.spec?.holderIdentity);
    expect((await health(await led()))['leader']).toBe(before.spec?.holderIdentity);
    expect((await standing()).epoch).toBe(epoch);
  });

  test('a leader that is told to stop gives the Lease up after its last word', async () => {
    const [leader, { epoch }] = [await led(), await standing()];
    const follower = other(leader);
    const { spec } = await readLease();
    leader.child.kill('SIGTERM');
    expect(await leader.exit).toBe(0);
    await vi.waitUntil(async () => (await health(follower))['role'] === 'leader', patience);
    expect((await readLease()).spec?.leaseTransitions).toBe((spec?.leaseTransitions ?? 0) + 1);
    expect(await led([follower])).toBe(follower);
    expect((await standing()).epoch).toBe(epoch + 1);
  });
});
