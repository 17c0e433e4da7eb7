import { describe, expect, test } from 'vitest';
import { offer, ownershipOf } from '../../../lib/core/plan/ownership.ts';
import { expectDone, expectFailed } from '../../support/firewalls/expectations.ts';
import { hub, type Place } from './place.ts';

const nameIsMark = 'declared: the name alone says whose it is';

/** What people make of objects: copies of ours, and objects of their own that they let us fill. */
export function othersSuite(place: Place): void {
  const identity = () => ({ group: place.object.group, identity: place.identity });

  function fill(name: string, addresses: readonly string[], comment: string): void {
    place.rig.fill(place.channel, name, { hub, addresses, sizeHint: 10, commentFor: () => comment });
  }

  describe('what people make', () => {
    test('a copy of ours, comment and all, is theirs', async ({ skip }) => {
      skip(place.byName, nameIsMark);
      await place.create(['10.20.0.1']);
      const original = place.object;
      const copy = place.named(`${original.group}-copy`);
      fill(copy.name, ['10.20.0.7'], place.commentFor(original.name));
      place.use(copy);
      const found = await place.connection.observeObject(copy);
      expect(ownershipOf(found, { create: 'own', ...identity() })).toBe('foreign');
      expectFailed(await place.create(['10.20.0.2']), '10.20.0.2', 'firewall/object-foreign');
      expect(place.enforced()).toEqual(['10.20.0.7']);
      place.use(original);
      expectDone(await place.apply({ add: ['10.20.0.3'], expectedCount: 2 }), ['10.20.0.3']);
      expect(place.enforced()).toEqual(['10.20.0.1', '10.20.0.3']);
    });

    test('an object that they offer is filled and emptied, keeps its comment, and is never deleted', async ({
      skip,
    }) => {
      skip(place.byName, nameIsMark);
      const object = { ...place.object, create: 'offered' as const };
      place.use(object);
      // Alone: not every device has room for more than the word.
      const comment = offer(object.group);
      fill(object.name, ['10.21.0.1'], comment);
      const found = await place.connection.observeObject(object);
      expect(ownershipOf(found, { create: 'offered', ...identity() })).toBe('offered');
      const exchange = { add: ['10.21.0.2'], remove: ['10.21.0.1'], expectedCount: 1 };
      expectDone(await place.apply(exchange), ['10.21.0.1', '10.21.0.2']);
      expect(place.enforced()).toEqual(['10.21.0.2']);
      expect(await place.observed()).toEqual(['10.21.0.2']);
      expectDone(await place.apply({ remove: ['10.21.0.2'] }), ['10.21.0.2']);
      expect(place.enforced()).toEqual([]);
      expect(await place.connection.observeObject(object)).toEqual({ exists: true, comment });
      await expect(place.connection.deleteObject(object)).rejects.toMatchObject({
        code: 'firewall/object-foreign',
      });
      expect(await place.connection.observeObject(object)).toMatchObject({ exists: true });
    });
  });

  test.each(['leaves first', 'joins first'])(
    'an address that moves between objects in one call, %s',
    async (how) => {
      await place.create(['10.22.0.1', '10.22.0.2']);
      const { connection, object, rig, channel } = place;
      const other = place.named(`${object.group}-other`);
      const createWith = { comment: place.commentFor(other.name) };
      await connection.apply([
        { object: other, createWith, add: ['10.22.0.9'], remove: [], expectedCount: 1 },
      ]);
      const leaves = { object, add: [], remove: ['10.22.0.1'], expectedCount: 1 };
      const joins = { object: other, add: ['10.22.0.1'], remove: [], expectedCount: 2 };
      const reports = await connection.apply(how === 'leaves first' ? [leaves, joins] : [joins, leaves]);
      for (const report of reports) expectDone(report, ['10.22.0.1']);
      expect(place.enforced()).toEqual(['10.22.0.2']);
      expect(rig.enforced(channel, other.name)?.sort()).toEqual(['10.22.0.1', '10.22.0.9']);
    },
  );
}
