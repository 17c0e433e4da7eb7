import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyConfiguration } from '../../lib/app/commands/apply.ts';
import {
  type FirewallPlan,
  heldCount,
  isEmpty,
  planConfiguration,
  repairCount,
} from '../../lib/app/commands/plan.ts';
import type { PlannedGroup } from '../../lib/app/commands/plan-group.ts';
import { waitForWalk } from '../../lib/app/commands/wait-for-walk.ts';
import type { Configuration } from '../../lib/app/configuration/model.ts';
import { takeLease } from '../../lib/app/state/writers.ts';
import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };

function withGroups(world: World, groups: AddressGroup[]): Configuration {
  return { ...world.configuration, groups: Object.fromEntries(groups.map((one) => [one.name, one])) };
}

function plan(world: World, configuration = world.configuration): Promise<FirewallPlan[]> {
  return planConfiguration(world.ports, world.configurations, configuration);
}

async function apply(world: World, configuration: Configuration): Promise<FirewallPlan[]> {
  const plans = await plan(world, configuration);
  await applyConfiguration(world, { configuration, plans, author: 'test' });
  world.configuration = configuration;
  await world.settle();
  return plans;
}

function only(plans: FirewallPlan[]): PlannedGroup {
  expect(plans).toHaveLength(1);
  expect(plans[0]!.groups).toHaveLength(1);
  return plans[0]!.groups[0]!;
}

async function filled(count: number, groups = [group('web')]): Promise<World> {
  const world = await World.start(groups);
  for (let i = 0; i < count; i++) await world.upsert(pod(`p${i}`, `10.1.0.${i + 1}`, web));
  return world;
}

