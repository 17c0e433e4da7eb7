import { beforeEach, expect, test } from 'vitest';
import { onboardClusters } from '../../lib/app/onboarding/onboard-clusters.ts';
import { clusterKey } from '../../lib/app/state/clusters.ts';
import { readProposals } from '../../lib/app/state/proposals.ts';
import type { BusEvent } from '../../lib/core/ports.ts';
import { LocalSigner } from '../support/memory-cluster.ts';
import { MemoryInstaller } from '../support/memory-installer.ts';
import { group, World } from '../support/world.ts';

const account = '111122223333';
const arn = `arn:aws:eks:eu-central-1:${account}:cluster/one`;
const ownRole = `arn:aws:iam::${account}:role/zonebridge-test-onboarding`;
const tags = { 'zonebridge.dev/onboard': 'true' };

let world: World;
let installer: MemoryInstaller;
let told: BusEvent[];

beforeEach(() => {
  // Nobody has greeted the hub.
  world = new World([group('web')]);
  installer = new MemoryInstaller({ name: 'one', arn, tags });
  installer.principal = ownRole;
  installer.letIn = false;
  told = [];
});

async function round(admit: readonly string[]): Promise<void> {
  const { hub, ...rest } = world.configuration;
  const configuration = {
    ...rest,
    hub: { ...hub, onboarding: { image: 'registry.example/agent:1', admit } },
  };
  const bus = { put: async (events: readonly BusEvent[]) => void told.push(...events) };
  await onboardClusters({ ports: world.ports, configuration, installer, bus, signer: new LocalSigner() });
}

const types = () => told.map(({ type }) => type);

test('an admitted cluster that asks gets the agent, with access for the time of the work', async () => {
  await round(['one']);
  expect(installer.calls[0]).toBe(`admit ${ownRole}`);
  expect(installer.calls[1]).toBe('create association');
  expect(installer.calls.at(-1)).toBe(`dismiss ${ownRole}`);
  expect([...installer.objects.keys()].filter((title) => title.startsWith('Deployment'))).toHaveLength(1);
  expect(types()).toEqual(['cluster-admitted']);
});

test('one that was heard is never touched again, whatever its tag says', async () => {
  await round(['one']);
  await world.tables.write({ key: clusterKey(`${account}|eu-central-1|one`), update: { set: { epoch: 1 } } });
  installer.calls.length = 0;
  await round(['one']);
  Object.assign(installer.cluster, { tags: {} });
  await round(['one']);
  expect(installer.calls).toEqual([]);
  expect(await readProposals(world.tables)).toEqual({});
});

test('a cluster that was made anew under its old name gets the agent, too', async () => {
  const known = { epoch: 1, heartbeatAt: world.clock.now() };
  await world.tables.write({ key: clusterKey(`${account}|eu-central-1|one`), update: { set: known } });
  await round(['one']);
  expect(types()).toEqual([]);
  Object.assign(installer.cluster, { createdAt: world.clock.now() + 60_000 });
  await world.clock.sleep(120_000);
  await round(['one']);
  expect(types()).toEqual(['cluster-admitted']);
  const heartbeatAt = world.clock.now();
  await world.tables.write({
    key: clusterKey(`${account}|eu-central-1|one`),
    update: { set: { epoch: 2, heartbeatAt } },
  });
  installer.calls.length = 0;
  await round(['one']);
  expect(installer.calls).toEqual([]);
});

test('without the tag, or with another value, nothing happens', async () => {
  for (const value of [{}, { 'zonebridge.dev/onboard': 'yes' }]) {
    Object.assign(installer.cluster, { tags: value });
    await round(['one']);
  }
  expect([installer.calls, told]).toEqual([[], []]);
});

test('the tag alone is not enough: a cluster that is not admitted is proposed, once', async () => {
  await round(['two']);
  await round(['two']);
  expect(installer.calls).toEqual([]);
  expect(types()).toEqual(['cluster-proposed']);
  expect(JSON.parse(told[0]!.detail)).toMatchObject({
    cluster: 'one',
    key: 'one',
    reason: 'run `zonebridge onboard one`',
  });
});

test('a cluster that is not configured is proposed, even when it bears the name of an admitted one', async () => {
  const elsewhere = 'arn:aws:eks:eu-central-1:999988887777:cluster/one';
  Object.assign(installer.cluster, { arn: elsewhere });
  await round(['one']);
  expect(installer.calls).toEqual([]);
  expect((await readProposals(world.tables))[elsewhere]).toMatchObject({ key: '', state: 'proposed' });
});

test('what stands in the way is noted and told once; the round fails, and goes on when it is mended', async () => {
  installer.addonList = [];
  await expect(round(['one'])).rejects.toMatchObject({ code: 'cluster/not-ready' });
  await expect(round(['one'])).rejects.toMatchObject({ code: 'cluster/not-ready' });
  expect(types()).toEqual(['cluster-failed']);
  const [proposal] = Object.values(await readProposals(world.tables));
  expect(proposal?.reason).toContain('eks-pod-identity-agent');
  installer.addonList = [{ name: 'eks-pod-identity-agent', version: '1', status: 'ACTIVE' }];
  await round(['one']);
  expect(types()).toEqual(['cluster-failed', 'cluster-admitted']);
});

test('an agent of another hub is left alone, although nobody is let in to see it before', async () => {
  const metadata = { name: 'zonebridge-agent', namespace: 'zonebridge-system', uid: 'u' };
  const data = { ZONEBRIDGE_BUS: 'arn:aws:events:eu-central-1:999988887777:event-bus/zonebridge-other' };
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
  installer.objects.set('ConfigMap zonebridge-system/zonebridge-agent', map);
  await expect(round(['one'])).rejects.toMatchObject({ code: 'cluster/not-ready' });
  expect(installer.calls).toEqual([`admit ${ownRole}`, `dismiss ${ownRole}`]);
  expect([...installer.objects.values()]).toEqual([map]);
  expect(Object.values(await readProposals(world.tables))[0]?.reason).toContain('zonebridge-other');
});

test('an event that was not taken is told again', async () => {
  const { hub, ...rest } = world.configuration;
  const configuration = { ...rest, hub };
  const broken = { put: async () => Promise.reject(new Error('no bus')) };
  await expect(
    onboardClusters({ ports: world.ports, configuration, installer, bus: broken, signer: new LocalSigner() }),
  ).rejects.toThrow('no bus');
  await round([]);
  expect(types()).toEqual(['cluster-proposed']);
});
