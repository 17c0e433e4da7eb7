import { describe, expect, test } from 'vitest';
import { syncFirewall } from '../../lib/app/sync/sync-firewall.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
/** Longer than a lease. */
const stallMs = 80_000;

/** Runs a sync that stands still before its call number `at` of tables or device, while `meanwhile` happens after its lease. */
async function stalled(world: World, at: number, meanwhile: () => Promise<void>): Promise<boolean> {
  let calls = 0;
  let stood = false;
  const stall = async (): Promise<void> => {
    calls += 1;
    if (calls !== at || stood) return;
    stood = true;
    world.tables.beforeCall = undefined;
    world.device.beforeCall = undefined;
    await world.clock.sleep(stallMs);
    await meanwhile();
  };
  world.tables.beforeCall = stall;
  world.device.beforeCall = stall;
  await syncFirewall(world.ports, world.configurations, world.writerKey).catch(() => undefined);
  world.tables.beforeCall = undefined;
  world.device.beforeCall = undefined;
  return stood;
}

function ledgerOf(world: World): [string, unknown][] {
  return world.tables
    .all('ledger')
    .filter(({ key }) => key.sk !== '#object')
    .map(({ key, item }) => [key.sk ?? '', item['state']]);
}

/** Everything that a newer run left. */
function stateOf(world: World): unknown {
  return {
    ledger: ledgerOf(world),
    dirty: world.tables.all('dirty').map(({ key }) => key.sk),
    members: world.on('web'),
  };
}

/** The first call takes the lease; a run that stands still before it is not old. */
const positions = Array.from({ length: 12 }, (_, index) => index + 2);

describe('a run that a newer one has overtaken', () => {
  test.each(positions)('adds nothing that is unwanted by now (standing still before call %i)', async (at) => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', web));
    await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
    world.queues.take();
    let newer: unknown;
    const stood = await stalled(world, at, async () => {
      await world.remove('b');
      newer = stateOf(world);
    });
    if (!stood) return;
    // Not even a comparison is needed: the ledger, the dirty rows and the device are as the newer run left them.
    expect(stateOf(world)).toEqual(newer);
    expect(world.on('web')).toEqual(['10.1.0.1']);
    expect(ledgerOf(world)).toEqual([['default|10.1.0.1', 'present']]);
  });

  test.each(positions)(
    'takes nothing off that is wanted again (standing still before call %i)',
    async (at) => {
      const world = await World.start([group('web')]);
      await world.upsert(pod('a', '10.1.0.1', web));
      await world.upsert(pod('b', '10.1.0.2', web));
      await world.send(world.removeChange('b'));
      world.queues.take();
      let newer: unknown;
      await stalled(world, at, async () => {
        await world.upsert(pod('c', '10.1.0.2', web));
        newer = stateOf(world);
      });
      if (newer !== undefined) expect(stateOf(world)).toEqual(newer);
      await world.settle();
      expect(world.on('web').includes('10.1.0.2')).toBe(newer !== undefined);
    },
  );

  test.each(positions)(
    'clears no mark that is newer than what it read (standing still before call %i)',
    async (at) => {
      const world = await World.start([group('web')]);
      await world.upsert(pod('a', '10.1.0.1', web));
      // A mark that needs nothing: the run only deletes the row.
      await world.send(world.upsertChange(pod('a', '10.1.0.1', { app: 'off' })));
      await world.send(world.upsertChange(pod('a', '10.1.0.1', web)));
      world.queues.take();
      await stalled(world, at, async () => {
        await world.wakeUp();
        // The row is gone; a removal marks the address anew, and its wake-up is still on its way.
        await world.send(world.removeChange('a'));
      });
      await world.settle();
      if (world.sequence === 4) expect(world.on('web')).toEqual([]);
    },
  );

  test('does not give the lease of the newer run back', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', web));
    await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
    const fences: unknown[] = [];
    for (const at of positions) {
      const stood = await stalled(world, at, async () => {
        const until = world.clock.now() + 75_000;
        const key = { table: 'control', pk: `writer|${world.writerKey}` } as const;
        await world.tables.write({ key, update: { add: { fence: 1 }, set: { leaseUntil: until } } });
        fences.push(until);
      });
      const [row] = await world.tables.read([{ table: 'control', pk: `writer|${world.writerKey}` }]);
      if (stood) expect(row?.['leaseUntil']).toBe(fences.at(-1));
      await world.clock.sleep(stallMs);
    }
    expect(fences.length).toBeGreaterThan(5);
  });

  test('a call that lands after the newer run is found by the next comparison', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', web));
    await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
    world.queues.take();
    world.device.onItsWay = async (name) => {
      if (name !== 'apply') return;
      world.device.onItsWay = undefined;
      await world.clock.sleep(stallMs);
      await world.remove('b');
    };
    await syncFirewall(world.ports, world.configurations, world.writerKey);
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
    expect(ledgerOf(world)).toEqual([['default|10.1.0.1', 'present']]);
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });
});
