import { beforeEach, describe, expect, test } from 'vitest';
import { approveHeld, type HeldChange, listHeld, rejectHeld } from '../../lib/app/commands/approve.ts';
import type { ApprovalSettings } from '../../lib/app/configuration/model.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { manifestsOf } from '../support/manifests.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const arn = (name: string): string => `arn:aws:iam::111122223333:user/${name}`;
const person = (name: string) => ({ name, principal: arn(name) });
/** Who applies in this world. */
const author = person('author');
const other = person('other');

let world: World;

async function filled(count: number, approvals?: ApprovalSettings): Promise<void> {
  world = new World([group('web')]);
  world.configuration = { ...world.configuration, approvals };
  await world.activate();
  await world.hello('agent-process-1');
  for (let i = 0; i < count; i++) await world.upsert(pod(`p${i}`, `10.1.0.${i + 1}`, web));
}

/** A mistake in the selector: everything would go, so everything is held. */
async function mistaken(): Promise<HeldChange[]> {
  await world.apply([group('web', { select: "app == 'wbe'" })], { add: 0, remove: 0 });
  return heldNow();
}

async function heldNow(): Promise<HeldChange[]> {
  return listHeld(world.ports, await world.configurations.active(), 'edge');
}

async function approve(held: HeldChange[], by: typeof other | { name: string; principal: undefined }) {
  const decision = { firewall: 'edge', held, by };
  const done = await approveHeld(world.ports, await world.configurations.active(), decision);
  await world.settle();
  return done;
}

async function reject(held: HeldChange[], more: { reason?: string; ticket?: string } = {}) {
  const decision = { firewall: 'edge', held, by: author, ...more };
  return rejectHeld(world.ports, await world.configurations.active(), decision);
}

function down(): void {
  world.device.fault = () => {
    throw new ZonebridgeError('firewall/unreachable', 'down');
  };
}

describe('a second person', () => {
  beforeEach(() => filled(3));

  test('the author of the configuration does not approve what it caused', async () => {
    const held = await mistaken();
    const error = {
      code: 'approval/second-person',
      message: expect.stringContaining(arn('author')) as string,
    };
    await expect(approve(held, author)).rejects.toMatchObject(error);
    expect(world.on('web')).toHaveLength(3);
    await approve(held, other);
    expect(world.on('web')).toEqual([]);
  });

  test('nobody unknown is a second person', async () => {
    const held = await mistaken();
    const nobody = { name: 'other', principal: undefined };
    await expect(approve(held, nobody)).rejects.toMatchObject({ code: 'approval/second-person' });
    expect(world.on('web')).toHaveLength(3);
  });

  test('an author who is not known could be anybody', async () => {
    await world.configurations.activate(
      { ...world.configuration, groups: { web: group('web', { select: "app == 'wbe'" }) } },
      { previous: 1, author: 'by hand', now: world.clock.now() },
    );
    const active = await world.configurations.active();
    expect(active.principal).toBeUndefined();
    const held = [{ ...(await mistaken())[0]!, cause: 'configuration' as const }];
    await expect(
      approveHeld(world.ports, { ...active, principal: undefined }, { firewall: 'edge', held, by: other }),
    ).rejects.toMatchObject({ code: 'approval/second-person' });
  });

  test('a new look at the hold does not forget that the configuration caused it', async () => {
    const held = await mistaken();
    await approve(held.slice(0, 1), other);
    await world.clock.sleep(2 * 60 * 60_000);
    await world.reconcile();
    for (const { cause } of await heldNow()) expect(cause).toBe('configuration');
  });

  test('can be switched off', async () => {
    await filled(3, { secondPerson: false });
    await approve(await mistaken(), author);
    expect(world.on('web')).toEqual([]);
  });
});

describe('an approval', () => {
  beforeEach(() => filled(4));

  test('is for exactly what was shown', async () => {
    const held = await mistaken();
    await approve(held.slice(0, 2), other);
    expect(world.on('web')).toHaveLength(2);
    expect(await heldNow()).toHaveLength(2);
  });

  test('leaves out what changed since it was shown', async () => {
    const held = await mistaken();
    await world.apply([group('web')]);
    await world.clock.sleep(1000);
    await mistaken();
    expect(await approve(held, other)).toMatchObject({ decided: [], changed: held });
    expect(world.on('web')).toHaveLength(4);
  });

  test('lapses: what could not be done in time is held again', async () => {
    const held = await mistaken();
    down();
    await approve(held, other);
    await world.clock.sleep(61 * 60_000);
    world.device.fault = undefined;
    await world.wakeUp();
    await world.settle();
    expect(world.on('web')).toHaveLength(4);
    const again = await heldNow();
    expect(again.map(({ reason, cause }) => [reason, cause])).toEqual(
      Array.from({ length: 4 }, () => ['configuration-shrink', 'configuration']),
    );
  });

  test('still counts when a call failed first', async () => {
    const held = await mistaken();
    down();
    await approve(held, other);
    world.device.fault = undefined;
    await world.wakeUp();
    await world.settle();
    expect(world.on('web')).toEqual([]);
  });

  test.each([
    ['an approval', 'a rejection'],
    ['a rejection', 'an approval'],
  ])('and its opposite at the same moment: %s first, %s sees it', async (first) => {
    const held = await mistaken();
    if (first === 'an approval') {
      const decision = { firewall: 'edge', held: held.slice(0, 2), by: other };
      const active = await world.configurations.active();
      expect((await approveHeld(world.ports, active, decision)).decided).toHaveLength(2);
      // No run has carried it out yet.
      const late = await reject(held.slice(0, 2));
      expect([late.decided, late.changed.length]).toEqual([[], 2]);
      await world.settle();
      expect(world.on('web')).toHaveLength(2);
    } else {
      expect((await reject(held)).decided).toHaveLength(4);
      const late = await approve(held, other);
      expect(late).toMatchObject({ decided: [], expiresAt: undefined });
      expect(late.changed).toHaveLength(4);
      expect(world.on('web')).toHaveLength(4);
    }
  });

  test('is refused for a hold that no approval releases', async () => {
    await world.apply([group('web', { maxMembers: 4 })]);
    await world.upsert(pod('more', '10.1.0.99', web));
    const held = await heldNow();
    expect(held.map(({ reason }) => reason)).toEqual(['max-members']);
    await expect(approve(held, other)).rejects.toMatchObject({ code: 'approval/not-possible' });
  });
});

