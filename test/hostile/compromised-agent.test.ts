import { describe, expect, test } from 'vitest';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };

/** Two clusters whose agents are both known; `two` is in the hands of somebody else. Both may use 10.0.0.0/8, `one` fd00::/8 besides. */
async function start(shared = false): Promise<World> {
  const world = new World([group('web'), group('nodes', { addresses: 'node', select: 'all()' })]);
  for (const cluster of Object.values(world.configuration.clusters)) cluster.sharedRanges = shared;
  await world.activate();
  await world.hello('agent-process-1');
  await world.hello('stolen-process', 'two');
  await world.upsert(pod('a', '10.1.0.1', web));
  return world;
}

async function told(world: World, ...changes: Record<string, unknown>[]): Promise<void> {
  await world.event('endpoints', { epoch: 1, changes }, 'two');
  await world.settle();
}

describe('what a compromised agent cannot do', () => {
  test.each([
    ['outside of its ranges', '8.8.8.8'],
    ['of the other cluster alone', 'fd00::5'],
    ['any', '0.0.0.0'],
    ['everybody', '255.255.255.255'],
    ['multicast', '224.0.0.1'],
    ['loopback', '127.0.0.1'],
    ['link-local: the metadata service', '169.254.169.254'],
    ['IPv6 any', '::'],
    ['IPv6 loopback', '::1'],
    ['IPv6 multicast', 'ff02::1'],
    ['an IPv4 address in IPv6 clothes', '::ffff:10.1.0.9'],
    ['the same in hex', '::ffff:a01:9'],
    ['NAT64', '64:ff9b::808:808'],
    ['octal', '010.1.0.9'],
    ['hex', '0x0a.1.0.9'],
    ['one number', '167837705'],
    ['three parts', '10.1.9'],
    ['a network', '10.0.0.0/8'],
    ['a range', '10.0.0.0-10.255.255.255'],
    ['with a zone', 'fe80::1%eth0'],
    ['a name', 'evil.example.com'],
    ['a wildcard', '*'],
    ['with a port', '10.1.0.9:443'],
    ['with blanks', ' 10.1.0.9'],
    ['with a line break', '10.1.0.9\n0.0.0.0'],
    ['in other digits', '１０.1.0.9'],
    ['nothing', ''],
  ])('publish an address %s', async (_, address) => {
    const world = await start();
    const evil = { ...pod('evil', address, web), nodeAddresses: [address] };
    await told(world, world.upsertChange(evil), world.upsertChange({ ...evil, kind: 'node', uid: 'n' }));
    expect(world.on('web')).toEqual(['10.1.0.1']);
    expect(world.on('nodes')).toEqual(['10.0.0.1']);
    expect(world.telemetry.metrics).toContainEqual(
      expect.objectContaining({ name: 'RecordsRefused', dimensions: { cluster: 'two' } }),
    );
  });

  test('take or claim an address of another cluster, by its uid, in its name, or by a clock that runs ahead', async () => {
    const world = await start();
    const future = Date.UTC(3000, 0, 1);
    await told(
      world,
      world.removeChange('a'),
      { ...world.upsertChange(pod('a', [], {})), time: future },
      { ...world.upsertChange(pod('b', '10.1.0.1', { app: 'other' })), time: future },
      world.upsertChange(pod('111122223333|eu-central-1|one|a', [], {})),
    );
    await world.event(
      'manifest',
      {
        epoch: 1,
        manifests: Array.from({ length: 256 }, (_, shard) => ({ shard, cut: 1e9, count: 0, entries: [] })),
      },
      'two',
    );
    await world.settle();
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });

  test('win a shared address for longer than until its owner is told of again', async () => {
    const world = await start(true);
    await told(world, {
      ...world.upsertChange(pod('b', '10.1.0.1', { app: 'other' })),
      time: Date.UTC(3000, 0, 1),
    });
    expect(world.on('web')).toEqual([]);
    await world.clock.sleep(1000);
    await world.upsert(pod('a', '10.1.0.1', web));
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });

  test('speak under the epoch of another process, or be heard after a new one came', async () => {
    const world = await start();
    await world.hello('honest-process', 'two');
    await told(world, world.upsertChange(pod('b', '10.1.0.2', web)));
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });
});

describe('what it can do', () => {
  test('put addresses of its own ranges into groups that select its cluster, up to their brakes and sizes', async () => {
    const world = await start();
    await told(world, world.upsertChange(pod('b', '10.1.0.2', web)));
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('nothing where the group names other clusters', async () => {
    const world = await start();
    await world.apply([group('web', { clusters: ['one'] })]);
    await told(world, world.upsertChange(pod('b', '10.1.0.2', web)));
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });
});
