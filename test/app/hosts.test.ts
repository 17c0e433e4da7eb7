import { beforeEach, describe, expect, test } from 'vitest';
import { hearOfHosts, lookAtHosts } from '../../lib/app/hosts/tell-hosts.ts';
import { readStatus } from '../../lib/app/commands/status.ts';
import { explain } from '../../lib/app/commands/explain-group.ts';
import { hostStateKey, readHostState } from '../../lib/app/hosts/host-state.ts';
import { clusterKey, readCluster } from '../../lib/app/state/clusters.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import type { Compute, Instance } from '../../lib/core/compute.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { group, World } from '../support/world.ts';

const id = '111122223333|eu-central-1|hosts_legacy';
const databases = group('db', {
  addresses: 'node',
  select: "role == 'db'",
  anyNamespace: undefined,
  namespaces: 'global()',
  clusters: ['legacy'],
});

let world: World;
let instances: Map<string, Instance>;
let fault: ZonebridgeError | undefined;
/** Runs while EC2 is asked. */
let meanwhile: (() => Promise<void>) | undefined;
let messages: string[];

async function asked<T>(answer: () => T): Promise<T> {
  if (fault) throw fault;
  const found = answer();
  const interrupt = meanwhile;
  meanwhile = undefined;
  await interrupt?.();
  return found;
}

const compute: Compute = {
  // More than was asked for: a filter that was not heeded.
  instances: () => asked(() => [...instances.values()]),
  instance: (wanted) => asked(() => instances.get(wanted)),
  interfaces: async () => [],
};

function launch(number: number, more: Partial<Instance> = {}): Instance {
  const instance = {
    id: `i-0000000${number}`,
    state: 'running',
    tags: { env: 'prod', role: 'db', Name: `db ${number}` },
    addresses: [`10.9.0.${number}`],
    ...more,
  };
  instances.set(instance.id, instance);
  return instance;
}

const hear = (body: string) => hearOfHosts(world, () => compute, { key: 'legacy', body });