describe('plan', () => {
  test('is empty when everything is in step', async () => {
    const world = await filled(3);
    const plans = await plan(world);
    expect(isEmpty(plans)).toBe(true);
    expect(only(plans)).toMatchObject({ unchanged: 3, ownership: 'ours', size: 3, firstFill: false });
    expect(plans[0]).toMatchObject({ basis: 'device', base: 1 });
  });

  test('needs no active generation', async () => {
    const world = new World([group('web')]);
    expect(only(await plan(world))).toMatchObject({ ownership: 'absent', firstFill: true, add: [] });
  });

  test('shows exactly what the apply then does', async () => {
    const world = await filled(3);
    await world.upsert(pod('db', '10.1.0.9', { app: 'db' }));
    const changed = withGroups(world, [group('web', { select: "app == 'db' || !has(app)" })]);
    const shown = only(await plan(world, changed));
    expect(shown).toMatchObject({
      add: ['10.1.0.9'],
      remove: ['10.1.0.1', '10.1.0.2', '10.1.0.3'],
      unchanged: 0,
      held: [],
    });
    await apply(world, changed);
    expect(world.on('web')).toEqual(['10.1.0.9']);
    expect(isEmpty(await plan(world))).toBe(true);
  });

  test('says what would be held, and holds it', async () => {
    const world = await filled(4);
    const changed = withGroups(world, [group('web', { select: "app == 'wbe'" })]);
    const shown = await apply(world, changed);
    expect(heldCount(shown)).toBe(4);
    expect(only(shown).held[0]).toEqual({
      op: 'remove',
      address: '10.1.0.1',
      reason: 'configuration-shrink',
    });
    expect(world.on('web')).toHaveLength(4);
    expect(heldCount(await plan(world))).toBe(4);
  });

  test('a hold of the configuration ends when a later one is within the brakes', async () => {
    const world = await filled(20);
    const narrow = { select: "app == 'web' && !has(gone)" };
    for (let i = 0; i < 11; i++) {
      await world.upsert(pod(`p${i}`, `10.1.0.${i + 1}`, { ...web, gone: 'soon' }));
    }
    await apply(world, withGroups(world, [group('web', narrow)]));
    expect(world.on('web')).toHaveLength(20);
    const brakes = { shrink: { minimum: 11, share: 0 }, growth: { minimum: 1, share: 1 }, windowMinutes: 10 };
    await apply(world, withGroups(world, [group('web', { ...narrow, brakes })]));
    expect(world.on('web')).toHaveLength(9);
    expect(isEmpty(await plan(world))).toBe(true);
  });

  test('does not release what is held for another reason', async () => {
    const world = await filled(3);
    for (let i = 0; i < 3; i++) await world.remove(`p${i}`, 'relist');
    expect(world.on('web').length).toBeGreaterThan(0);
    const before = world.on('web');
    const shown = only(await apply(world, world.configuration));
    expect(shown.remove).toEqual([]);
    expect(shown.waiting.map(({ address }) => address)).toEqual(before);
    expect(world.on('web')).toEqual(before);
  });

  test('a group that leaves is frozen', async () => {
    const world = await filled(2, [group('web'), group('other')]);
    const plans = await apply(world, withGroups(world, [group('other')]));
    expect(plans[0]!.frozen).toEqual([{ group: 'web', object: 'obj-web', size: 2 }]);
    expect(world.on('web')).toHaveLength(2);
  });

  test('another object under our name is foreign and nothing is written', async () => {
    const world = await World.start([]);
    world.device.objects.set('obj-web', { comment: 'mine', members: new Set(['9.9.9.9']) });
    await world.upsert(pod('a', '10.1.0.1', web));
    const shown = only(await apply(world, withGroups(world, [group('web')])));
    expect(shown).toMatchObject({ ownership: 'foreign', add: ['10.1.0.1'] });
    expect(shown.held).toEqual([{ op: 'add', address: '10.1.0.1', reason: 'foreign-object' }]);
    expect(world.on('web')).toEqual(['9.9.9.9']);
  });

  test('names addresses that are refused', async () => {
    const world = await filled(0);
    await world.upsert(pod('a', '8.8.8.8', web));
    expect(only(await plan(world)).refused).toEqual([
      { address: '8.8.8.8', endpoint: 'one/shop/a', reason: expect.stringContaining('outside') as string },
    ]);
  });

  test('respects who owns an address', async () => {
    const world = await filled(1);
    await world.upsert(pod('next', '10.1.0.1', { app: 'db' }));
    const shown = only(await plan(world, withGroups(world, [group('web', { select: 'all()' })])));
    expect(shown.add).toEqual(['10.1.0.1']);
    expect(only(await plan(world)).add).toEqual([]);
  });

  test('shows what differs on the device beside the changes', async () => {
    const world = await filled(3);
    const { members } = world.device.objects.get('obj-web')!;
    members.delete('10.1.0.2');
    members.add('6.6.6.6');
    const shown = only(await plan(world));
    expect(shown.drift).toEqual({ missing: ['10.1.0.2'], foreign: ['6.6.6.6'] });
    expect(shown).toMatchObject({ add: [], remove: [] });
    await world.reconcile();
    expect(only(await plan(world)).withheld).toEqual(['10.1.0.2']);
  });

  test('an object that somebody deleted is no change: the comparison fills it again', async () => {
    const world = await filled(4);
    world.device.objects.delete('obj-web');
    const plans = await plan(world);
    const all = ['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.4'];
    expect(only(plans)).toMatchObject({ add: [], held: [], unchanged: 0, repair: { add: all, remove: [] } });
    expect([isEmpty(plans), heldCount(plans), repairCount(plans)]).toEqual([true, 0, 4]);
    await world.reconcile();
    expect(world.on('web')).toEqual(all);
    expect(repairCount(await plan(world))).toBe(0);
  });

  test.each(['remove', 'report'] as const)('what somebody added, where we %s it', async (onForeignAdd) => {
    const world = await filled(1, [
      group('web', { publish: [{ ...group('web').publish[0]!, onForeignAdd }] }),
    ]);
    world.device.objects.get('obj-web')!.members.add('6.6.6.6');
    const shown = only(await plan(world));
    const remove = onForeignAdd === 'remove' ? ['6.6.6.6'] : [];
    expect(shown).toMatchObject({ remove: [], drift: { foreign: ['6.6.6.6'] }, repair: { add: [], remove } });
    await world.reconcile();
    expect(world.on('web').includes('6.6.6.6')).toBe(onForeignAdd === 'report');
  });

  test('a firewall that does not answer is planned from the ledger', async () => {
    const world = await filled(2);
    world.device.fault = () => {
      throw new ZonebridgeError('firewall/unreachable', 'no route');
    };
    const [found] = await plan(world, withGroups(world, [group('web', { select: 'all()' })]));
    expect(found).toMatchObject({ basis: 'ledger', unread: { code: 'firewall/unreachable' } });
    expect(found!.groups[0]).toMatchObject({ ownership: 'ours', unchanged: 2 });
  });
});

