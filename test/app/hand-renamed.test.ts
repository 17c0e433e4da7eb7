import { describe, expect, onTestFinished, test } from 'vitest';
import { groupStatuses } from '../../lib/app/commands/status.ts';
import { listHeld } from '../../lib/app/commands/approve.ts';
import { metrics } from '../../lib/app/metrics.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const both = ['10.1.0.1', '10.1.0.2'];

async function filled(): Promise<World> {
  // What a person puts into an object stays: nothing but our own record takes a dead address off.
  const target = {
    firewall: 'edge',
    channel: 'list',
    create: 'own',
    mode: 'sync',
    onForeignAdd: 'report',
  } as const;
  const world = await World.start([group('web', { publish: [target] })]);
  await world.upsert(pod('a', both[0]!, web));
  await world.upsert(pod('b', both[1]!, web));
  await world.reconcile();
  return world;
}

function rename(world: World, from = 'obj-web', to = 'web servers'): void {
  const object = world.device.objects.get(from);
  if (!object) throw new Error(`there is no ${from}`);
  world.device.objects.delete(from);
  world.device.objects.set(to, object);
}

async function statusOf(world: World) {
  const [status] = await groupStatuses(world.ports, await world.configurations.active(), 'edge');
  return status;
}

async function heldOf(world: World): Promise<string[]> {
  const held = await listHeld(world.ports, await world.configurations.active(), 'edge');
  return held.map(({ op, address, reason }) => `${op} ${address} ${reason}`).sort();
}

describe('an object that a person renamed', () => {
  test('a comparison makes no other, says where it is, and it counts as waiting for a person', async () => {
    const world = await filled();
    rename(world);
    for (let i = 0; i < 3; i++) await world.reconcile();
    expect([...world.device.objects.keys()]).toEqual(['web servers']);
    expect(world.device.members('web servers')).toEqual(both);
    expect(await statusOf(world)).toMatchObject({
      trouble: 'hand-renamed-object',
      renamedTo: 'web servers',
      size: 2,
    });
    expect(world.telemetry.valuesOf(metrics.drift.name).at(-1)).toBe(1);
    await sweep(world.ports, world.configurations);
    expect(world.telemetry.valuesOf(metrics.held.name).at(-1)).toBe(1);
  });

  test.each(['before', 'after'])(
    'changes that come %s the comparison are held, dead addresses too',
    async (when) => {
      const world = await filled();
      rename(world);
      if (when === 'after') await world.reconcile();
      await world.remove('a');
      await world.upsert(pod('c', '10.1.0.3', web));
      await world.reconcile();
      await world.reconcile();
      expect([...world.device.objects.keys()]).toEqual(['web servers']);
      expect(world.device.members('web servers')).toEqual(both);
      expect(await heldOf(world)).toEqual([
        'add 10.1.0.3 hand-renamed-object',
        'remove 10.1.0.1 hand-renamed-object',
      ]);
      expect(await statusOf(world)).toMatchObject({ held: 2, renamedTo: 'web servers' });
    },
  );

  test('it goes on when the object has its name again: what died meanwhile leaves, what came is added', async () => {
    const world = await filled();
    rename(world);
    await world.reconcile();
    await world.remove('a');
    await world.upsert(pod('c', '10.1.0.3', web));
    rename(world, 'web servers', 'obj-web');
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.2', '10.1.0.3']);
    await world.reconcile();
    expect(await heldOf(world)).toEqual([]);
    expect(await statusOf(world)).toMatchObject({ held: 0, trouble: undefined, renamedTo: undefined });
  });

  test('it goes on quietly when nothing changed meanwhile', async () => {
    const world = await filled();
    rename(world);
    await world.reconcile();
    rename(world, 'web servers', 'obj-web');
    await world.reconcile();
    expect(world.on('web')).toEqual(both);
    expect(await statusOf(world)).toMatchObject({ trouble: undefined, renamedTo: undefined, withheld: 0 });
  });

  test('a change whose answer was lost before is neither forgotten nor taken for done', async () => {
    const world = await filled();
    world.device.loseReply.add('10.1.0.1').add('10.1.0.3');
    await world.send(world.removeChange('a'), world.upsertChange(pod('c', '10.1.0.3', web)));
    await world.wakeUp().catch(() => undefined);
    rename(world);
    await world.settle();
    await world.reconcile();
    expect([...world.device.objects.keys()]).toEqual(['web servers']);
    expect(await heldOf(world)).toEqual([
      'add 10.1.0.3 hand-renamed-object',
      'remove 10.1.0.1 hand-renamed-object',
    ]);
  });

  test('when its mark is taken out, another is made with all members', async () => {
    const world = await filled();
    rename(world);
    await world.reconcile();
    world.device.objects.get('web servers')!.comment = 'kept by hand';
    await world.reconcile();
    expect(world.on('web')).toEqual(both);
    expect(world.device.members('web servers')).toEqual(both);
    expect(await statusOf(world)).toMatchObject({ trouble: undefined, renamedTo: undefined });
  });

  test('nothing is made while the objects cannot be listed', async () => {
    const world = await filled();
    rename(world);
    world.device.fault = (call) => {
      if (call === 'listObjects') throw new Error('no list');
    };
    await world.reconcile().catch(() => undefined);
    await world.upsert(pod('c', '10.1.0.3', web)).catch(() => undefined);
    expect([...world.device.objects.keys()]).toEqual(['web servers']);
  });
});

