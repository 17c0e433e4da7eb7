import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  applyTo,
  commentFor,
  connectTo,
  HastyClock,
  someObject,
} from '../../../test/support/firewalls/aws-prefix-list-connection.ts';
import { callAs, seed } from '../../../test/support/firewalls/aws-prefix-list-rig.ts';
import type { FirewallConnection, ObjectRef } from '../../core/firewall.ts';
import { enforcedAddresses } from './simulator/enforced.ts';
import { type PrefixListSimulator, startPrefixListSimulator } from './simulator/index.ts';
import type { StoredList } from './simulator/stored-list.ts';

let simulator: PrefixListSimulator;
let connection: FirewallConnection;
let leave: () => void;

beforeAll(async () => {
  simulator = await startPrefixListSimulator();
  leave = callAs(simulator);
});
afterAll(async () => {
  leave();
  await simulator.stop();
});
beforeEach(async () => {
  connection = await connectTo(simulator);
});
afterEach(async () => {
  simulator.faults.remove();
  await connection.close();
});

const enforced = ({ name }: ObjectRef) => enforcedAddresses(simulator.region, name)?.sort();
const calls = (action: string) =>
  simulator.requests.list().find(({ pattern }) => pattern === `/${action}`)?.count ?? 0;
const refused = (action: string) =>
  simulator.requests.list().find(({ pattern }) => pattern === `/${action}`)?.statuses['400'] ?? 0;
const range = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `10.${from}.${index >> 8}.${index & 255}`);

/** A list of ours, or with another word in its tag, that was there before. */
function given(
  object: ObjectRef,
  addresses: readonly string[],
  more: { maxEntries?: number; comment?: string } = {},
): StoredList {
  const comment = more.comment ?? commentFor(simulator.region.settings, object.name).split(' ')[0] ?? '';
  return seed(simulator, object.name, { comment, addresses, maxEntries: more.maxEntries ?? 1_000 });
}

describe('calls', () => {
  test.each([
    [range(1, 250), []],
    [range(1, 250), range(2, 250)],
  ])('250 changes are three', async (add, remove) => {
    const object = someObject();
    given(object, remove);
    const before = calls('ModifyManagedPrefixList');
    const { report } = await applyTo(connection, object, { add, remove, expectedCount: 250 });
    expect([...report.outcomes.values()].every(({ state }) => state === 'done')).toBe(true);
    expect(report.outcomes.size).toBe(add.length + remove.length);
    expect(calls('ModifyManagedPrefixList') - before).toBe(3);
    expect(enforced(object)).toEqual([...add].sort());
  });

  test('what is there already costs one more look, and the rest of the call is done', async () => {
    const object = someObject();
    given(object, ['10.1.0.1']);
    await applyTo(connection, object, { add: ['10.1.0.2'], expectedCount: 2 });
    const { states } = await applyTo(connection, object, {
      add: ['10.1.0.2', '10.1.0.3'],
      remove: ['10.1.0.9'],
      expectedCount: 3,
    });
    expect(states).toEqual({ '10.1.0.2': 'done', '10.1.0.3': 'done', '10.1.0.9': 'done' });
    expect(enforced(object)).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3']);
  });
});