describe('apply', () => {
  test('fills a group that existed on another firewall', async () => {
    const world = await filled(3);
    const second = { ...world.configuration.firewalls['edge']!, realms: ['default'] };
    const target = group('web').publish[0]!;
    const both = withGroups(world, [group('web', { publish: [target, { ...target, firewall: 'second' }] })]);
    world.ports.secrets.read = () => Promise.resolve('token');
    const configuration = { ...both, firewalls: { ...both.firewalls, second } };
    // The same paper device: its object is ours for `edge` alone, so the other one gets its own name.
    configuration.groups['web']!.publish[1]!.object = 'second-web';
    const plans = await apply(world, configuration);
    expect(plans[1]!.groups[0]).toMatchObject({ add: ['10.1.0.1', '10.1.0.2', '10.1.0.3'], firstFill: true });
    expect(world.device.members('second-web')).toHaveLength(3);
    expect(isEmpty(await plan(world))).toBe(true);
  });

  test('refuses a plan that somebody else overtook', async () => {
    const world = await filled(1);
    const plans = await plan(world);
    await world.activate();
    await expect(
      applyConfiguration(world, { configuration: world.configuration, plans, author: 'late' }),
    ).rejects.toMatchObject({ code: 'configuration/outdated' });
  });

  test('activates nothing when a network has no queue yet', async () => {
    const world = await filled(1);
    const configuration = withGroups(world, [group('web', { select: 'all()' })]);
    const plans = await plan(world, configuration);
    world.queues.beforeSend = () => {
      throw new Error('QueueDoesNotExist');
    };
    const applying = applyConfiguration(world, { configuration, plans, author: 'test' });
    await expect(applying).rejects.toThrow('QueueDoesNotExist');
    expect((await world.configurations.active()).generation).toBe(1);
  });

  test('waits for the run that began with the older generation', async () => {
    const world = await filled(0);
    const now = world.clock.now();
    await takeLease(world.tables, { writerKey: world.writerKey, now, lengthMs: 30_000 });
    await world.send(world.upsertChange(pod('a', '10.1.0.1', { app: 'db' })));
    await apply(world, withGroups(world, [group('web', { select: 'all()' })]));
    expect(world.clock.now()).toBeGreaterThan(now + 30_000);
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });

  test('tells how far the walk is', async () => {
    const world = await filled(3);
    const configuration = withGroups(world, [group('web', { select: 'all()' })]);
    const plans = await plan(world, configuration);
    const { generation } = await applyConfiguration(world, { configuration, plans, author: 'test' });
    const early = await waitForWalk(world, { generation, timeoutMs: 0 });
    expect(early).toMatchObject({ done: false });
    expect(early.shards.of - early.shards.done).toBe(3);
    await world.settle();
    expect(await waitForWalk(world, { generation, timeoutMs: 0 })).toMatchObject({ done: true, dirty: 0 });
  });

  test('whatever changes, a plan that holds nothing is done and leaves nothing', async () => {
    const selectors = ['all()', "app == 'web'", "app == 'db'", "app != 'web'", 'has(blue)', '!has(blue)'];
    const someGroup = (name: string) =>
      fc
        .record({ select: fc.constantFrom(...selectors), addresses: fc.constantFrom('pod', 'node') })
        .map((more) => group(name, more as Partial<AddressGroup>));
    const groups = fc.tuple(someGroup('a'), someGroup('b'));
    const pods = fc.array(
      fc.record({
        last: fc.integer({ min: 1, max: 6 }),
        app: fc.constantFrom('web', 'db'),
        blue: fc.boolean(),
      }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(groups, pods, groups, async (before, endpoints, after) => {
        const world = await World.start(before);
        for (const [index, { last, app, blue }] of endpoints.entries()) {
          const labels: Record<string, string> = blue ? { app, blue: 'yes' } : { app };
          await world.upsert(pod(`p${index}`, `10.1.0.${last}`, labels));
        }
        const configuration = withGroups(world, after);
        const [shown] = await apply(world, configuration);
        for (const { group: name, add, remove, held } of shown!.groups) {
          const members = world.on(name);
          const waits = new Set(held.map(({ address }) => address));
          for (const address of add) expect(members.includes(address)).toBe(!waits.has(address));
          for (const address of remove) expect(members.includes(address)).toBe(waits.has(address));
        }
        const [again] = await plan(world);
        const left = again!.groups.flatMap(({ add, remove }) => [...add, ...remove]).length;
        expect(left).toBe(heldCount([shown!]));
      }),
      { numRuns: 40 },
    );
  });
});
