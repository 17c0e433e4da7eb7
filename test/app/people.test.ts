import { describe, expect, test, vi } from 'vitest';
import { restoreMember } from '../../lib/app/commands/restore.ts';
import { approveHeld, listHeld } from '../../lib/app/commands/approve.ts';
import { objectKey } from '../../lib/app/state/ledger.ts';
import { readStatus } from '../../lib/app/commands/status.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const someoneElse = { name: 'someone else', principal: 'arn:aws:iam::111122223333:user/other' };

async function filled(count: number): Promise<World> {
  const world = await World.start([group('web')]);
  for (let i = 0; i < count; i++) await world.upsert(pod(`p${i}`, `10.1.0.${i + 1}`, web));
  return world;
}

describe('people on the firewall', () => {
  test('a member removed by hand stays out until restore, and is repaired after a restart', async () => {
    const world = await filled(3);
    await world.reconcile();
    world.device.objects.get('obj-web')!.members.delete('10.1.0.2');
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.3']);
    await world.upsert(pod('p1', '10.1.0.2', { ...web, version: '2' }));
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.3']);
    await restoreMember(world.ports, await world.configurations.active(), {
      firewall: 'edge',
      group: 'web',
      address: '10.1.0.2',
    });
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3']);
    expect(world.device.calls.filter(({ name }) => name === 'apply').length).toBe(4);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    'a restore that dies at call %i leaves the member withheld, or looked at',
    async (at) => {
      const world = await filled(3);
      await world.reconcile();
      world.device.objects.get('obj-web')!.members.delete('10.1.0.2');
      await world.reconcile();
      const active = await world.configurations.active();
      let calls = 0;
      world.tables.afterCall = () => {
        if (++calls === at) throw new Error('the process died');
      };
      await restoreMember(world.ports, active, { firewall: 'edge', group: 'web' }).catch(() => undefined);
      world.tables.afterCall = undefined;
      const key = 'default|10.1.0.2';
      const row = world.tables.all('ledger').find(({ key: { sk } }) => sk === key);
      const looked = world.tables.all('dirty').some(({ key: { sk } }) => sk?.endsWith(key));
      expect(row?.item['withheldFor'] !== undefined || looked).toBe(true);
    },
  );

  test('a comparison that had listed a member as taken off does not count it when it was restored meanwhile', async () => {
    const world = await filled(3);
    await world.reconcile();
    for (const last of [2, 3]) {
      world.device.objects.get('obj-web')!.members.delete(`10.1.0.${last}`);
      await world.reconcile();
    }
    const active = await world.configurations.active();
    // The comparison finds two where three are counted, and writes that last.
    await world.tables.write({ key: objectKey('edge', 'web'), update: { set: { missing: 3 } } });
    let restored = false;
    world.tables.beforeCall = async (_, call) => {
      const writes = call.name === 'write' ? call.writes : [];
      if (restored || !writes.some(({ key }) => key.sk === '#object')) return;
      restored = true;
      await restoreMember(world.ports, active, { firewall: 'edge', group: 'web', address: '10.1.0.2' });
    };
    await world.reconcile();
    expect(restored).toBe(true);
    const [item] = await world.tables.read([objectKey('edge', 'web')]);
    expect(item?.['missing']).toBe(1);
  });

  test('a member that only the listing missed was removed by nobody, and leaves with its pod', async () => {
    const world = await filled(3);
    await world.reconcile();
    const listing = vi.spyOn(world.device, 'members');
    listing.mockImplementation((name) =>
      [...world.device.objects.get(name)!.members].filter((one) => one !== '10.1.0.2'),
    );
    await world.reconcile();
    listing.mockRestore();
    expect((await readStatus(world)).firewalls[0]!.comparison).toMatchObject({ removedByHand: 0 });
    await world.remove('p1');
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.3']);
  });

  test('a member of which the firewall cannot tell yet was removed by nobody', async () => {
    const world = await filled(3);
    await world.reconcile();
    world.device.objects.get('obj-web')!.members.delete('10.1.0.2');
    world.device.untold = new Set(['10.1.0.2']);
    await world.reconcile();
    expect((await readStatus(world)).firewalls[0]!.comparison).toMatchObject({ removedByHand: 0 });
    world.device.untold.clear();
    await world.reconcile();
    expect((await readStatus(world)).firewalls[0]!.comparison).toMatchObject({ removedByHand: 1 });
  });

  test('what a restart lost is put back', async () => {
    const world = await filled(3);
    await world.reconcile();
    world.device.objects.get('obj-web')!.members.clear();
    world.device.identity = { ...world.device.identity, bootTime: 10 * 60_000 };
    await world.reconcile();
    expect(world.on('web')).toHaveLength(3);
  });

  test('a replaced device is compared before anything is written', async () => {
    const world = await filled(2);
    await world.reconcile();
    await world.clock.sleep(120_000);
    world.device.objects.clear();
    world.device.identity = { serial: 'PAPER2', version: 'v1.0.0', bootTime: 99 };
    world.device.calls = [];
    await world.upsert(pod('p9', '10.1.0.9', web));
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.9']);
    const order = world.device.calls.map(({ name }) => name);
    expect(order.indexOf('observeObject')).toBeLessThan(order.indexOf('apply'));
  });

  test('a deleted object of ours is made again with all members', async () => {
    const world = await filled(3);
    await world.reconcile();
    world.device.objects.delete('obj-web');
    await world.reconcile();
    expect(world.on('web')).toHaveLength(3);
  });

  test('a member that a person added is removed, or only reported', async () => {
    const world = await filled(2);
    world.device.objects.get('obj-web')!.members.add('6.6.6.6');
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
    const target = {
      firewall: 'edge',
      channel: 'list',
      create: 'own',
      mode: 'sync',
      onForeignAdd: 'report',
    } as const;
    await world.apply([group('web', { publish: [target] })]);
    world.device.objects.get('obj-web')!.members.add('6.6.6.6');
    await world.reconcile();
    expect(world.on('web')).toContain('6.6.6.6');
    expect(world.telemetry.valuesOf('Drift').at(-1)).toBe(1);
  });
});

describe('brakes', () => {
  test('a selector mistake that would empty a group is held whole, and approved', async () => {
    const world = await filled(4);
    await world.apply([group('web', { select: "app == 'wbe'" })], { add: 0, remove: 0 });
    expect(world.on('web')).toHaveLength(4);
    const active = await world.configurations.active();
    const held = await listHeld(world.ports, active, 'edge');
    expect(held.map(({ op, reason }) => `${op} ${reason}`)).toEqual(
      Array(4).fill('remove configuration-shrink'),
    );
    await approveHeld(world.ports, active, { firewall: 'edge', by: someoneElse, held });
    await world.settle();
    expect(world.on('web')).toEqual([]);
  });

  test('an approval is for the hold that was seen: the same mistake a second time is held again', async () => {
    const world = await filled(4);
    const mistake = [group('web', { select: "app == 'wbe'" })];
    await world.apply(mistake, { add: 0, remove: 0 });
    const held = await listHeld(world.ports, await world.configurations.active(), 'edge');
    await approveHeld(world.ports, await world.configurations.active(), {
      firewall: 'edge',
      by: someoneElse,
      held,
    });
    await world.settle();
    await world.apply([group('web')]);
    expect(world.on('web')).toHaveLength(4);
    await world.clock.sleep(1000);
    await world.apply(mistake, { add: 0, remove: 0 });
    expect(world.on('web')).toHaveLength(4);
    expect(await listHeld(world.ports, await world.configurations.active(), 'edge')).toHaveLength(4);
  });

  test('a held change that is no longer wanted is forgotten', async () => {
    const world = await filled(4);
    await world.apply([group('web', { select: "app == 'wbe'" })], { add: 0, remove: 0 });
    await world.apply([group('web')], { add: 0, remove: 0 });
    expect(await listHeld(world.ports, await world.configurations.active(), 'edge')).toEqual([]);
    expect(world.on('web')).toHaveLength(4);
  });

  test('a witnessed removal may empty a small group, a rolling update is no loss', async () => {
    const world = await filled(1);
    await world.upsert(pod('next', '10.1.0.50', web));
    await world.remove('p0');
    await world.remove('next');
    expect(world.on('web')).toEqual([]);
  });

  test('more than the share of a large group waits', async () => {
    const world = await World.start([group('web')]);
    await world.send(
      ...Array.from({ length: 100 }, (_, i) =>
        world.upsertChange(pod(`p${i}`, `10.1.0.${i + 1}`, web), 'start'),
      ),
    );
    await world.settle();
    await world.clock.sleep(11 * 60_000);
    await world.send(...Array.from({ length: 50 }, (_, i) => world.removeChange(`p${i}`)));
    await world.settle();
    expect(world.on('web')).toHaveLength(80);
    const held = await listHeld(world.ports, await world.configurations.active(), 'edge');
    expect(held).toHaveLength(30);
  });

  test('a held removal that a person carries out is settled, and the address is free for the next pod', async () => {
    const world = await filled(4);
    await world.apply([group('web', { select: "app == 'wbe'" })], { add: 0, remove: 0 });
    world.device.objects.get('obj-web')!.members.delete('10.1.0.2');
    await world.reconcile();
    await world.apply([group('web')]);
    await world.upsert(pod('next', '10.1.0.2', web));
    await world.reconcile();
    expect(world.on('web')).toContain('10.1.0.2');
  });

  test('a channel that writes configuration stays below its ceiling of writes per hour; removals are not held by it', async () => {
    const target = {
      firewall: 'edge',
      channel: 'list',
      create: 'own',
      mode: 'sync',
      onForeignAdd: 'report',
    } as const;
    const world = await World.start([
      group('web', { publish: [{ ...target, acceptConfigChurn: { writesPerHour: 3 } }] }),
    ]);
    for (let i = 0; i < 5; i++) await world.upsert(pod(`p${i}`, `10.1.0.${i + 1}`, web));
    expect(world.on('web')).toHaveLength(3);
    await world.remove('p0');
    expect(world.on('web')).toHaveLength(2);
    await world.clock.sleep(3_600_000);
    await world.reconcile();
    expect(world.on('web')).toHaveLength(4);
  });

  test('a group never grows beyond its most members', async () => {
    const world = await World.start([group('web', { maxMembers: 2 })]);
    for (let i = 0; i < 4; i++) await world.upsert(pod(`p${i}`, `10.1.0.${i + 1}`, web));
    expect(world.on('web')).toHaveLength(2);
    await world.remove('p0');
    await world.reconcile();
    expect(world.on('web')).toHaveLength(1 + 1);
  });
});
