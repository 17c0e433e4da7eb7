import { describe, expect, test } from 'vitest';
import { applyConfiguration } from '../../lib/app/commands/apply.ts';
import { pauseWrites, resumeWrites } from '../../lib/app/commands/pause.ts';
import { planConfiguration } from '../../lib/app/commands/plan.ts';
import { withResources } from '../../lib/app/delegation/with-resources.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { publishDesired } from '../../lib/app/way-back/publish-desired.ts';
import type { KubernetesObject } from '../../lib/core/onboarding/kubernetes-object.ts';
import { LocalSigner } from '../support/memory-cluster.ts';
import { MemoryDesired } from '../support/memory-desired.ts';
import { configurationPointer } from '../../lib/app/state/configurations.ts';
import { delegation, request, spec, teamWorld } from '../support/team-world.ts';
import { group, pod } from '../support/world.ts';

const name = 'team.one.shop.web';

describe('groups that teams make by resources', () => {
  test('are on the firewall without an apply, as large as they may be at once, and follow the pods', async () => {
    const { world, tell, admit, names, web } = await teamWorld();
    for (const one of [...web(30), ...web(3, 'other')]) await world.upsert(one);
    await tell([request('web')]);
    expect(await admit()).toBe(true);
    expect(await names()).toEqual(['platform', name]);
    // Thirty are beyond the brakes of any configuration; pods of other namespaces match the selector and are left out.
    expect(world.on(name)).toEqual(
      web(30)
        .flatMap(({ addresses }) => addresses)
        .sort(),
    );
    await world.remove('shop-7');
    expect(world.on(name)).toHaveLength(29);
    expect(await admit()).toBe(false);
  });

  test('grow by another selector up to their size, and shrink by it at the brakes', async () => {
    const { world, tell, admit, web } = await teamWorld();
    for (const [index, one] of web(40).entries())
      await world.upsert({ ...one, labels: index < 30 ? { app: 'web' } : { app: 'db' } });
    await tell([request('web')]);
    await admit();
    const selector = { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'db'] }] };
    await tell([request('web', { generation: 2, spec: { ...spec, selector } })]);
    await admit();
    expect(world.on(name)).toHaveLength(40);
    const few = { matchLabels: { app: 'db' } };
    await tell([request('web', { generation: 3, spec: { ...spec, selector: few } })]);
    await admit();
    expect(world.on(name)).toHaveLength(40);
  });

  test('are emptied when the resource is gone, and then leave', async () => {
    const { world, tell, admit, names, web } = await teamWorld();
    for (const one of web(30)) await world.upsert(one);
    await tell([request('web')]);
    await admit();
    await tell([]);
    await admit();
    expect(world.on(name)).toEqual([]);
    await admit();
    expect(await names()).toEqual(['platform']);
  });

  test('stay when nobody tells of their cluster, or not all of it', async () => {
    const { world, tell, admit, names, web } = await teamWorld();
    await world.upsert(web(1)[0]!);
    await tell([request('web')]);
    await admit();
    await tell([], 1);
    expect(await admit()).toBe(false);
    await world.tables.write({
      key: { table: 'control', pk: 'address-groups|111122223333|eu-central-1|one' },
      delete: true,
    });
    expect(await admit()).toBe(false);
    expect(await names()).toEqual(['platform', name]);
  });

  test('go when their resource is gone, also while others are too many to be told in full', async () => {
    const { world, tell, admit, names, web } = await teamWorld();
    await world.upsert(web(1)[0]!);
    await tell([request('web')]);
    await admit();
    const uid = request('web').uid;
    await tell([], 2, [uid, 'other']);
    expect(await admit()).toBe(false);
    await tell([], 2, ['another', 'other']);
    await admit();
    await admit();
    expect(await names()).toEqual(['platform']);
  });

  test('stay as they were when a change of them is refused, and end when the platform withdraws', async () => {
    const { world, tell, admit, names, web } = await teamWorld();
    await world.upsert(web(1)[0]!);
    await tell([request('web')]);
    await admit();
    await tell([request('web', { generation: 2, spec: { ...spec, maxMembers: 51 } })]);
    expect(await admit()).toBe(false);
    expect(world.on(name)).toHaveLength(1);
    world.configuration.groups = (await world.configurations.active()).configuration.groups;
    world.configuration.delegations = { teams: { ...delegation, namespaces: "team == 'nobody'" } };
    await world.activate();
    await admit();
    await admit();
    expect(await names()).toEqual(['platform']);
    expect(world.on(name)).toEqual([]);
  });

  test('leave what was released for others, by a person or a team, as it was', async () => {
    const { world, tell, admit, web } = await teamWorld();
    for (const one of web(30)) await world.upsert(one);
    world.device.fault = () => {
      throw new ZonebridgeError('firewall/unreachable', 'down');
    };
    await tell([request('web')]);
    await admit();
    await tell([request('web'), request('db', { created: 2 })]);
    expect(await admit()).toBe(true);
    expect(world.on(name)).toEqual([]);
    world.device.fault = undefined;
    await world.clock.sleep(120_000);
    await world.wakeUp();
    await world.settle();
    expect(world.on(name)).toHaveLength(30);
  });

  test('are held inside what is delegated now when their change is refused', async () => {
    const { world, tell, admit, web } = await teamWorld();
    for (const one of web(3)) await world.upsert(one);
    await tell([request('web')]);
    await admit();
    const { groups } = (await world.configurations.active()).configuration;
    world.configuration.groups = groups;
    world.configuration.delegations = { teams: { ...delegation, maxMembers: 5, ranges: ['10.99.0.0/16'] } };
    await world.activate();
    await tell([request('web', { generation: 2, spec: { ...spec, maxMembers: 51 } })]);
    await admit();
    const active = (await world.configurations.active()).configuration.groups[name];
    expect(active).toMatchObject({ maxMembers: 5, ranges: ['10.99.0.0/16'] });
    world.configuration.delegations = { teams: { ...delegation, usedIn: ['deny'] } };
    world.configuration.groups = (await world.configurations.active()).configuration.groups;
    await world.activate();
    await admit();
    expect(world.on(name)).toEqual([]);
  });

  test('take the new name alone when the platform changes the prefix', async () => {
    const { world, tell, admit, names, web } = await teamWorld();
    for (const one of web(3)) await world.upsert(one);
    await tell([request('web')]);
    await admit();
    world.configuration.groups = (await world.configurations.active()).configuration.groups;
    world.configuration.delegations = { teams: { ...delegation, prefix: 'squad.' } };
    await world.activate();
    await admit();
    await admit();
    expect(await names()).toEqual(['platform', 'squad.one.shop.web']);
    expect([world.on(name), world.on('squad.one.shop.web')]).toEqual([
      [],
      expect.arrayContaining(['10.4.0.1']),
    ]);
  });

  test('are no more than a namespace may have, whatever it asks for one after the other', async () => {
    const { tell, admit, names } = await teamWorld();
    const bad = { generation: 2, spec: { ...spec, maxMembers: 51 } };
    await tell([request('a', { created: 2 }), request('b', { created: 3 })]);
    await admit();
    await tell([request('a', { created: 2, ...bad }), request('b', { created: 3, ...bad }), request('c')]);
    await admit();
    expect(await names()).toEqual(['platform', 'team.one.shop.a', 'team.one.shop.b']);
  });

  test('are neither forgotten nor changed by what a person applies', async () => {
    const { world, tell, admit } = await teamWorld();
    await tell([request('web')]);
    await admit();
    const written = { ...world.configuration, groups: { next: group('next') } };
    const joined = await withResources(world, written);
    expect(Object.keys(joined.groups).sort()).toEqual(['next', name]);
  });

  test('wait while a canary is on', async () => {
    const { world, tell, admit } = await teamWorld();
    const { generation } = await world.configurations.active();
    await world.configurations.activate(world.configuration, {
      previous: generation,
      author: 'test',
      now: world.clock.now(),
      canary: { firewalls: ['edge'] },
    });
    await tell([request('web')]);
    expect(await admit()).toBe(false);
  });

  test('wait while everything is paused, so that a person can apply whatever resources change', async () => {
    const { world, tell, admit } = await teamWorld();
    await tell([request('web')]);
    const by = { name: 'ada', principal: undefined };
    await pauseWrites(world.ports, world.configurations, { firewall: undefined, by });
    expect(await admit()).toBe(false);
    await resumeWrites(world.ports, world.configurations, { firewall: undefined, by });
    expect(await admit()).toBe(true);
  });

  test('are walked to when the round that admitted them died', async () => {
    const { world, tell, admit, web } = await teamWorld();
    await world.upsert(web(1)[0]!);
    await tell([request('web')]);
    world.queues.beforeSend = ({ body }) => {
      if (body.includes('"walk"')) throw new Error('crash');
    };
    await expect(admit()).rejects.toThrow('crash');
    world.queues.beforeSend = undefined;
    expect(await admit()).toBe(true);
    expect(world.on(name)).toHaveLength(1);
    expect(await admit()).toBe(false);
  });

  test('of which one changes every minute outdate no plan of a person', async () => {
    const { world, tell, admit, names, web } = await teamWorld();
    for (const one of web(3)) await world.upsert(one);
    await world.upsert(pod('next', '10.9.0.1', { app: 'next' }));
    await tell([request('web')]);
    await admit();
    const written = {
      ...world.configuration,
      groups: { ...world.configuration.groups, next: group('next') },
    };
    const configuration = await withResources(world, written);
    const plans = await planConfiguration(world.ports, world.configurations, configuration);
    // While the person reads, and again while the apply is on its way.
    await tell([request('web'), request('db', { created: 2 })]);
    await admit();
    let changes = 0;
    world.tables.beforeCall = async (_, call) => {
      const activates = 'writes' in call && call.writes.some(({ key }) => key.pk === configurationPointer.pk);
      if (!activates || changes === 1) return;
      changes += 1;
      const selector = { matchLabels: { app: 'changed' } };
      await tell([request('web'), request('db', { created: 2, generation: 2, spec: { ...spec, selector } })]);
      await admit();
    };
    await applyConfiguration(world, { configuration, plans, author: 'ada' });
    world.tables.beforeCall = undefined;
    await world.settle();
    expect(changes).toBe(1);
    expect(await names()).toEqual(['next', 'platform', 'team.one.shop.db', name]);
    const { groups } = (await world.configurations.active()).configuration;
    expect(JSON.stringify(groups['team.one.shop.db'])).toContain('changed');
    expect([world.on('next'), world.on(name).length]).toEqual([['10.9.0.1'], 3]);
  });

  test('let a plan of a person go out of date by another person all the same', async () => {
    const { world, tell, admit } = await teamWorld();
    const plans = await planConfiguration(world.ports, world.configurations, world.configuration);
    await world.activate();
    await tell([request('web')]);
    await admit();
    const { configuration } = world;
    await expect(applyConfiguration(world, { configuration, plans, author: 'ada' })).rejects.toMatchObject({
      code: 'configuration/outdated',
    });
  });

  test('that are withdrawn are emptied, also when the apply of a person comes first', async () => {
    const { world, tell, admit, web } = await teamWorld();
    for (const one of web(30)) await world.upsert(one);
    await tell([request('web')]);
    await admit();
    world.device.fault = () => {
      throw new ZonebridgeError('firewall/unreachable', 'down');
    };
    await tell([]);
    await admit();
    const configuration = await withResources(world, world.configuration);
    const plans = await planConfiguration(world.ports, world.configurations, configuration);
    await applyConfiguration(world, { configuration, plans, author: 'ada' });
    await world.settle();
    world.device.fault = undefined;
    await world.clock.sleep(600_000);
    await world.wakeUp();
    await world.settle();
    expect(world.on(name)).toEqual([]);
  });

  test('that waited for a lease are carried out without another generation', async () => {
    const { world, tell, admit, web } = await teamWorld();
    await world.upsert(web(1)[0]!);
    await tell([request('web')]);
    world.queues.beforeSend = ({ body }) => {
      if (body.includes('"walk"')) throw new Error('crash');
    };
    await expect(admit()).rejects.toThrow('crash');
    world.queues.beforeSend = undefined;
    const { generation } = await world.configurations.active();
    await admit();
    expect((await world.configurations.active()).generation).toBe(generation);
    expect(world.on(name)).toHaveLength(1);
  });
});

test('the status of a resource says what was decided and what the firewalls have', async () => {
  const { world, tell, admit, web } = await teamWorld();
  const store = new MemoryDesired();
  const publishing = { ports: world.ports, store, signer: new LocalSigner() };
  for (const one of web(3)) await world.upsert(one);
  await tell([request('web'), request('no', { namespaceLabels: { 'kubernetes.io/metadata.name': 'shop' } })]);
  await admit();
  await publishDesired(publishing, world.configurations);
  const { entries } = JSON.parse(store.latest.get('one/address-groups.json') ?? '') as {
    entries: { object: KubernetesObject }[];
  };
  const statuses = Object.fromEntries(entries.map(({ object }) => [object.metadata.name, object['status']]));
  expect(statuses['web']).toMatchObject({
    group: name,
    members: 3,
    published: '1/1',
    conditions: [
      { type: 'Accepted', status: 'True' },
      { type: 'Published', status: 'True' },
    ],
    firewalls: [{ name: 'edge', state: 'Published', members: 3 }],
  });
  expect(statuses['no']).toMatchObject({
    conditions: [
      { type: 'Accepted', status: 'False', reason: 'NamespaceNotAllowed' },
      { type: 'Published', status: 'False' },
    ],
  });
});
