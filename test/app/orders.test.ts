import { beforeEach, describe, expect, test } from 'vitest';
import { listGroups } from '../../lib/app/commands/groups.ts';
import { pauseWrites, resumeWrites } from '../../lib/app/commands/pause.ts';
import { liftQuarantine, quarantine } from '../../lib/app/commands/quarantine.ts';
import { readStatus } from '../../lib/app/commands/status.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const by = { name: 'ada', principal: 'arn:aws:iam::111122223333:user/ada' };
const target = { firewall: 'edge', channel: 'list', create: 'own', onForeignAdd: 'report' } as const;
const deny = group('bad', { select: "app == 'nobody'", usedIn: 'deny' });

let world: World;

async function filled(count: number): Promise<void> {
  world = await World.start([group('web'), deny]);
  world.configuration = { ...world.configuration, quarantine: { group: 'bad' } };
  await world.activate();
  for (let i = 0; i < count; i++) await world.upsert(pod(`p${i}`, `10.1.0.${i + 1}`, web));
}

const app = () => ({ ports: world.ports, configurations: world.configurations });

async function order(asked: string, more: { denyGroup?: string } = {}) {
  const result = await quarantine(app(), { target: asked, by, ...more });
  await world.settle();
  return result;
}

async function lift(asked: string) {
  const result = await liftQuarantine(app(), { target: asked, by });
  await world.settle();
  return result;
}

async function sweepNow(): Promise<void> {
  await sweep(world.ports, world.configurations);
  await world.settle();
}

beforeEach(() => filled(3));

describe('pause', () => {
  const pause = (firewall?: string) =>
    pauseWrites(world.ports, world.configurations, { firewall, by, reason: 'upgrade' });
  const resume = async (firewall?: string) => {
    const ended = await resumeWrites(world.ports, world.configurations, { firewall, by });
    await world.settle();
    return ended;
  };

  test.each([['edge'], [undefined]])('of %s stops all writes, resume catches up', async (firewall) => {
    await pause(firewall);
    world.device.calls = [];
    await world.upsert(pod('more', '10.1.0.50', web));
    await world.remove('p0');
    await sweepNow();
    expect(world.device.applies()).toEqual([]);
    await resume(firewall);
    expect(world.on('web')).toEqual(['10.1.0.2', '10.1.0.3', '10.1.0.50']);
  });

  test('wakes nobody again and again while it holds', async () => {
    await pause('edge');
    await world.upsert(pod('more', '10.1.0.50', web));
    const before = world.tables.usage.calls;
    await sweep(world.ports, world.configurations);
    expect(world.queues.take()).toEqual([]);
    expect(world.tables.usage.calls - before).toBeLessThan(60);
  });

  test('stops a run that is under way before its next write', async () => {
    await world.send(world.upsertChange(pod('one', '10.1.0.51', web)));
    let told = false;
    world.tables.beforeCall = async (name) => {
      if (told || name !== 'transact') return;
      told = true;
      await pause('edge');
    };
    world.device.calls = [];
    await world.settle();
    world.tables.beforeCall = undefined;
    expect(told).toBe(true);
    expect(world.device.applies()).toEqual([]);
    await resume('edge');
    expect(world.on('web')).toContain('10.1.0.51');
  });

  test('is shown with who, why and since when; the first one counts', async () => {
    await pause('edge');
    const since = world.clock.now();
    await world.clock.sleep(60_000);
    expect(await pause('edge')).toMatchObject({ already: true, pause: { since } });
    const [firewall] = (await readStatus(app())).firewalls;
    expect(firewall).toMatchObject({ health: 'paused', paused: { by: 'ada', reason: 'upgrade', since } });
    expect(await resume('edge')).toMatchObject({ since });
    expect(await resume('edge')).toBeUndefined();
  });

  test('survives a new generation', async () => {
    await pause();
    await world.apply([group('web'), deny]);
    world.device.calls = [];
    await world.upsert(pod('more', '10.1.0.50', web));
    expect(world.device.applies()).toEqual([]);
    await resume();
    expect(world.on('web')).toContain('10.1.0.50');
  });
});