async function event(instance: string, state: string): Promise<void> {
  const detail = { 'instance-id': instance, state };
  await hear(
    JSON.stringify({ source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification', detail }),
  );
  await quiet();
}

/** Until nobody has anything more to say. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) {
    await world.settle();
    const told = world.told.splice(0).map((message) => JSON.stringify(message));
    if (told.length === 0) return;
    messages.push(...told);
    for (const body of told) await hear(body);
  }
  throw new Error('hub and teller never stop talking');
}

async function minute(minutes = 1): Promise<void> {
  for (let passed = 0; passed < minutes; passed++) {
    await world.clock.sleep(60_000);
    await lookAtHosts(world, () => compute);
    await quiet();
    await sweep(world.ports, world.configurations);
    await quiet();
  }
}

async function state() {
  const [row, cluster] = await world.tables.read([hostStateKey(id), clusterKey(id)]);
  return { teller: readHostState(row), hub: readCluster(cluster) };
}

beforeEach(async () => {
  [instances, fault, meanwhile, messages] = [new Map(), undefined, undefined, []];
  world = new World([databases]);
  await begin();
});

async function begin(): Promise<void> {
  world.configuration.hosts = {
    legacy: {
      account: '111122223333',
      region: 'eu-central-1',
      realm: 'default',
      ranges: ['10.9.0.0/16'],
      sharedRanges: true,
      tags: { env: ['prod'] },
    },
  };
  await world.activate();
}

describe('hosts', () => {
  test('that carry the tags are published, verified in every shard, and seen in status and explain', async () => {
    for (const number of [1, 2, 3]) launch(number);
    launch(4, { tags: { env: 'test', role: 'db' } });
    launch(5, { tags: { env: 'prod', role: 'web' } });
    await minute(2);
    expect(world.on('db').sort()).toEqual(['10.9.0.1', '10.9.0.2', '10.9.0.3']);
    expect((await state()).hub.verifiedShards.size).toBe(256);
    const { clusters } = await readStatus(world);
    expect(clusters.find(({ cluster }) => cluster === 'legacy')).toMatchObject({
      endpoints: 4,
      agentVersion: 'hub',
    });
    const { verdicts, endpoints } = await explain(world, '10.9.0.1');
    expect(verdicts[0]).toMatchObject({ on: true, group: 'db' });
    expect(endpoints[0]?.title).toBe('legacy/i-00000001');
  });

  test('join and leave at once when EC2 tells, whatever it tells', async () => {
    for (const number of [1, 2, 3]) launch(number);
    await minute(2);
    const fresh = launch(7, { state: 'pending' });
    await event(fresh.id, 'pending');
    expect(world.on('db')).toContain('10.9.0.7');
    // An event that comes late says nothing of what is now.
    await event(fresh.id, 'terminated');
    expect(world.on('db')).toContain('10.9.0.7');
    launch(7, { state: 'shutting-down' });
    await event(fresh.id, 'shutting-down');
    expect(world.on('db')).not.toContain('10.9.0.7');
  });

  test.each([
    ['shows nothing', () => instances.delete('i-00000001')],
    ['shows no tags', () => void launch(1, { tags: {} })],
  ])('of which EC2 %s for a moment are not taken for gone', async (_, hide) => {
    for (const number of [1, 2, 3]) launch(number);
    await minute(2);
    hide();
    await event('i-00000001', 'running');
    expect(world.on('db')).toContain('10.9.0.1');
    launch(1);
    await minute(2);
    expect(world.on('db')).toContain('10.9.0.1');
  });

  test('that stop keep their address; instances of others write nothing', async () => {
    launch(1, { state: 'stopped' });
    await minute(2);
    expect(world.on('db')).toEqual(['10.9.0.1']);
    const foreign = launch(8, { tags: {}, state: 'terminated' });
    world.tables.resetUsage();
    await event(foreign.id, 'terminated');
    expect(world.tables.usage.writeUnits).toBe(0);
  });

  test('whose event got lost, or whose tags changed, are found within two minutes', async () => {
    for (const number of [1, 2, 3, 4]) launch(number);
    await minute(2);
    launch(5);
    launch(2, { tags: { env: 'prod', role: 'web' } });
    instances.delete('i-00000003');
    await minute(2);
    expect(world.on('db').sort()).toEqual(['10.9.0.1', '10.9.0.4', '10.9.0.5']);
  });

  test('are in no group that does not name them', async () => {
    const everywhere = { ...databases, name: 'everywhere', clusters: undefined };
    world = new World([databases, everywhere]);
    await begin();
    launch(1);
    await minute(2);
    expect([world.on('db'), world.on('everywhere')]).toEqual([['10.9.0.1'], []]);
  });

  test('stay when EC2 does not answer, and then nobody counts as heard', async () => {
    for (const number of [1, 2]) launch(number);
    await minute(2);
    const { heartbeatAt } = (await state()).hub;
    fault = new ZonebridgeError('store/unavailable', 'no answer');
    await world.clock.sleep(60_000);
    await expect(lookAtHosts(world, () => compute)).rejects.toMatchObject({ code: 'store/unavailable' });
    await quiet();
    expect((await state()).hub.heartbeatAt).toBe(heartbeatAt);
    expect(world.on('db')).toHaveLength(2);
  });

  test('cost nothing beyond a heartbeat while nothing changes, and a digest in five minutes', async () => {
    for (const number of [1, 2]) launch(number);
    await minute(6);
    const before = (await state()).teller;
    await minute(5);
    const after = (await state()).teller;
    expect([after.sequence - before.sequence, after.epoch - before.epoch]).toEqual([0, 0]);
    expect(after.revision - before.revision).toBe(1);
  });

  test('outside of the ranges, and with tags that are no label, harm nobody', async () => {
    launch(1, { addresses: ['10.1.0.1'] });
    launch(2, {
      tags: { env: 'prod', role: 'db', 'a b:c/ü': 'x'.repeat(256), 'projectcalico.org/namespace': 'shop' },
    });
    await minute(2);
    expect(world.on('db')).toEqual(['10.9.0.2']);
  });
});

describe('what is seen late is never told', () => {
  test('that no record can hold change nothing, and keep nobody else from being told', async () => {
    launch(1);
    launch(2);
    await minute();
    await minute();
    expect(world.on('db')).toEqual(['10.9.0.1', '10.9.0.2']);
    launch(1, { addresses: Array.from({ length: 65 }, (_, index) => `10.9.1.${index + 1}`) });
    launch(3);
    await event('i-00000001', 'running');
    await minute();
    await minute();
    expect(world.on('db')).toEqual(['10.9.0.1', '10.9.0.2', '10.9.0.3']);
  });

  test('an event that was looked at before a listing and told after it is looked at again', async () => {
    for (const number of [1, 2, 3]) launch(number);
    await minute(2);
    // EC2 still shows it; meanwhile it goes, and a listing tells that first.
    meanwhile = async () => {
      instances.delete('i-00000001');
      await minute(1);
    };
    await event('i-00000001', 'running');
    expect(world.on('db').sort()).toEqual(['10.9.0.2', '10.9.0.3']);
  });

  test('a listing that is older than an event is no evidence', async () => {
    for (const number of [1, 2, 3]) launch(number);
    await minute(6);
    meanwhile = async () => {
      launch(9);
      await event('i-00000009', 'running');
    };
    launch(5);
    await minute(3);
    expect(world.on('db').sort()).toEqual(['10.9.0.1', '10.9.0.2', '10.9.0.3', '10.9.0.5', '10.9.0.9']);
  });

  test('of lost tables everything comes back under a new epoch, and nothing leaves the firewall', async () => {
    for (const number of [1, 2, 3]) launch(number);
    await minute(7);
    const { epoch } = (await state()).teller;
    for (const table of ['endpoints', 'memberships', 'dirty'] as const) world.tables.store.restore(table);
    await minute(12);
    expect(world.on('db').sort()).toEqual(['10.9.0.1', '10.9.0.2', '10.9.0.3']);
    expect((await state()).teller.epoch).toBe(epoch + 1);
    expect((await state()).hub.verifiedShards.size).toBe(256);
  });

  test('by a teller that lost its own row: it asks for a new epoch', async () => {
    for (const number of [1, 2]) launch(number);
    await minute(2);
    await world.tables.write({ key: hostStateKey(id), delete: true });
    await minute(3);
    expect((await state()).teller.epoch).toBe((await state()).hub.epoch);
    expect(world.on('db')).toHaveLength(2);
  });

  test('what is no message of the hub or of EC2 changes nothing', async () => {
    launch(1);
    await minute(2);
    const before = await state();
    for (const body of ['', '{}', '{"type":"epoch","schema":99,"process":"x","epoch":99}', '[1]'])
      await hear(body);
    await hear(JSON.stringify({ type: 'epoch', schema: 1, process: 'somebody', epoch: 99 }));
    await hear(JSON.stringify({ type: 'resend', schema: 1, epoch: 99, shards: [1] }));
    expect((await state()).teller).toEqual(before.teller);
  });
});