describe('other writers', () => {
  test('a version that somebody made meanwhile is read again; what he put in stays', async () => {
    const object = someObject();
    const list = given(object, ['10.1.0.1']);
    await applyTo(connection, object, { add: ['10.1.0.2'], expectedCount: 2 });
    list.next([...list.entries(), { cidr: '192.0.2.0/24', description: 'by hand' }]);
    const before = refused('ModifyManagedPrefixList');
    const { states } = await applyTo(connection, object, { add: ['10.1.0.3'], expectedCount: 3 });
    expect(states).toEqual({ '10.1.0.3': 'done' });
    expect(refused('ModifyManagedPrefixList') - before).toBe(1);
    expect(enforced(object)).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3', '192.0.2.0/24']);
  });

  test.each(['InvalidPrefixListID.NotFound', 'InvalidPrefixListId.NotFound'])(
    'a list that %s says is gone is looked for again, and gone when we delete it',
    async (code) => {
      const object = someObject();
      given(object, ['10.1.0.1']);
      simulator.faults.add({ kind: 'reject', code, path: 'Modify', times: 1 });
      const { states } = await applyTo(connection, object, { remove: ['10.1.0.1'] });
      expect(states).toEqual({ '10.1.0.1': 'done' });
      simulator.faults.add({ kind: 'reject', code, path: 'Delete', times: 1 });
      await expect(connection.deleteObject(object)).resolves.toBeUndefined();
    },
  );

  test('a change of somebody else that is under way is waited for', async () => {
    const object = someObject();
    const list = given(object, []);
    const clock = {
      now: () => Date.now(),
      sleep: async (ms: number) => await new Promise<void>((done) => setTimeout(done, ms)),
    };
    const patient = await connectTo(simulator, {}, clock);
    simulator.region.change(
      list,
      { word: 'modify', done: () => list.next([]) },
      { now: Date.now(), ms: 300 },
    );
    expect((await applyTo(patient, object, { add: ['10.1.0.1'], expectedCount: 1 })).states).toEqual({
      '10.1.0.1': 'done',
    });
    await patient.close();
  });

  test('one that does not end is busy, and nothing was sent', async () => {
    const object = someObject();
    const list = given(object, []);
    simulator.region.change(
      list,
      { word: 'modify', done: () => undefined },
      { now: Date.now(), ms: 3_600_000 },
    );
    const before = calls('ModifyManagedPrefixList');
    expect((await applyTo(connection, object, { add: ['10.1.0.1'], expectedCount: 1 })).states).toEqual({
      '10.1.0.1': 'firewall/busy',
    });
    expect(calls('ModifyManagedPrefixList')).toBe(before);
  });

  test('a list that IPAM fills is nobody’s to change', async () => {
    const object = someObject();
    given(object, ['10.1.0.1']).ipam = true;
    expect(await connection.observeObject(object)).toEqual({ exists: true, comment: '' });
    const { states } = await applyTo(connection, object, { add: ['10.1.0.2'], remove: ['10.1.0.1'] });
    expect(states).toEqual({ '10.1.0.1': 'firewall/object-foreign', '10.1.0.2': 'firewall/object-foreign' });
    await expect(connection.deleteObject(object)).rejects.toMatchObject({ code: 'firewall/object-foreign' });
    expect(enforced(object)).toEqual(['10.1.0.1']);
  });
});

describe('the end of a change', () => {
  test('a failure is told with the words of AWS, and nothing changed', async () => {
    const object = someObject();
    given(object, ['10.1.0.1']);
    simulator.faults.add({ kind: 'change-fails', message: 'no capacity in this place', times: 1 });
    const { report, states } = await applyTo(connection, object, { add: ['10.1.0.2'], expectedCount: 2 });
    expect(states).toEqual({ '10.1.0.2': 'firewall/rejected' });
    expect(inspect(report, { depth: 9 })).toContain('no capacity in this place');
    expect(enforced(object)).toEqual(['10.1.0.1']);
  });

  test('one that is not seen to end is unknown', async () => {
    const object = someObject();
    given(object, ['10.1.0.1']);
    simulator.faults.add({ kind: 'slow', milliseconds: 3_600_000, times: 1 });
    expect((await applyTo(connection, object, { add: ['10.1.0.2'], expectedCount: 2 })).states).toEqual({
      '10.1.0.2': 'unknown',
    });
  });

  test('an answer from before the change is not its end', async () => {
    const object = someObject();
    const list = given(object, []);
    await connection.observeObject(object);
    // The next two looks show the list as it is now.
    simulator.faults.add({ kind: 'stale', times: 2 });
    const clock = new HastyClock();
    const hasty = await connectTo(simulator, {}, clock);
    expect((await applyTo(hasty, object, { add: ['10.1.0.1'], expectedCount: 1 })).states).toEqual({
      '10.1.0.1': 'done',
    });
    expect(clock.slept.length).toBeGreaterThan(2);
    expect(list.version).toBe(2);
    await hasty.close();
  });
});

