import { describe, expect, test } from 'vitest';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { manifestsOf } from '../support/manifests.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const fault = (code: 'firewall/unreachable' | 'firewall/table-full' | 'firewall/credentials-rejected') =>
  new ZonebridgeError(code, 'test');

async function quarantined(world: World, cluster = 'unknown'): Promise<unknown> {
  const [item] = await world.tables.read([{ table: 'control', pk: `quarantine|${cluster}` }]);
  return item?.['code'];
}

describe('hostile and broken events', () => {
  test.each([
    ['not JSON', 'record/invalid'],
    [JSON.stringify({ hello: 1 }), 'record/invalid'],
    [
      JSON.stringify({
        source: 'zonebridge.cluster.111122223333.eu-central-1.nobody',
        'detail-type': 'endpoints',
        detail: {},
      }),
      'record/wrong-cluster',
    ],
    [JSON.stringify({ source: 'aws.ec2', 'detail-type': 'endpoints', detail: {} }), 'record/wrong-cluster'],
  ])('%s is set aside', async (body, code) => {
    const world = await World.start([group('web')]);
    await world.ingest(body);
    expect(await quarantined(world)).toBe(code);
  });

  test.each([
    ['an old epoch', { epoch: 7 }, 'record/stale-epoch'],
    ['another schema', { epoch: 1, schema: 99 }, 'record/unknown-schema'],
    ['13 hours of age', { epoch: 1, sentAt: Date.UTC(2026, 0, 1) - 13 * 3_600_000 }, 'record/too-old'],
  ])('an event with %s changes nothing', async (_, detail, code) => {
    const world = await World.start([group('web')]);
    await world.event('endpoints', { changes: [world.upsertChange(pod('a', '10.1.0.1', web))], ...detail });
    await world.settle();
    expect(world.on('web')).toEqual([]);
    expect(await quarantined(world, 'one')).toBe(code);
  });

  test('one bad record is set aside alone', async () => {
    const world = await World.start([group('web')]);
    const bad = {
      ...world.upsertChange(pod('bad', '10.1.0.9', web)),
      upsert: { ...pod('bad', '10.1.0.9', web), labels: 'x' },
    };
    await world.send(
      bad,
      world.upsertChange(pod('zero', '010.1.0.8', web)),
      world.upsertChange(pod('a', '10.1.0.1', web)),
    );
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1']);
    expect(await quarantined(world, 'one')).toBe('address/invalid');
  });

  test('addresses outside of the ranges of the cluster are published nowhere', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', ['8.8.8.8', 'fd00::1'], web));
    expect(world.on('web')).toEqual(['fd00::1']);
    expect(world.telemetry.valuesOf('RecordsRefused')).toEqual([1]);
  });

  test('the same address from two clusters of a realm stays with the first; both are named', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', web));
    await world.hello('other-process-1', 'two');
    await world.event(
      'endpoints',
      { epoch: 1, changes: [{ ...world.upsertChange(pod('b', '10.1.0.1', { app: 'db' })) }] },
      'two',
    );
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1']);
    const line = world.telemetry.lines.find(({ message }) => message === 'addresses refused');
    expect(JSON.stringify(line)).toContain('also used by cluster one');
  });

  test('whoever was refused an address gets it when the other cluster has it no more', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', { app: 'db' }));
    await world.hello('other-process-1', 'two');
    const change = { ...world.upsertChange(pod('b', '10.1.0.1', web)), sequence: 1 };
    await world.event('endpoints', { epoch: 1, changes: [change] }, 'two');
    await world.settle();
    expect(world.on('web')).toEqual([]);
    const sweepAll = async (): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        await world.clock.sleep(60_000);
        await sweep(world.ports, world.configurations);
      }
      await world.settle();
    };
    await sweepAll();
    expect(world.on('web')).toEqual([]);
    await world.remove('a');
    await sweepAll();
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });

  test('labels full of quotes, slashes and control characters are data', async () => {
    const world = await World.start([group('web', { select: 'has(evil)' })]);
    await world.upsert(pod('a', '10.1.0.1', { evil: `'"<>/\\|\u0000\n` }));
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });
});

