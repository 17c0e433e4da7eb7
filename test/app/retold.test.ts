import { describe, expect, test } from 'vitest';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { group, pod, World } from '../support/world.ts';

const address = '10.1.0.5';
const old = (more = {}) => pod('o', address, { app: 'old' }, { node: 'a', ...more });
const fresh = () => pod('n', address, { app: 'new' }, { node: 'b' });
const published = (world: World) => ({ old: world.on('old'), new: world.on('new') });

/** A machine is gone, its address another pod's, and its pod still listed as running. */
async function reused(): Promise<World> {
  const world = await World.start([group('old'), group('new')]);
  await world.upsert(old());
  await world.upsert(fresh());
  expect(published(world)).toEqual({ old: [], new: [address] });
  return world;
}

describe('a pod that is told again after it lost its address', () => {
  for (const cause of ['node', 'namespace', 'relist', 'watch'] as const)
    test(`does not take it from who has it (${cause})`, async () => {
      const world = await reused();
      await world.upsert(old({ nodeAddresses: [], namespaceLabels: { stage: cause } }), cause);
      expect(published(world)).toEqual({ old: [], new: [address] });
      for (let minute = 0; minute < 70; minute++) {
        await world.clock.sleep(60_000);
        await sweep(world.ports, world.configurations);
        await world.settle();
      }
      expect(published(world)).toEqual({ old: [], new: [address] });
      await world.remove('o');
      expect(published(world)).toEqual({ old: [], new: [address] });
    });

  test('gets it back when who had it is gone', async () => {
    const world = await reused();
    await world.remove('n');
    await world.upsert(old({ labels: { app: 'old', tier: 'front' } }));
    expect(published(world)).toEqual({ old: [address], new: [] });
  });

  test('takes another address like any other', async () => {
    const world = await reused();
    await world.upsert(pod('m', '10.1.0.6', { app: 'new' }));
    await world.upsert(old({ addresses: ['10.1.0.6'] }));
    expect(published(world)).toEqual({ old: ['10.1.0.6'], new: [address] });
  });
});

describe('a pod of which the hub never heard', () => {
  const told = async (world: World, record: ReturnType<typeof old>, since: number | undefined) => {
    await world.send({ ...world.upsertChange(record, 'node'), ...(since === undefined ? {} : { since }) });
    await world.settle();
  };

  test.each([
    ['does not take an address that another one got later', 1, 0, 'new'],
    ['takes an address that it got later itself', 0, 1, 'old'],
    ['takes what both had as the epoch began when it is told last', 0, 0, 'old'],
    ['of an agent that does not say since when takes it when it is told last', 1, undefined, 'old'],
  ] as const)('%s', async (_, one, other, has) => {
    const world = await World.start([group('old'), group('new')]);
    await told(world, fresh(), one);
    await told(world, old(), other);
    expect(published(world)).toEqual({ old: [], new: [], [has]: [address] });
  });

  test('does not take it when the hub lost who has it, and is told of both in one event', async () => {
    const world = await reused();
    world.tables.store.restore('endpoints');
    const change = (record: ReturnType<typeof old>, since: number) => ({
      ...world.upsertChange(record, 'node'),
      since,
    });
    await world.send(change(fresh(), 2), change(old(), 1));
    await world.settle();
    expect(published(world)).toEqual({ old: [], new: [address] });
  });

  test('does not take it in a new epoch either, in which both are told of', async () => {
    const world = await reused();
    world.tables.store.restore('endpoints');
    await world.clock.sleep(1_000);
    await world.hello('agent-process-2');
    const change = (record: ReturnType<typeof old>, since: number) => ({
      ...world.upsertChange(record, 'node'),
      since,
    });
    await world.send(change(fresh(), 2));
    await world.send(change(fresh(), 2), change(old(), 1));
    await world.settle();
    expect(published(world)).toEqual({ old: [], new: [address] });
  });

  test('gets it when who had it is gone', async () => {
    const world = await World.start([group('old'), group('new')]);
    await told(world, fresh(), 1);
    await world.remove('n');
    await told(world, old(), 0);
    expect(published(world)).toEqual({ old: [address], new: [] });
  });
});
