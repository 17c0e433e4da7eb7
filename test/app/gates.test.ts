import { describe, expect, test } from 'vitest';
import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import { contentHash } from '../../lib/core/model/content-hash.ts';
import type { EndpointRecord } from '../../lib/core/model/endpoint.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { group, pod, World } from '../support/world.ts';

const web = pod('a', '10.1.0.1', { app: 'web' });

/** A cluster whose agent asks about pods that wait for their firewalls. */
async function asking(groups: AddressGroup[] = [group('web')]) {
  const world = await World.start(groups);
  /** Uids of those that the hub says are published. */
  const ask = async (...records: EndpointRecord[]): Promise<string[]> => {
    const before = world.told.length;
    const pods = records.map((record) => [record.uid, contentHash(record)]);
    await world.event('gates', { epoch: world.epoch, version: 1, pods });
    await world.settle();
    return world.told.slice(before).flatMap((message) => {
      const { type, pods: told = [] } = message as { type: string; pods?: [string, string][] };
      return type === 'published' ? told.map(([uid]) => uid) : [];
    });
  };
  return { world, ask };
}

describe('a pod that waits for its firewalls', () => {
  test('is published when each of them has its address', async () => {
    const { world, ask } = await asking();
    await world.upsert(web);
    expect(world.on('web')).toEqual(['10.1.0.1']);
    expect(await ask(web)).toEqual(['a']);
  });

  test('is not before the change was written, nor while a firewall does not answer', async () => {
    const { world, ask } = await asking();
    expect(await ask(web)).toEqual([]);
    world.device.fault = () => {
      throw new ZonebridgeError('firewall/unreachable', 'down');
    };
    await world.upsert(web);
    expect(await ask(web)).toEqual([]);
    world.device.fault = undefined;
    await world.clock.sleep(120_000);
    await world.wakeUp();
    expect(await ask(web)).toEqual(['a']);
  });

  test('is not when the second of two firewalls lacks it', async () => {
    const world = new World([]);
    const sibling = world.addSibling('other');
    const [target] = group('web').publish;
    if (!target) throw new Error('no target');
    world.configuration.groups['web'] = group('web', { publish: [target, { ...target, firewall: 'other' }] });
    await world.activate();
    await world.hello('agent-process-1');
    sibling.refuse.set('10.1.0.1', new ZonebridgeError('firewall/rejected', 'no'));
    await world.upsert(web);
    expect([world.on('web'), sibling.members('obj-web')]).toEqual([['10.1.0.1'], []]);
    await world.event('gates', { epoch: world.epoch, version: 1, pods: [['a', contentHash(web)]] });
    await world.settle();
    expect(world.told).not.toContainEqual(expect.objectContaining({ type: 'published' }));
  });

  test('is not with an address that it had before', async () => {
    const { world, ask } = await asking();
    await world.upsert(web);
    expect(await ask(pod('a', '10.1.0.2', { app: 'web' }))).toEqual([]);
  });

  test('is not when its address is left out: outside of the ranges of its cluster', async () => {
    const { world, ask } = await asking();
    const outside = pod('a', '192.0.2.1', { app: 'web' });
    await world.upsert(outside);
    expect(await ask(outside)).toEqual([]);
  });

  test('is not while it was not evaluated under the configuration that holds now', async () => {
    const { world, ask } = await asking([group('other')]);
    await world.upsert(web);
    expect(await ask(web)).toEqual(['a']);
    world.configuration.groups = { web: group('web') };
    await world.activate();
    expect(await ask(web)).toEqual([]);
  });

  test('waits for no firewall that is only observed, and for none when it is in no group', async () => {
    const [target] = group('web').publish;
    if (!target) throw new Error('no target');
    const { world, ask } = await asking([group('web', { publish: [{ ...target, mode: 'observe' }] })]);
    const other = pod('b', '10.1.0.2', { app: 'other' });
    await world.upsert(web);
    await world.upsert(other);
    expect(world.on('web')).toEqual([]);
    expect((await ask(web, other)).sort()).toEqual(['a', 'b']);
  });

  test('an address that a removal may still be taking off is not published', async () => {
    const { world, ask } = await asking();
    await world.upsert(web);
    // The pod goes; before anything is written down another one has its address.
    await world.send(world.removeChange('a'));
    const next = pod('b', '10.1.0.1', { app: 'web' });
    await world.send(world.upsertChange(next));
    world.queues.take();
    expect(await ask(next)).toEqual([]);
    await world.wakeUp();
    expect(await ask(next)).toEqual(['b']);
  });

  test('costs reads by what is asked, and one message', async () => {
    const { world, ask } = await asking();
    const pods = Array.from({ length: 150 }, (_, index) =>
      pod(`p${index}`, `10.1.1.${index}`, { app: 'web' }),
    );
    await world.send(...pods.map((one) => world.upsertChange(one)));
    await world.settle();
    let [calls, keys] = [0, 0];
    world.tables.beforeCall = (name, call) => {
      if (name !== 'read' || !('keys' in call)) return;
      calls += 1;
      keys += call.keys.length;
    };
    const sent = world.told.length;
    expect((await ask(...pods)).length).toBe(150);
    expect(world.told.length - sent).toBe(1);
    // Configuration and cluster, then endpoint, dirty row and ledger row of each.
    expect([calls, keys]).toEqual([1 + 3, 2 + 3 * 150]);
  });
});