describe('the size of a list', () => {
  test('is what the group may have, within what is configured', async () => {
    for (const [sizeHint, size] of [
      [40, 40],
      [500, 60],
    ] as const) {
      const object = someObject({ sizeHint });
      const small = await connectTo(simulator, { maxEntries: 60 });
      await applyTo(small, object, { createWith: { comment: '' } });
      expect(simulator.region.named(object.name, 4)?.maxEntries).toBe(size);
      await small.close();
    }
  });

  test('grows by a call of its own when the group may have more', async () => {
    const object = someObject({ sizeHint: 5 });
    const list = given(object, range(1, 2), { maxEntries: 2 });
    const { states } = await applyTo(connection, object, { add: ['10.9.0.1'], remove: [], expectedCount: 3 });
    expect(states).toEqual({ '10.9.0.1': 'done' });
    expect(list.maxEntries).toBe(5);
  });

  test('that whatever uses it has no room for names who that is; removals go on', async () => {
    const object = someObject({ sizeHint: 5 });
    const list = given(object, range(1, 2), { maxEntries: 2 });
    simulator.region.associations.push({
      list: list.id,
      resourceId: 'sg-0123',
      resourceOwner: '111122223333',
      room: 3,
    });
    const { report, states } = await applyTo(connection, object, {
      add: ['10.9.0.1', '10.9.0.2'],
      remove: ['10.1.0.0'],
      expectedCount: 3,
    });
    expect(states).toEqual({
      '10.1.0.0': 'done',
      '10.9.0.1': 'firewall/table-full',
      '10.9.0.2': 'firewall/table-full',
    });
    expect(inspect(report, { depth: 9 })).toMatch(/cannot grow from 2 to 5 entries, used by sg-0123/);
    expect(list.maxEntries).toBe(2);
  });

  test('of an offered list is never touched', async () => {
    const object = someObject({ create: 'offered', sizeHint: 5 });
    const list = given(object, range(1, 2), { maxEntries: 2, comment: `zonebridge:offer:${object.group}` });
    const { states } = await applyTo(connection, object, { add: ['10.9.0.1'], expectedCount: 3 });
    expect(states).toEqual({ '10.9.0.1': 'firewall/table-full' });
    expect(list.maxEntries).toBe(2);
    expect(
      (await applyTo(connection, object, { add: ['10.9.0.1'], remove: ['10.1.0.0'], expectedCount: 2 }))
        .states,
    ).toEqual({
      '10.1.0.0': 'done',
      '10.9.0.1': 'done',
    });
  });
});

describe('names', () => {
  test('of two lists with one name the one that is ours is meant', async () => {
    const object = someObject();
    const theirs = given(object, ['10.8.0.1'], { comment: 'made by a person' });
    const ours = given(object, ['10.1.0.1']);
    expect(await connection.observeMembers(object)).toEqual(['10.1.0.1']);
    await applyTo(connection, object, { add: ['10.1.0.2'], expectedCount: 2 });
    expect([theirs.version, ours.version]).toEqual([1, 2]);
  });

  test('two with our mark are refused, by their ids', async () => {
    const object = someObject();
    const ids = [given(object, []).id, given(object, []).id];
    await expect(connection.observeObject(object)).rejects.toMatchObject({
      code: 'firewall/object-foreign',
      message: expect.stringContaining(ids.join(', ')) as unknown,
    });
  });

  test('a creation whose reply was lost makes no second list, even when the first is not shown yet', async () => {
    const object = someObject();
    simulator.faults.add({ kind: 'stale', path: 'Describe' });
    simulator.faults.add({ kind: 'drop-after-commit', path: 'Create', times: 1 });
    const created = { createWith: { comment: '' } };
    expect((await applyTo(connection, object, created)).report.created).toMatchObject({ state: 'unknown' });
    await applyTo(connection, object, created);
    const same = simulator.region.lists(Date.now()).filter(({ name }) => name === object.name);
    expect(same).toHaveLength(1);
  });

  test('a list in another account than the configured one is taken back', async () => {
    const object = someObject();
    const wrong = await connectTo(simulator, { account: '999988887777' });
    const { report } = await applyTo(wrong, object, { createWith: { comment: '' }, add: ['10.1.0.1'] });
    expect(report.created).toMatchObject({ state: 'failed', error: { code: 'firewall/scope-missing' } });
    expect(simulator.region.named(object.name, 4)).toBeUndefined();
    await wrong.close();
  });
});

