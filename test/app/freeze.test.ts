import { beforeEach, describe, expect, test } from 'vitest';
import { approveHeld, type HeldChange, listHeld } from '../../lib/app/commands/approve.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { markDirty } from '../../lib/app/state/dirty.ts';
import { endpointKey } from '../../lib/app/state/endpoints.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const other = { name: 'other', principal: 'arn:aws:iam::111122223333:user/other' };

let world: World;

/** A freeze of two hours from now on, by the clock of the test. */
async function frozen(firewalls?: string[]): Promise<void> {
  const iso = (time: number): string => new Date(time).toISOString().slice(0, 19) + 'Z';
  const from = world.clock.now();
  const period = { from: iso(from), to: iso(from + 2 * 3_600_000), zone: 'UTC', reason: 'year end' };
  world.configuration = {
    ...world.configuration,
    approvals: { freeze: [firewalls ? { ...period, firewalls } : period] },
  };
  await world.activate();
  await world.clock.sleep(1000);
}

async function heldNow() {
  return listHeld(world.ports, await world.configurations.active(), 'edge');
}

async function sweepNow(): Promise<void> {
  await sweep(world.ports, world.configurations);
  await world.settle();
}

async function approve(held: HeldChange[]): Promise<void> {
  const decision = { firewall: 'edge', held, by: other };
  await approveHeld(world.ports, await world.configurations.active(), decision);
  await world.settle();
}

const reasons = async (): Promise<string[]> => (await heldNow()).map(({ op, reason }) => `${op} ${reason}`);

beforeEach(async () => {
  world = await World.start([group('web')]);
  for (let i = 0; i < 4; i++) await world.upsert(pod(`p${i}`, `10.1.0.${i + 1}`, web));
});

describe('a freeze', () => {
  test('holds additions and what only looks like an end, and lets dead and moved addresses go', async () => {
    await frozen();
    await world.upsert(pod('more', '10.1.0.9', web));
    await world.upsert(pod('p0', '10.1.0.1', { app: 'off' }), 'namespace');
    await world.remove('p1');
    await world.upsert(pod('next', '10.1.0.3', { app: 'other' }));
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.4']);
    // No agent compared that part of the cluster.
    expect(await reasons()).toEqual(['remove unverified', 'add frozen']);
  });

  test('ends by itself: the sweep lets go what it held, nobody has to approve', async () => {
    await frozen();
    await world.upsert(pod('more', '10.1.0.9', web));
    await sweepNow();
    expect(world.on('web')).not.toContain('10.1.0.9');
    expect(world.telemetry.valuesOf('ChangesHeld').at(-1)).toBe(0);
    await world.clock.sleep(3_600_000);
    await sweepNow();
    expect(world.telemetry.valuesOf('FrozenSeconds').at(-1)).toBeGreaterThan(3_000);
    await world.clock.sleep(3_600_000);
    await sweepNow();
    expect(world.on('web')).toContain('10.1.0.9');
    expect(await heldNow()).toEqual([]);
    await sweepNow();
    expect(world.telemetry.valuesOf('FrozenSeconds').at(-1)).toBe(0);
  });

  test('hands on to the brakes what they would hold', async () => {
    await frozen();
    await world.apply([group('web', { select: "app == 'wbe'" })], { add: 0, remove: 0 });
    expect(await reasons()).toEqual(Array(4).fill('remove frozen'));
    await world.clock.sleep(2 * 3_600_000);
    await sweepNow();
    expect(world.on('web')).toHaveLength(4);
    expect(await reasons()).toEqual(Array(4).fill('remove configuration-shrink'));
  });

  test('gives way to an approval', async () => {
    await frozen();
    await world.upsert(pod('more', '10.1.0.9', web));
    await approve(await heldNow());
    expect(world.on('web')).toContain('10.1.0.9');
  });

  test('is not broken by an approval that was given before it', async () => {
    await world.apply([group('web', { select: "app == 'wbe'" })], { add: 0, remove: 0 });
    world.device.fault = () => {
      throw new ZonebridgeError('firewall/unreachable', 'down');
    };
    await approve(await heldNow());
    await frozen();
    world.device.fault = undefined;
    await world.wakeUp();
    await world.settle();
    expect(world.on('web')).toHaveLength(4);
    expect(await reasons()).toEqual(Array(4).fill('remove frozen'));
    await approve(await heldNow());
    expect(world.on('web')).toEqual([]);
  });

  test('does not hide that a removal is not verified: whoever releases the one does not release the other', async () => {
    const key = 'web|default|10.1.0.1';
    world.tables.store.restore('memberships');
    await sweep(world.ports, world.configurations);
    const time = world.clock.now();
    await world.tables.write(
      markDirty({ id: 'mark-1', firewall: 'edge', key, cause: 'reconcile', time, look: true }),
    );
    await world.wakeUp();
    expect(await reasons()).toEqual(['remove unverified']);
    await frozen();
    expect(await reasons()).toEqual(['remove unverified']);
    await approve(await heldNow());
    expect(await reasons()).toEqual(['remove frozen']);
    expect(world.on('web')).toHaveLength(4);
  });

  test('is what a change waits for that a brake held before it', async () => {
    await world.apply([group('web', { select: "app == 'wbe'" })], { add: 0, remove: 0 });
    await frozen();
    expect(await reasons()).toEqual(Array(4).fill('remove frozen'));
    await approve(await heldNow());
    expect(world.on('web')).toEqual([]);
  });

  test('of other firewalls holds nothing here', async () => {
    await frozen(['elsewhere']);
    await world.upsert(pod('more', '10.1.0.9', web));
    expect(world.on('web')).toContain('10.1.0.9');
  });
});

describe('a held removal', () => {
  test('ends when the address belongs to somebody else, although nobody knows any more that its pod was in the group', async () => {
    await world.apply([group('web', { select: "app == 'wbe'" })], { add: 0, remove: 0 });
    expect(world.on('web')).toHaveLength(4);
    const key = endpointKey('111122223333|eu-central-1|one', 'pod|p1');
    await world.tables.write({ key, update: { set: {}, remove: ['left'] } });
    await world.upsert(pod('next', '10.1.0.2', { app: 'other' }));
    expect(world.on('web')).toContain('10.1.0.2');
    for (let minute = 0; minute < 5; minute++) {
      await world.clock.sleep(60_000);
      await sweepNow();
    }
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.3', '10.1.0.4']);
    expect(world.telemetry.valuesOf('ChangesHeld').at(-1)).toBe(3);
  });
});
