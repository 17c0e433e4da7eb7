import { expect, test } from 'vitest';
import type { Write } from '../../lib/core/ports.ts';
import { listLedger } from '../../lib/app/state/ledger.ts';
import { endpointKey } from '../../lib/app/state/endpoints.ts';
import type { Call } from '../support/memory-tables.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const cluster = '111122223333|eu-central-1|one';

/** The function dies at the first call that fits. */
function dieAt(world: World, fits: (call: Call) => boolean): void {
  world.tables.beforeCall = (_, call) => {
    if (fits(call)) throw new Error('the process is gone');
  };
}

/** Delivers the same change a first time, which dies, and then again. */
async function twice(world: World, change: unknown, fits: (call: Call) => boolean): Promise<void> {
  dieAt(world, fits);
  await expect(world.send(change)).rejects.toThrow('the process is gone');
  world.tables.beforeCall = undefined;
  await world.send(change);
}

test('a repeated record finishes what did not fit into the first transaction', async () => {
  const names = Array.from({ length: 120 }, (_, index) => `g${index}`);
  const world = await World.start(names.map((name) => group(name, { select: "app == 'web'" })));
  let transactions = 0;
  await twice(world, world.upsertChange(pod('a', '10.1.0.1', web)), (call) => {
    transactions += call.name === 'transact' ? 1 : 0;
    return transactions === 2;
  });
  expect(world.tables.all('memberships')).toHaveLength(names.length);
});

test('a repeated record wakes the firewall that nobody woke', async () => {
  const world = await World.start([group('web')]);
  const isWake = (call: Call): boolean =>
    call.name === 'write' && call.writes.some(({ key }) => key.pk.startsWith('writer|'));
  await twice(world, world.upsertChange(pod('a', '10.1.0.1', web)), isWake);
  await world.settle();
  expect(world.on('web')).toEqual(['10.1.0.1']);
});

test('a function with an older configuration gives a newer endpoint back to the queue', async () => {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  const key = endpointKey(cluster, 'pod|a');
  await world.tables.write({ key, update: { set: { generation: 99 } } });
  const [before] = await world.tables.read([key]);
  await expect(world.send(world.upsertChange(pod('a', '10.1.0.2', web)))).rejects.toThrow(
    'newer configuration',
  );
  expect(await world.tables.read([key])).toEqual([before]);
});

test('a write that is sent again and arrives late takes nothing back that the same run did after it', async () => {
  const world = await World.start([group('web')]);
  for (const [uid, address] of [
    ['a', '10.1.0.1'],
    ['c', '10.1.0.3'],
  ] as const)
    await world.upsert(pod(uid, address, web));
  const ends: Write[] = [];
  world.tables.beforeCall = async (_, call) => {
    // No call takes no time.
    await world.clock.sleep(1);
    if (call.name !== 'write' || ends.length > 0) return;
    const end = call.writes.find(({ key }) => key.table === 'ledger' && key.sk === 'default|10.1.0.1');
    if (!end || !('delete' in end)) return;
    ends.push(end);
    await world.send(world.upsertChange(pod('b', '10.1.0.1', web)));
  };
  for (const uid of ['a', 'c']) await world.send(world.removeChange(uid));
  await world.settle();
  expect(world.on('web')).toEqual(['10.1.0.1']);
  const rows = (): Promise<unknown> => listLedger(world.tables, 'edge', 'web');
  const known = await rows();
  expect(known).toMatchObject([{ row: { state: 'present', endpoint: `${cluster}/pod|b` } }]);
  for (const end of ends) await world.tables.write(end).catch(() => undefined);
  expect(await rows()).toEqual(known);
});
