import { beforeEach, expect, test } from 'vitest';
import { onboardClusters } from '../../lib/app/onboarding/onboard-clusters.ts';
import { clusterKey } from '../../lib/app/state/clusters.ts';
import { readProposals } from '../../lib/app/state/proposals.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import type { ClusterApi, EksCluster, Installer } from '../../lib/core/onboarding/ports.ts';
import type { BusEvent } from '../../lib/core/ports.ts';
import { LocalSigner } from '../support/memory-cluster.ts';
import { MemoryInstaller } from '../support/memory-installer.ts';
import { group, World } from '../support/world.ts';

const account = '111122223333';
const ownRole = `arn:aws:iam::${account}:role/zonebridge-test-onboarding`;
const arnOf = (name: string) => `arn:aws:eks:eu-central-1:${account}:cluster/${name}`;
const tags = { 'zonebridge.dev/onboard': 'true' };
const minute = 60_000;

let world: World;
let installer: MemoryInstaller;
let takesEvent: (detail: string) => boolean;

beforeEach(() => {
  takesEvent = () => true;
  world = new World([group('web')]);
  installer = new MemoryInstaller({ name: 'one', arn: arnOf('one'), tags });
  installer.principal = ownRole;
  installer.letIn = false;
  installer.now = () => world.clock.now();
});

async function round(seen: Installer = installer, admit: readonly string[] = ['one']): Promise<void> {
  const { hub, ...rest } = world.configuration;
  const onboarding = { image: 'registry.example/agent:1', admit };
  const configuration = { ...rest, hub: { ...hub, onboarding } };
  const put = async (events: readonly BusEvent[]): Promise<void> => {
    if (events.some(({ detail }) => !takesEvent(detail))) throw new Error('no bus');
  };
  const bus = { put };
  const more = { configuration, installer: seen, bus, signer: new LocalSigner() };
  await onboardClusters({ ports: world.ports, ...more });
}

/** What a round that was killed ten minutes ago made. */
function killedRound(): void {
  installer.entries.add(ownRole);
  installer.madeAt.set(ownRole, world.clock.now() - 10 * minute);
}

/** The cluster `one` behind others whose API takes no connection. */
function behind(dark: readonly string[], onDark: () => Promise<never>): Installer {
  const all: EksCluster[] = [
    ...dark.map((name) => ({ ...installer.cluster, name, arn: arnOf(name) })),
    installer.cluster,
  ];
  for (const name of dark)
    world.configuration.clusters[name] = { ...world.configuration.clusters['one']!, name };
  const darkApi: ClusterApi = { apply: onDark, read: onDark, list: onDark, remove: onDark };
  return {
    eks: {
      ...installer.eks,
      list: async () => all.map(({ name }) => name),
      describe: async (name) => all.find((one) => one.name === name),
    },
    caller: installer.caller,
    ownAccess: false,
    manifests: installer.manifests,
    api: ({ name }) => (dark.includes(name) ? darkApi : installer.api()),
  };
}

const hasAgent = () => [...installer.objects.keys()].some((title) => title.startsWith('Deployment '));

test('after a round that was killed, the next one lets itself out and goes on', async () => {
  killedRound();
  await round();
  expect([...installer.entries]).toEqual([]);
  expect(hasAgent()).toBe(true);
});

test.each([
  ['that has its agent', async () => heard()],
  ['that asks no more', async () => void Object.assign(installer.cluster, { tags: {} })],
  ['that is not ready', async () => void installer.addonList.splice(0)],
])('nobody stays an administrator of a cluster %s', async (_, change) => {
  killedRound();
  await change();
  await round().catch(() => undefined);
  expect([...installer.entries]).toEqual([]);
});

async function heard(): Promise<void> {
  const key = clusterKey(`${account}|eu-central-1|one`);
  await world.tables.write({ key, update: { set: { epoch: 1 } } });
}

test('a cluster that lets nobody in is given up in time, and nobody stays let in', async () => {
  installer.slowEntries = 1_000_000;
  const began = world.clock.now();
  await expect(round()).rejects.toThrow('cluster/interrupted');
  expect(world.clock.now() - began).toBeLessThanOrEqual(minute + 2_000);
  expect([...installer.entries]).toEqual([]);
});

test('clusters that do not answer starve nobody, and no round outlasts the function', async () => {
  const dark = Array.from({ length: 12 }, (_, index) => `dark-${index}`);
  const seen = behind(dark, async () => {
    await world.clock.sleep(30_000);
    throw new ZonebridgeError('cluster/unreachable', 'no answer within 30 s');
  });
  let rounds = 0;
  for (; !hasAgent() && rounds < 10; rounds++) {
    const began = world.clock.now();
    await round(seen, [...dark, 'one']).catch(() => undefined);
    expect(world.clock.now() - began).toBeLessThanOrEqual(3 * minute);
  }
  // Four of them in each round; those that were tried let the others go first.
  expect(rounds).toBe(4);
  // From then on nobody is last each time.
  const tried = new Set<string>();
  const { eks } = seen;
  const addons = async (name: string) => {
    tried.add(name);
    return eks.addons(name);
  };
  seen.eks = { ...eks, addons };
  for (let more = 0; more < 20; more++) await round(seen, [...dark, 'one']).catch(() => undefined);
  expect([...tried].sort()).toEqual([...dark, 'one'].sort());
});

test('what became of a cluster is kept, whatever becomes of the others', async () => {
  const seen = behind(['dark'], async () => {
    throw new Error('a fault of ours');
  });
  await expect(round(seen, ['dark', 'one'])).rejects.toThrow('a fault of ours');
  expect(Object.values(await readProposals(world.tables))).toMatchObject([{ key: 'one', state: 'admitted' }]);
  expect(hasAgent()).toBe(true);
});

test('what the bus did not take of one cluster is not noted with another', async () => {
  const seen = behind(['dark'], async () => {
    throw new ZonebridgeError('cluster/unreachable', 'no answer');
  });
  takesEvent = (detail) => !detail.includes('dark');
  await expect(round(seen, ['dark', 'one'])).rejects.toThrow('no bus');
  expect(Object.values(await readProposals(world.tables))).toMatchObject([{ key: 'one' }]);
});