test('a copy of an object that is there changes nothing, and nobody lists objects for it', async () => {
  const world = await filled();
  const object = world.device.objects.get('obj-web')!;
  world.device.objects.set('a copy', { ...object, members: new Set(object.members) });
  world.device.calls = [];
  await world.reconcile();
  await world.remove('a');
  await world.reconcile();
  expect(world.on('web')).toEqual(['10.1.0.2']);
  expect(world.device.calls.filter(({ name }) => name === 'listObjects')).toEqual([]);
  expect(await statusOf(world)).toMatchObject({ trouble: undefined, renamedTo: undefined });
});

test('another hub, or group, that renamed its own object keeps nobody from making one', async () => {
  const world = await filled();
  rename(world);
  const stranger = world.device.objects.get('web servers')!;
  stranger.comment = stranger.comment.replace(/mark:./, (text) => (text.endsWith('0') ? 'mark:1' : 'mark:0'));
  await world.reconcile();
  expect(world.on('web')).toEqual(both);
});

const configChurn = {
  channel: 'objects',
  create: 'own',
  mode: 'sync',
  acceptConfigChurn: { writesPerHour: 1000 },
};

test.each([
  ['system/external-resource', pushed('web')],
  ['firewall/addrgrp', pushed('web', { publish: [{ firewall: 'edge', ...configChurn }] })],
])('the commands name what was renamed in %s of a simulated FortiGate', async (path, settings) => {
  const world = await OperatorWorld.start({ web: settings });
  onTestFinished(() => world.stop());
  world.storeToken();
  await world.run(['apply', '--yes', '--author', 'mia']);
  await world.tell(pod('a', both[0]!, web), pod('b', both[1]!, web));
  const vdom = world.simulator.device.vdom('root');
  const table = vdom.table(path)!;
  // The group itself, not one of its shards, which come first.
  const name = [...table.rows.keys()].filter((key) => key.includes('web')).at(-1);
  table.update(name!, { name: 'by hand' });
  if (path.startsWith('system')) vdom.feeds.rename(name!, 'by hand');
  await world.tell(pod('c', '10.1.0.3', web));
  await world.run(['reconcile', 'edge']);
  await world.work();
  expect([...table.rows.keys()].filter((key) => key === name)).toEqual([]);
  const status = await world.run(['status'], { columns: 200 });
  expect(status.code).toBe(3);
  expect(status.stdout).toContain('hand-renamed-object');
  expect(status.stdout).toContain('is called "by hand" now');
  expect((await world.run(['explain', '10.1.0.3'])).stdout).toMatch(/hand-renamed-object[^]*"by hand"/);
  expect((await world.run(['check', 'edge'])).stdout).toContain('"by hand"');
  const plan = await world.run(['plan'], { columns: 200 });
  expect(plan.stdout).toContain('a person renamed the object to "by hand"');
});