describe('quarantine', () => {
  test('takes an address out of every allow group and into the deny group, lift brings it back', async () => {
    const { places } = await order('10.1.0.2');
    expect(places.map((place) => place.group).sort()).toEqual(['bad', 'web']);
    expect([world.on('web'), world.on('bad')]).toEqual([['10.1.0.1', '10.1.0.3'], ['10.1.0.2']]);
    await lift('10.1.0.2');
    expect([world.on('web'), world.on('bad')]).toEqual([['10.1.0.1', '10.1.0.2', '10.1.0.3'], []]);
  });

  test('survives what agents tell again, restarts, comparisons and generations', async () => {
    await order('shop/p1');
    await world.upsert(pod('p1', '10.1.0.2', { ...web, version: '2' }));
    await world.hello('agent-process-2');
    await world.upsert(pod('p1', '10.1.0.2', web), 'start');
    await world.reconcile();
    await world.apply([group('web', { maxMembers: 50 }), group('more', { select: "app == 'web'" }), deny]);
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.3']);
    expect(world.on('more')).toEqual(['10.1.0.1', '10.1.0.3']);
    expect(world.on('bad')).toEqual(['10.1.0.2']);
  });

  test('stands above brakes, freezes, limits and add-only', async () => {
    const always = { from: 'mon 00:00', to: 'mon 00:00', zone: 'UTC' };
    world.configuration = { ...world.configuration, approvals: { freeze: [always] } };
    await world.apply([
      group('web', {
        brakes: {
          shrink: { minimum: 0, share: 0 },
          growth: { minimum: 0, share: 0 },
          windowMinutes: 10,
        },
        publish: [{ ...target, mode: 'add-only' }],
      }),
      { ...deny, maxMembers: 1 },
    ]);
    for (const address of ['10.1.0.1', '10.1.0.2', '10.1.0.3']) await order(address);
    expect([world.on('web'), world.on('bad')]).toEqual([[], ['10.1.0.1', '10.1.0.2', '10.1.0.3']]);
  });

  test('waits for a paused firewall, and is done first when it is resumed', async () => {
    await pauseWrites(world.ports, world.configurations, { firewall: 'edge', by });
    await order('10.1.0.2');
    expect(world.on('web')).toContain('10.1.0.2');
    await resumeWrites(world.ports, world.configurations, { firewall: 'edge', by });
    await world.settle();
    expect([world.on('web'), world.on('bad')]).toEqual([['10.1.0.1', '10.1.0.3'], ['10.1.0.2']]);
  });

  test('a run that began before it cannot put the address back, nor forget it', async () => {
    await world.send(world.upsertChange(pod('late', '10.1.0.77', web)));
    let told = false;
    world.device.beforeCall = async () => {
      if (told) return;
      told = true;
      await quarantine(app(), { target: '10.1.0.77', by });
    };
    await world.settle();
    await world.settle();
    expect(told).toBe(true);
    expect([world.on('web'), world.on('bad')]).toEqual([['10.1.0.1', '10.1.0.2', '10.1.0.3'], ['10.1.0.77']]);
  });

  test('follows a pod to a further address', async () => {
    await order('shop/p1');
    await world.upsert(pod('p1', ['10.1.0.2', 'fd00::2'], web));
    expect([world.on('web'), world.on('bad')]).toEqual([
      ['10.1.0.1', '10.1.0.3'],
      ['10.1.0.2', 'fd00::2'],
    ]);
  });

  test('holds for an address that another pod gets, and says so', async () => {
    await order('shop/p1');
    await world.remove('p1');
    await world.upsert(pod('next', '10.1.0.2', web));
    await sweepNow();
    expect([world.on('web'), world.on('bad')]).toEqual([['10.1.0.1', '10.1.0.3'], ['10.1.0.2']]);
    const [shown] = (await readStatus(app())).quarantines;
    expect(shown?.reused).toMatchObject({
      address: '10.1.0.2',
      endpoint: expect.stringContaining('next') as string,
    });
    expect(world.telemetry.valuesOf('QuarantineReused')).toContain(1);
    await lift('shop/p1');
    expect(world.on('web')).toContain('10.1.0.2');
  });

  test('an address that a person put into an allow group goes, one taken off the deny group comes back', async () => {
    await world.apply([group('web', { publish: [{ ...target, mode: 'sync' }] }), deny]);
    await order('10.1.0.2');
    await world.reconcile();
    world.device.objects.get('obj-web')!.members.add('10.1.0.2');
    world.device.objects.get('obj-bad')!.members.delete('10.1.0.2');
    await world.reconcile();
    expect([world.on('web'), world.on('bad')]).toEqual([['10.1.0.1', '10.1.0.3'], ['10.1.0.2']]);
  });

  test('does not forget that a person withheld the member', async () => {
    await world.reconcile();
    world.device.objects.get('obj-web')!.members.delete('10.1.0.2');
    await world.reconcile();
    await order('10.1.0.2');
    await lift('10.1.0.2');
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.3']);
  });

  test('writes nothing where the mode is observe', async () => {
    await world.apply([group('web'), { ...deny, publish: [{ ...target, mode: 'observe' }] }]);
    await order('10.1.0.2');
    expect([world.on('web'), world.on('bad')]).toEqual([['10.1.0.1', '10.1.0.3'], []]);
  });

  test('is shown in the groups', async () => {
    await order('10.1.0.2');
    const views = await listGroups(world.ports, await world.configurations.active());
    const states = views.flatMap(({ members }) => members.map(({ address, state }) => `${address} ${state}`));
    expect(states.sort()).toEqual([
      '10.1.0.1 present',
      '10.1.0.2 quarantined',
      '10.1.0.2 quarantined',
      '10.1.0.3 present',
    ]);
  });

  test('given again does what the first order did not come to', async () => {
    // The first one dies once the order stands, before any place is told.
    world.tables.beforeCall = (name, call) => {
      if (name !== 'read' && JSON.stringify(call).includes('"dirty"')) throw new Error('died');
    };
    await expect(order('10.1.0.1')).rejects.toThrow('died');
    world.tables.beforeCall = undefined;
    expect(world.on('web')).toContain('10.1.0.1');
    expect(await order('10.1.0.1')).toMatchObject({ already: true });
    expect(world.on('web')).not.toContain('10.1.0.1');
    expect(world.on('bad')).toEqual(['10.1.0.1']);
  });

  test('refuses what is not there, is several, or a group that denies nothing', async () => {
    await world.upsert(pod('p9', '10.1.0.9', web, { name: 'p1', namespace: 'other' }));
    await expect(order('p1')).rejects.toMatchObject({
      message: expect.stringContaining('several pods') as string,
    });
    await expect(order('shop/none')).rejects.toMatchObject({ code: 'quarantine/unknown-target' });
    await expect(order('10.1.0.1', { denyGroup: 'web' })).rejects.toMatchObject({ code: 'command/usage' });
    await expect(lift('10.1.0.1')).rejects.toMatchObject({ code: 'quarantine/not-found' });
    await world.upsert(pod('host', '10.0.0.1', web, { hostNetwork: true }));
    await expect(order('shop/host')).rejects.toMatchObject({
      message: expect.stringContaining('node') as string,
    });
    await order('10.1.0.1');
    expect((await order('10.1.0.1')).already).toBe(true);
  });
});

test('a quarantined pod stays out when an older state of a firewall with several realms brings it back', async () => {
  world.configuration.firewalls['edge']!.realms = ['default', 'plant'];
  await world.activate();
  const { places } = await order('p0');
  expect(places.length).toBeGreaterThan(0);
  expect(world.on('web')).toEqual(['10.1.0.2', '10.1.0.3']);
  world.device.objects.get('obj-web')!.members.add('10.1.0.1');
  await world.clock.advance(60_000);
  await world.reconcile();
  expect(world.on('web')).toEqual(['10.1.0.2', '10.1.0.3']);
});
