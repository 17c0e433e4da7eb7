import { describe, expect, test } from 'vitest';
import { applyConfiguration } from '../../lib/app/commands/apply.ts';
import { listHeld } from '../../lib/app/commands/approve.ts';
import { planConfiguration } from '../../lib/app/commands/plan.ts';
import type { AddressGroup, GroupTarget } from '../../lib/core/model/address-group.ts';
import { mark } from '../../lib/core/plan/ownership.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const former = 'Kept by the former controller';
const object = 'default.web';
const ours = mark({ hub: 'test', firewall: 'edge', scope: 'root', object });

function adopting(more: Partial<GroupTarget> = {}): AddressGroup {
  const target = {
    firewall: 'edge',
    channel: 'list',
    create: 'own',
    mode: 'sync',
    object,
    adopt: former,
    onForeignAdd: 'report',
    ...more,
  } as const;
  return group('web', { publish: [target] });
}

/** A hub that only watches so far, beside a former tool whose object has these members. */
async function beside(members: readonly string[], comment = former): Promise<World> {
  const world = await World.start([adopting({ mode: 'observe' })]);
  world.device.objects.set(object, { comment, members: new Set(members) });
  for (const index of [1, 2, 3]) await world.upsert(pod(`p${index}`, `10.1.0.${index}`, web));
  return world;
}

/** What a person does: plan, look, apply. */
async function apply(world: World, next: AddressGroup) {
  const configuration = { ...world.configuration, groups: { web: next } };
  const plans = await planConfiguration(world.ports, world.configurations, configuration);
  await applyConfiguration(world, { configuration, plans, author: 'test' });
  world.configuration = configuration;
  await world.settle();
  return plans[0]?.groups[0];
}

function comment(world: World): string | undefined {
  return world.device.objects.get(object)?.comment;
}

async function reasons(world: World): Promise<string[]> {
  const held = await listHeld(world.ports, await world.configurations.active(), 'edge');
  return [...new Set(held.map(({ reason }) => reason))];
}

describe('an object that a former tool keeps', () => {
  test('is compared and left alone while the group only observes', async () => {
    const world = await beside(['10.1.0.1', '10.1.0.2', '10.1.0.9']);
    await world.reconcile();
    const [plan] = await planConfiguration(world.ports, world.configurations, world.configuration);
    expect(plan?.groups[0]).toMatchObject({
      ownership: 'adoptable',
      former: { same: 2, gained: ['10.1.0.3'], lost: ['10.1.0.9'], others: [] },
    });
    expect(comment(world)).toBe(former);
    expect(world.device.applies()).toEqual([]);
  });

  test('becomes ours with our members, and loses none of those it had', async () => {
    const world = await beside(['10.1.0.1', '10.1.0.9']);
    await apply(world, adopting());
    expect(comment(world)).toContain(ours);
    expect(world.device.members(object)).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.9']);
    await world.reconcile();
    expect(world.device.members(object)).toContain('10.1.0.9');
  });

  test('then loses what only the former tool had, once a person says so', async () => {
    const world = await beside(['10.1.0.1', '10.1.0.9']);
    await apply(world, adopting());
    const shown = await apply(world, adopting({ adopt: undefined, onForeignAdd: 'remove' }));
    expect(shown?.repair.remove).toEqual(['10.1.0.9']);
    await world.reconcile();
    expect(world.device.members(object)).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3']);
  });

  test('and more of it than the firewall loses without a person waits for one', async () => {
    const others = Array.from({ length: 25 }, (_, index) => `10.1.9.${index + 1}`);
    const world = await beside(['10.1.0.1', ...others]);
    // Ten of them and as many as came in the same window: three.
    await apply(world, adopting());
    await apply(world, adopting({ adopt: undefined, onForeignAdd: 'remove' }));
    await world.reconcile();
    expect(world.device.members(object).filter((address) => others.includes(address))).toHaveLength(12);
    expect(await reasons(world)).toEqual(['firewall-shrink']);
    expect(world.device.members(object)).toEqual(
      expect.arrayContaining(['10.1.0.1', '10.1.0.2', '10.1.0.3']),
    );
  });

  test.each([
    ['an edited comment', `${former}, ticket 7`],
    ['no comment', ''],
    ['the mark of another object', mark({ hub: 'test', firewall: 'edge', scope: 'root', object: 'other' })],
  ])('stays foreign with %s', async (_, other) => {
    const world = await beside(['10.1.0.1'], other);
    await apply(world, adopting());
    expect(comment(world)).toBe(other);
    expect(world.device.members(object)).toEqual(['10.1.0.1']);
    expect(await reasons(world)).toEqual(['foreign-object']);
  });

  test('stays foreign when it is not listed, or lies under another name', async () => {
    const world = await beside(['10.1.0.1']);
    world.device.objects.set('default.db', { comment: former, members: new Set(['10.1.0.1']) });
    await apply(world, adopting({ adopt: undefined }));
    expect(comment(world)).toBe(former);
    await apply(world, adopting());
    expect(comment(world)).toContain(ours);
    expect(world.device.objects.get('default.db')).toEqual({
      comment: former,
      members: new Set(['10.1.0.1']),
    });
  });

  test('waits for a person when the rules would match much more than now', async () => {
    const world = await beside(['10.1.0.9']);
    for (let index = 4; index < 20; index++) await world.upsert(pod(`p${index}`, `10.1.0.${index}`, web));
    const shown = await apply(world, adopting());
    expect(shown?.held).toHaveLength(19);
    expect(comment(world)).toBe(former);
    expect(await reasons(world)).toEqual(['configuration-growth']);
  });

  test('is not adopted a second time: a former tool that takes it back still runs', async () => {
    const world = await beside(['10.1.0.1']);
    await apply(world, adopting());
    world.device.objects.set(object, { comment: former, members: new Set(['10.1.0.1']) });
    await world.reconcile();
    await world.upsert(pod('new', '10.1.0.7', web));
    expect(comment(world)).toBe(former);
    expect(world.device.members(object)).toEqual(['10.1.0.1']);
    expect(await reasons(world)).toEqual(['taken-back-object']);
    await apply(world, adopting({ adopt: undefined }));
    await world.reconcile();
    expect(await reasons(world)).toEqual(['foreign-object']);
    await apply(world, adopting());
    await world.reconcile();
    expect(comment(world)).toContain(ours);
    expect(world.device.members(object)).toContain('10.1.0.7');
  });

  test('taken back and given up by the former tool, it loses what died meanwhile', async () => {
    const world = await beside(['10.1.0.1', '10.1.0.9']);
    await apply(world, adopting());
    const known = world.device.objects.get(object)!;
    const kept = known.comment;
    known.comment = former;
    await world.reconcile();
    await world.remove('p2');
    known.comment = kept;
    await world.reconcile();
    expect(world.device.members(object)).toEqual(['10.1.0.1', '10.1.0.3', '10.1.0.9']);
  });

  test('an object that is not there is made, as any other', async () => {
    const world = await World.start([adopting()]);
    await world.upsert(pod('p1', '10.1.0.1', web));
    expect(world.device.members(object)).toEqual(['10.1.0.1']);
  });
});
