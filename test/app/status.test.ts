import { describe, expect, test } from 'vitest';
import { listGroups } from '../../lib/app/commands/groups.ts';
import { requestReconcile, waitForReconcile } from '../../lib/app/commands/request-reconcile.ts';
import { failedGroups, isWell, readStatus } from '../../lib/app/commands/status.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };

async function withPod(): Promise<World> {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  return world;
}

describe('status', () => {
  test('all well', async () => {
    const world = await withPod();
    await world.reconcile();
    const status = await readStatus(world);
    expect(isWell(status)).toBe(true);
    expect(status).toMatchObject({ hub: 'test', generation: 1, author: 'test', unknownSenders: undefined });
    expect(status.firewalls[0]).toMatchObject({
      firewall: 'edge',
      health: 'in step',
      failures: 0,
      dirty: 0,
      behindSince: undefined,
      identity: { serial: 'PAPER1' },
      comparison: { reason: 'test', error: '', lost: 0 },
      groups: [
        {
          group: 'web',
          object: 'obj-web',
          mode: 'sync',
          size: 1,
          held: 0,
          withheld: 0,
          failed: { count: 0 },
          trouble: undefined,
        },
      ],
    });
    expect(status.clusters[0]).toMatchObject({ cluster: 'one', epoch: 1, agentVersion: '1', silentMs: 1 });
    expect(status.clusters[1]).toMatchObject({ cluster: 'two', epoch: 0, silentMs: undefined });
  });

  test('a firewall that is down, and back', async () => {
    const world = await withPod();
    world.device.fault = () => {
      throw new ZonebridgeError('firewall/unreachable', 'no route');
    };
    const since = world.clock.now();
    await world.upsert(pod('b', '10.1.0.2', web));
    await world.clock.sleep(60_000);
    const status = await readStatus(world);
    expect(isWell(status)).toBe(false);
    expect(status.firewalls[0]).toMatchObject({
      health: 'behind',
      behindSince: since,
      dirty: 1,
      lastError: 'firewall/unreachable: no route',
    });
    expect(status.firewalls[0]!.failures).toBeGreaterThan(1);
    world.device.fault = undefined;
    await world.wakeUp();
    expect((await readStatus(world)).firewalls[0]).toMatchObject({ health: 'in step', lastError: undefined });
  });

  test('a refused credential opens the circuit', async () => {
    const world = await World.start([group('web')]);
    world.device.fault = () => {
      throw new ZonebridgeError('firewall/credentials-rejected', '401');
    };
    await world.upsert(pod('a', '10.1.0.1', web));
    const [edge] = (await readStatus(world)).firewalls;
    expect(edge).toMatchObject({ health: 'circuit open' });
    expect(edge!.circuitUntil).toBeGreaterThan(world.clock.now());
  });

  test('held changes and a foreign object', async () => {
    const world = await World.start([group('web')]);
    world.device.objects.set('obj-web', { comment: '', members: new Set() });
    await world.upsert(pod('a', '10.1.0.1', web));
    const status = await readStatus(world);
    expect(status.firewalls[0]!.groups[0]).toMatchObject({ held: 1, trouble: 'foreign-object' });
    expect(isWell(status)).toBe(false);
  });

  test('members that the firewall refuses for good', async () => {
    const world = await World.start([group('web')]);
    world.device.refuse.set('10.1.0.1', new ZonebridgeError('firewall/object-foreign', 'not ours'));
    await world.upsert(pod('a', '10.1.0.1', web));
    const status = await readStatus(world);
    const failed = { count: 1, codes: ['firewall/object-foreign'], addresses: ['10.1.0.1'] };
    expect(status.firewalls[0]!.groups[0]).toMatchObject({ failed, held: 0 });
    expect(isWell(status)).toBe(false);
    expect(await failedGroups(world)).toEqual([{ firewall: 'edge', group: 'web', ...failed }]);
  });

  test('members that a person took off', async () => {
    const world = await withPod();
    await world.reconcile();
    world.device.objects.get('obj-web')!.members.clear();
    await world.reconcile();
    const status = await readStatus(world);
    expect(status.firewalls[0]!.groups[0]).toMatchObject({ withheld: 1, failed: { count: 0 } });
    expect(await failedGroups(world)).toEqual([]);
  });

  test('a silent agent and records that were set aside', async () => {
    const world = await withPod();
    await world.send({ nonsense: true });
    await world.ingest('not json');
    await world.clock.sleep(10 * 60_000);
    const status = await readStatus(world);
    expect(status.clusters[0]!.silentMs).toBeGreaterThanOrEqual(10 * 60_000);
    expect(status.clusters[0]!.quarantine).toMatchObject({ count: 1, code: 'record/invalid' });
    expect(status.unknownSenders).toMatchObject({ count: 1, code: 'record/invalid' });
    expect(isWell(status)).toBe(false);
  });
});

