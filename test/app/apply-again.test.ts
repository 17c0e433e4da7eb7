import { describe, expect, test } from 'vitest';
import { applyConfiguration } from '../../lib/app/commands/apply.ts';
import { pauseWrites, resumeWrites } from '../../lib/app/commands/pause.ts';
import { planConfiguration } from '../../lib/app/commands/plan.ts';
import { Configurations } from '../../lib/app/state/configurations.ts';
import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const by = { name: 'somebody', principal: 'arn:aws:iam::111122223333:user/somebody' };

/** Plans and applies as the command does. */
async function apply(world: World, groups: AddressGroup[]): Promise<void> {
  const { configurations, ports } = world;
  const configuration = {
    ...world.configuration,
    groups: Object.fromEntries(groups.map((one) => [one.name, one])),
  };
  const plans = await planConfiguration(ports, configurations, configuration);
  await applyConfiguration({ ports, configurations }, { configuration, plans, author: 'test' });
  await world.settle();
}

describe('two people apply at once', () => {
  test('the one who loses leaves the configuration of the other alone', async () => {
    const world = await World.start([group('web')]);
    const { generation } = await world.configurations.active();
    const of = (name: string) => ({ ...world.configuration, groups: { [name]: group(name) } });
    const by = { previous: generation, author: 'test', now: world.clock.now() };
    await world.configurations.activate(of('winner'), by);
    await expect(world.configurations.activate(of('loser'), by)).rejects.toMatchObject({
      code: 'store/condition-failed',
    });
    const { configuration } = await new Configurations(world.tables).active();
    expect(Object.keys(configuration.groups)).toEqual(['winner']);
  });

  test('what one was shown is not released for what the other applied right after', async () => {
    const world = await World.start([group('web')]);
    const { configurations, ports } = world;
    const plans = await planConfiguration(ports, configurations, world.configuration);
    let activated = false;
    world.tables.afterCall = async (name, call) => {
      if (name !== 'transact' || activated || !('writes' in call)) return;
      if (call.writes[0]?.key.pk !== 'configuration|active') return;
      activated = true;
      const previous = (await configurations.active()).generation;
      await configurations.activate(world.configuration, {
        previous,
        author: 'other',
        now: world.clock.now(),
      });
    };
    const { configuration } = world;
    await expect(
      applyConfiguration({ ports, configurations }, { configuration, plans, author: 'test' }),
    ).rejects.toMatchObject({ code: 'configuration/outdated' });
  });
});

test('a group that comes back looks whose object it is, which nobody compared meanwhile', async () => {
  const world = await World.start([group('web')]);
  await apply(world, [group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  await apply(world, []);
  world.device.objects.set('obj-web', { comment: 'mine now', members: new Set(['192.0.2.1']) });
  await apply(world, [group('web')]);
  await world.upsert(pod('b', '10.1.0.2', web));
  expect(world.on('web')).toEqual(['192.0.2.1']);
});

test('a pause that takes the lease away while an apply releases is waited for', async () => {
  const world = await World.start([group('web', { publish: [] })]);
  await world.upsert(pod('a', '10.1.0.1', web));
  world.tables.beforeCall = async (_, call) => {
    if (!JSON.stringify(call).includes('allowGeneration')) return;
    world.tables.beforeCall = undefined;
    await pauseWrites(world.ports, world.configurations, { firewall: 'edge', by });
  };
  await apply(world, [group('web')]);
  expect(world.on('web')).toEqual([]);
  await resumeWrites(world.ports, world.configurations, { firewall: 'edge', by });
  await world.settle();
  expect(world.on('web')).toEqual(['10.1.0.1']);
});