describe('IPv6', () => {
  test('has a list beside that for IPv4, from its first address on', async () => {
    const object = someObject({ sizeHint: 7 });
    await applyTo(connection, object, { createWith: { comment: '' }, add: ['10.1.0.1'], expectedCount: 1 });
    expect(simulator.region.named(`${object.name}.v6`, 6)).toBeUndefined();
    await applyTo(connection, object, { add: ['fd00::1'], expectedCount: 2 });
    expect(simulator.region.named(`${object.name}.v6`, 6)).toMatchObject({ maxEntries: 7 });
    expect(enforced(object)).toEqual(['10.1.0.1', 'fd00::1']);
    await applyTo(connection, object, { remove: ['10.1.0.1', 'fd00::1'] });
    await connection.deleteObject(object);
    expect(simulator.region.named(`${object.name}.v6`, 6)).toBeUndefined();
  });

  test('of a list that only has the name of the sibling are not members, and it is left alone', async () => {
    const object = someObject();
    given(object, ['10.1.0.1']);
    const theirs = given({ ...object, name: `${object.name}.v6` }, [], { comment: 'made by a person' });
    Object.assign(theirs, { family: 6 });
    theirs.put([{ cidr: 'fd00::1/128', description: '' }]);
    expect(await connection.observeMembers(object)).toEqual(['10.1.0.1']);
    const { states } = await applyTo(connection, object, { add: ['fd00::1'], expectedCount: 2 });
    expect(states).toEqual({ 'fd00::1': 'firewall/object-foreign' });
    expect(theirs.version).toBe(1);
    simulator.region.associations.push({ list: theirs.id, resourceId: 'sg-1', resourceOwner: theirs.owner });
    await connection.deleteObject(object);
    expect(simulator.region.named(object.name, 4)).toBeUndefined();
    expect(simulator.region.named(theirs.name, 6)).toBe(theirs);
  });

  test('is refused where the list for it was not offered', async () => {
    const object = someObject({ create: 'offered' });
    given(object, [], { comment: `zonebridge:offer:${object.group}` });
    const { states } = await applyTo(connection, object, { add: ['10.1.0.1', 'fd00::1'], expectedCount: 2 });
    expect(states).toEqual({ '10.1.0.1': 'done', 'fd00::1': 'firewall/object-missing' });
  });
});

test('neither the session token nor the secret key shows when EC2 repeats what it was sent', async () => {
  const token = 'canary-session-token-0123456789';
  const end = callAs(simulator, token);
  const other = await connectTo(simulator);
  try {
    const object = someObject();
    given(object, []);
    await other.observeObject(object);
    const said = `bad header ${token} ${simulator.key.secretAccessKey}`;
    simulator.faults.add({ kind: 'reject', code: 'InvalidParameterValue', message: `bad header ${token}` });
    const refusal: unknown = await other.observeMembers(object).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'firewall/rejected',
      message: expect.stringContaining('[secret]') as unknown,
    });
    const { report } = await applyTo(other, object, { add: ['10.1.0.1'] });
    const all = inspect([refusal, report], { depth: 20, showHidden: true });
    expect(all).toContain('bad header');
    for (const secret of said.split(' ').slice(2)) expect(all).not.toContain(secret);
    expect(JSON.stringify(simulator.requests.list())).not.toContain(token);
  } finally {
    end();
    await other.close();
  }
});