describe('groups', () => {
  test('members with endpoint, state and age', async () => {
    const world = await withPod();
    const since = world.clock.now();
    await world.clock.sleep(5_000);
    await world.send(world.upsertChange(pod('b', '10.1.0.2', web)));
    const [view] = await listGroups(world.ports, await world.configurations.active());
    expect(view).toEqual({
      group: 'web',
      firewall: 'edge',
      object: 'obj-web',
      size: 1,
      members: [
        { address: '10.1.0.1', state: 'present', reason: undefined, endpoint: 'one/shop/a', since },
        { address: '10.1.0.2', state: 'wanted', reason: undefined, endpoint: 'one/shop/b', since: undefined },
      ],
    });
  });

  test('what is held or refused says why', async () => {
    const world = await World.start([group('web', { maxMembers: 1 }), group('all', { select: 'all()' })]);
    world.device.refuse.set('10.1.0.2', new ZonebridgeError('firewall/rejected', 'no'));
    await world.upsert(pod('a', '10.1.0.1', web));
    await world.upsert(pod('b', '10.1.0.2', web));
    const active = await world.configurations.active();
    const views = await listGroups(world.ports, active, { firewall: 'edge' });
    const words = views.flatMap(({ group: name, members }) =>
      members.map(({ address, state, reason }) => [name, address, state, reason]),
    );
    expect(words).toEqual([
      ['web', '10.1.0.1', 'present', undefined],
      ['web', '10.1.0.2', 'held', 'add: max-members'],
      ['all', '10.1.0.1', 'present', undefined],
      ['all', '10.1.0.2', 'failed', 'firewall/rejected: no'],
    ]);
  });

  test('an unknown group or firewall is a mistake, not an empty answer', async () => {
    const world = await withPod();
    const active = await world.configurations.active();
    for (const only of [{ group: 'wbe' }, { firewall: 'egde' }])
      await expect(listGroups(world.ports, active, only)).rejects.toMatchObject({
        code: 'configuration/not-active',
      });
  });
});

describe('reconcile on request', () => {
  test('finds its own result', async () => {
    const world = await withPod();
    await world.clock.sleep(1);
    const active = await world.configurations.active();
    const requestId = await requestReconcile(world.ports, active, 'edge');
    expect(await waitForReconcile(world.ports, { firewall: 'edge', requestId, timeoutMs: 2_000 })).toBe(
      undefined,
    );
    world.device.objects.get('obj-web')!.members.add('6.6.6.6');
    await world.settle();
    const found = await waitForReconcile(world.ports, { firewall: 'edge', requestId, timeoutMs: 0 });
    expect(found).toMatchObject({ answered: [requestId], foreign: 1, reason: 'requested', error: '' });
  });

  test('an unknown firewall is refused', async () => {
    const world = await withPod();
    const active = await world.configurations.active();
    await expect(requestReconcile(world.ports, active, 'x')).rejects.toMatchObject({
      code: 'configuration/not-active',
    });
  });
});