describe('a ticket', () => {
  test('is asked for, in its form, for both decisions', async () => {
    await filled(2, { secondPerson: false, ticket: { required: true, pattern: 'CHG\\d{4}' } });
    const held = await mistaken();
    const active = await world.configurations.active();
    const decide = (ticket?: string) =>
      approveHeld(world.ports, active, { firewall: 'edge', held, by: author, ticket });
    await expect(decide()).rejects.toMatchObject({ code: 'approval/ticket' });
    await expect(decide('CHG42')).rejects.toMatchObject({ code: 'approval/ticket' });
    await expect(decide('xCHG0042')).rejects.toMatchObject({ code: 'approval/ticket' });
    await expect(reject(held)).rejects.toMatchObject({ code: 'approval/ticket' });
    await decide('CHG0042');
    await world.settle();
    expect(world.on('web')).toEqual([]);
  });
});

describe('a rejection', () => {
  beforeEach(() => filled(4));

  test('stands when the change is asked for again, and is shown with who and why', async () => {
    await reject(await mistaken(), { reason: 'wrong selector' });
    await world.reconcile();
    await world.clock.sleep(60 * 60_000);
    await world.upsert(pod('p0', '10.1.0.1', { app: 'web', version: '2' }));
    expect(world.on('web')).toHaveLength(4);
    const held = await heldNow();
    expect(held).toHaveLength(4);
    expect(held[0]?.rejected).toMatchObject({ by: 'author', reason: 'wrong selector' });
  });

  test('ends when the change is not wanted any more; the next time it is a new one', async () => {
    await reject(await mistaken());
    await world.apply([group('web')]);
    expect(await heldNow()).toEqual([]);
    await world.clock.sleep(1000);
    await mistaken();
    expect((await heldNow()).every(({ rejected }) => rejected === undefined)).toBe(true);
  });

  test('is taken back by an approval', async () => {
    await reject(await mistaken());
    await approve(await heldNow(), other);
    expect(world.on('web')).toEqual([]);
  });
});

describe('a listing that lost endpoints', () => {
  /** A cluster of 100 pods in one group, older than any window. */
  beforeEach(async () => {
    await filled(0);
    const records = Array.from({ length: 100 }, (_, i) => pod(`p${i}`, `10.1.0.${i + 1}`, web));
    await world.send(...records.map((record) => world.upsertChange(record, 'start')));
    await world.settle();
    await world.clock.sleep(11 * 60_000);
  });

  test.each([
    ['nothing at all', 0, 100],
    ['10 percent', 10, 100],
    ['69 percent', 69, 100],
    ['70 percent', 70, 100],
  ])('that returns %s removes nothing as long as the hub has not verified it', async (_, left, on) => {
    const lost = Array.from({ length: 100 - left }, (_, i) => world.removeChange(`p${i}`, 'relist'));
    await world.send(...lost);
    await world.settle();
    expect(world.on('web')).toHaveLength(on);
    expect((await heldNow()).every(({ reason }) => reason === 'unverified')).toBe(true);
  });

  test.each([
    ['90 percent', 90, 90, []],
    ['as much as the brake lets go', 80, 80, []],
    ['one less', 79, 80, ['firewall-shrink']],
    ['10 percent', 10, 80, ['firewall-shrink']],
    ['nothing at all', 0, 80, ['firewall-shrink']],
  ])('and is verified, with %s, shrinks no further than the brakes', async (_, left, on, reasons) => {
    const kept = Array.from({ length: left }, (_, i) => pod(`p${i}`, `10.1.0.${i + 1}`, web));
    await world.event('manifest', { epoch: 1, manifests: manifestsOf(kept, world.sequence + 1) });
    await world.settle();
    expect(world.on('web')).toHaveLength(on);
    const held = await heldNow();
    expect(held).toHaveLength(on - left);
    expect([...new Set(held.map(({ reason }) => reason))].sort()).toEqual(reasons);
  });
});
