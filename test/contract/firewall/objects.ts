import { describe, expect, test } from 'vitest';
import { ownershipOf, renamedTo } from '../../../lib/core/plan/ownership.ts';
import { expectDone, expectFailed } from '../../support/firewalls/expectations.ts';
import { byHand, type Place } from './place.ts';

/** Making, naming, losing and deleting objects, and whose they are. */
export function objectsSuite(place: Place): void {
  describe('objects', () => {
    ofOurs(place);
    ofOthers(place);
    renamed(place);
  });
}

function ofOurs(place: Place): void {
  test('one of ours is made with our mark', async () => {
    const { connection, object } = place;
    expect(await connection.observeObject(object)).toMatchObject({ exists: place.byName });
    const report = await place.create();
    expect(report.created).toEqual({ state: 'done' });
    const found = await connection.observeObject(object);
    const expected = { create: 'own', group: object.group, identity: place.identity } as const;
    expect(ownershipOf(found, expected)).toBe('ours');
    expect(await connection.observeMembers(object)).toEqual([]);
  });

  test('one of ours goes when nothing uses it, and once more is no error', async () => {
    const { connection, object } = place;
    const unused = { count: place.promise.tellsUse === false ? undefined : 0, users: [] };
    await place.create(['10.1.0.1', 'fd00::1']);
    await place.apply({ remove: ['10.1.0.1', 'fd00::1'] });
    expect(await connection.references(object)).toEqual(unused);
    await connection.deleteObject(object);
    expect(place.enforced()).toEqual(place.nothing);
    await connection.deleteObject(object);
    expect(await connection.references(object)).toEqual(unused);
  });

  test('one that a rule uses names the rule and is not deleted', async ({ skip }) => {
    skip(place.promise.tellsUse === false, 'declared: no count of uses, as the test before this one checks');
    const { connection, object, rig, channel } = place;
    await place.create(['10.1.0.1']);
    const rule = rig.useInRule(channel, object.name);
    const use = await connection.references(object);
    expect(use.count).toBe(1);
    expect(use.users).toMatchObject([{ key: rule }]);
    await expect(connection.deleteObject(object)).rejects.toMatchObject({ code: 'firewall/object-in-use' });
    expect(place.enforced()).toEqual(['10.1.0.1']);
  });

  test.each(['Shop', 'shop', 'a"b\'<c>', 'x'.repeat(200), '../..', 'a/b?c#d', 'группа', ' ', 'a.b_c'])(
    'the group %j gets a usable name',
    async (group) => {
      place.use(place.named(group));
      const longest = place.rig.module.facts.channels[place.channel]?.nameLength;
      expect(place.object.name.length).toBeLessThanOrEqual(longest ?? 0);
      expect((await place.create(['10.12.0.1'])).created).toEqual({ state: 'done' });
      expect(place.enforced()).toEqual(['10.12.0.1']);
    },
  );
}

function ofOthers(place: Place): void {
  test('one of somebody else is not deleted', async () => {
    place.createForeign();
    const { connection, object } = place;
    await expect(connection.deleteObject(object)).rejects.toMatchObject({ code: 'firewall/object-foreign' });
    expect(await connection.observeObject(object)).toMatchObject({ exists: true });
  });

  test('a foreign one of our name is left alone', async () => {
    place.createForeign();
    const before = place.enforced();
    const found = await place.connection.observeObject(place.object);
    expect(found).toEqual({ exists: true, comment: place.byName ? '' : byHand });
    expectFailed(await place.create(['10.4.0.1']), '10.4.0.1', 'firewall/object-foreign');
    expect(place.enforced()).toEqual(before);
  });
}

function renamed(place: Place): void {
  test('one that a person renamed is found by its mark, and nothing counts as removed from it', async ({
    skip,
  }) => {
    skip(!place.promise.renames, 'declared: nothing follows a rename here');
    const { connection, object, rig, channel } = place;
    await place.create(['10.14.0.1', 'fd00::14']);
    const rule = rig.useInRule(channel, object.name);
    const to = `${object.name.slice(0, 20)}-by-hand`;
    // A copy beside it would carry the mark, too; nobody lists as long as the object itself is there.
    expect(await connection.observeObject(object)).toMatchObject({ exists: true });
    expect(renamedTo((await connection.listObjects?.(object)) ?? [], place.identity)).toBeUndefined();
    rig.rename(channel, object.name, to);
    expect(await connection.observeObject(object)).toMatchObject({ exists: false });
    const before = rig.seen();
    expect(renamedTo((await connection.listObjects?.(object)) ?? [], place.identity)).toBe(to);
    expect(rig.seen()).toEqual({ reads: before.reads + 1, writes: before.writes });
    const report = await place.apply({ add: ['10.14.0.2'], remove: ['10.14.0.1', 'fd00::14'] });
    for (const address of ['10.14.0.2', '10.14.0.1', 'fd00::14'])
      expectFailed(report, address, 'firewall/object-missing');
    expect(rig.enforced(channel, to)?.sort()).toEqual(['10.14.0.1', 'fd00::14']);
    expect(place.enforced()).toBeUndefined();
    expect((await connection.references({ ...object, name: to })).users).toMatchObject([{ key: rule }]);
  });

  test('a list of objects that came back incomplete is no answer', async ({ skip }) => {
    skip(!place.promise.renames, 'declared: nobody lists where no rule follows a rename');
    const { connection, object, rig } = place;
    rig.trouble('page');
    await expect(connection.listObjects?.(object)).rejects.toMatchObject({
      code: 'firewall/unexpected-answer',
    });
  });

  test('nobody has to look for a new name where no rule follows one', async ({ skip }) => {
    skip(place.promise.renames, 'rules follow a rename here');
    await place.create(['10.14.0.1']);
    expect((await place.connection.listObjects?.(place.object)) ?? []).toEqual([]);
    expectDone(await place.apply({ remove: ['10.14.0.1'] }), ['10.14.0.1']);
  });
}
