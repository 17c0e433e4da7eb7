import { expect, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import { storeQualification } from '../../lib/app/state/qualifications.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };

async function qualified(world: World, version: string, channels = ['list']): Promise<void> {
  const on = { firewall: 'scratch', serial: 'PAPER0', at: world.clock.now(), by: 'test' };
  await storeQualification(world.tables, { kind: 'paper', version, channels, ...on });
}

async function careful(): Promise<World> {
  const world = new World([group('web')]);
  world.configuration.firewalls['edge']!.requireQualification = true;
  await qualified(world, 'v1.0.0');
  await world.activate();
  await world.hello('agent-process-1');
  await world.upsert(pod('a', '10.1.0.1', web));
  expect(world.on('web')).toEqual(['10.1.0.1']);
  return world;
}

test('a device that was upgraded is not written to before its version is qualified, and then by itself', async () => {
  const world = await careful();
  world.device.identity = { ...world.device.identity, version: 'v2.0.0' };
  await world.clock.sleep(120_000);
  await world.upsert(pod('b', '10.1.0.2', web));
  expect(world.on('web')).toEqual(['10.1.0.1']);
  const [edge] = (await readStatus(world)).firewalls;
  expect(edge).toMatchObject({
    health: 'behind',
    lastError: expect.stringContaining('firewall/not-qualified'),
  });
  // Another channel says nothing about this one.
  await qualified(world, 'v2.0.0', ['one-by-one']);
  await world.clock.sleep(120_000);
  await world.reconcile();
  expect(world.on('web')).toEqual(['10.1.0.1']);
  await qualified(world, 'v2.0.0');
  await world.clock.sleep(600_000);
  await world.reconcile();
  expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
});

test('nobody is asked for a qualification where none is required', async () => {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  world.device.identity = { ...world.device.identity, version: 'v2.0.0' };
  await world.clock.sleep(120_000);
  await world.upsert(pod('b', '10.1.0.2', web));
  expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
});