describe('epochs', () => {
  test('a paused old agent changes nothing after a new one came', async () => {
    const world = await World.start([group('web')]);
    const old = world.upsertChange(pod('a', '10.1.0.1', web));
    await world.hello('agent-process-2');
    await world.event('endpoints', { epoch: 1, changes: [old] });
    await world.settle();
    expect(world.on('web')).toEqual([]);
    expect(world.told.at(-1)).toMatchObject({ type: 'epoch', process: 'agent-process-2', epoch: 2 });
  });

  test('an old agent that missed the answer to its successor is told with its next heartbeat', async () => {
    const world = await World.start([group('web')]);
    await world.hello('agent-process-2');
    await world.settle();
    const beat = { process: 'agent-process-1', endpoints: 1, pending: 0, sequence: 1 };
    const before = world.told.length;
    await world.event('heartbeat', { epoch: 1, ...beat });
    await world.settle();
    expect(world.told.slice(before)).toMatchObject([{ type: 'epoch', process: 'agent-process-2', epoch: 2 }]);
    await world.event('heartbeat', { epoch: 2, ...beat, process: 'agent-process-2' });
    await world.event('heartbeat', { epoch: 3, ...beat, process: 'agent-process-3' });
    await world.settle();
    expect(world.told).toHaveLength(before + 1);
  });

  test('a repeated hello gets the same epoch, a late one none', async () => {
    const world = await World.start([group('web')]);
    const sentAt = world.clock.now();
    await world.clock.sleep(1000);
    await world.hello('agent-process-2');
    await world.hello('agent-process-2');
    await world.event('hello', { process: 'agent-process-0', agentVersion: '1', sentAt });
    await world.settle();
    expect(world.told.map((message) => (message as { epoch: number }).epoch)).toEqual([1, 2, 2]);
  });
});

describe('an ill firewall', () => {
  test('keeps its dirty rows, is tried again, and catches up', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', web));
    world.device.fault = () => {
      throw fault('firewall/unreachable');
    };
    await world.send(world.upsertChange(pod('b', '10.1.0.2', web)), world.removeChange('a'));
    await world.settle(3);
    world.device.fault = undefined;
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.2']);
  });

  test('a lost reply is read back, not repeated blindly', async () => {
    const world = await World.start([group('web')]);
    world.device.loseReply.add('10.1.0.1');
    await world.upsert(pod('a', '10.1.0.1', web));
    expect(world.on('web')).toEqual(['10.1.0.1']);
    expect(world.device.calls.map(({ name }) => name).filter((name) => name === 'apply')).toHaveLength(1);
    expect(world.device.calls.map(({ name }) => name)).toContain('observeSome');
  });

  test('a full table is told per address and the rest goes on', async () => {
    const world = await World.start([group('web')]);
    world.device.refuse.set('10.1.0.2', fault('firewall/table-full'));
    await world.send(
      world.upsertChange(pod('a', '10.1.0.1', web)),
      world.upsertChange(pod('b', '10.1.0.2', web)),
    );
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1']);
    world.device.refuse.clear();
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('refused credentials open the circuit: nobody hammers the firewall', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', web));
    await world.clock.sleep(120_000);
    world.device.fault = () => {
      throw fault('firewall/credentials-rejected');
    };
    world.device.calls = [];
    await world.upsert(pod('b', '10.1.0.2', web));
    await world.settle();
    expect(world.device.calls).toHaveLength(1);
  });

  test('a foreign object of our name is never touched', async () => {
    const world = await World.start([group('web')]);
    world.device.objects.set('obj-web', { comment: 'made by hand', members: new Set(['1.2.3.4']) });
    await world.upsert(pod('a', '10.1.0.1', web));
    expect(world.on('web')).toEqual(['1.2.3.4']);
    expect(world.device.applies()).toEqual([]);
    world.device.objects.delete('obj-web');
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });

  test('an offered object is filled only when it is offered', async () => {
    const target = {
      firewall: 'edge',
      channel: 'list',
      create: 'offered',
      mode: 'sync',
      onForeignAdd: 'report',
    } as const;
    const world = await World.start([group('web', { publish: [target] })]);
    await world.upsert(pod('a', '10.1.0.1', web));
    expect(world.on('web')).toEqual([]);
    world.device.objects.set('obj-web', { comment: 'ticket 7 zonebridge:offer:web', members: new Set() });
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });

  test('observe shows and writes nothing', async () => {
    const target = {
      firewall: 'edge',
      channel: 'list',
      create: 'own',
      mode: 'observe',
      onForeignAdd: 'report',
    } as const;
    const world = await World.start([group('web', { publish: [target] })]);
    await world.upsert(pod('a', '10.1.0.1', web));
    expect(world.device.calls).toEqual([]);
  });
});

describe('crashes', () => {
  test.each(Array.from({ length: 14 }, (_, index) => index + 1))(
    'a crash at call %i of the path is made good by repeating',
    async (at) => {
      const world = await World.start([group('web')]);
      await world.upsert(pod('a', '10.1.0.1', web));
      let calls = 0;
      const crash = (): void => {
        calls += 1;
        if (calls === at) throw new Error('crash');
      };
      const change = world.upsertChange(pod('b', '10.1.0.2', web));
      for (const hook of ['beforeCall', 'afterCall'] as const) {
        calls = 0;
        world.tables[hook] = crash;
        await world.send(change).catch(() => undefined);
        await world.settle(1).catch(() => undefined);
        world.tables[hook] = undefined;
        await world.clock.sleep(120_000);
        await world.send(change);
        await sweep(world.ports, world.configurations);
        await world.settle();
      }
      expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
      const loss = await world.tables.query({ table: 'dirty', pk: 'edge|0' });
      expect(loss.items).toEqual([]);
    },
  );
});

describe('manifests', () => {
  test('a complete manifest removes what the agent no longer has, and verifies', async () => {
    const world = await World.start([group('web')]);
    const kept = pod('a', '10.1.0.1', web);
    for (const record of [kept, pod('b', '10.1.0.2', web)]) await world.upsert(record);
    await world.event('manifest', { epoch: 1, manifests: manifestsOf([kept], world.sequence + 1) });
    await world.settle();
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });

  test('an incomplete hub asks for the shard and removes nothing', async () => {
    const world = await World.start([group('web')]);
    const known = pod('a', '10.1.0.1', web);
    const missing = pod('b', '10.1.0.2', web);
    await world.upsert(known);
    await world.event('manifest', { epoch: 1, manifests: manifestsOf([known, missing], world.sequence + 1) });
    await world.settle();
    expect(world.told.at(-1)).toMatchObject({ type: 'resend', shards: [shardOf('pod|b')] });
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });

  test('inferred removals wait while a shard is not verified', async () => {
    const world = await World.start([group('web')]);
    for (const uid of ['a', 'b', 'c']) await world.upsert(pod(uid, `10.1.0.${uid.charCodeAt(0)}`, web));
    await world.remove('a', 'relist');
    expect(world.on('web')).toHaveLength(3);
    await world.event('manifest', {
      epoch: 1,
      manifests: manifestsOf(
        ['b', 'c'].map((uid) => pod(uid, `10.1.0.${uid.charCodeAt(0)}`, web)),
        world.sequence + 1,
      ),
    });
    await world.settle();
    await world.reconcile();
    expect(world.on('web')).toHaveLength(2);
  });

  test('a new agent process has to verify again before anything unseen is removed', async () => {
    const world = await World.start([group('web')]);
    const records = ['a', 'b', 'c'].map((uid) => pod(uid, `10.1.0.${uid.charCodeAt(0)}`, web));
    for (const record of records) await world.upsert(record);
    await world.event('manifest', { epoch: 1, manifests: manifestsOf(records, world.sequence + 1) });
    await world.hello('agent-process-2');
    await world.send(world.removeChange('a', 'relist'));
    await world.settle();
    expect(world.on('web')).toHaveLength(3);
    await world.event('manifest', { epoch: 2, manifests: manifestsOf(records.slice(1), world.sequence + 1) });
    await world.settle();
    await world.reconcile();
    expect(world.on('web')).toHaveLength(2);
  });
});
