import { beforeEach, describe, expect, test } from 'vitest';
import type { ObjectReport } from '../../../lib/core/firewall.ts';
import { expectDone, expectFailed } from '../../support/firewalls/expectations.ts';
import { hub, type Place } from './place.ts';

const nameless = 'declared: members have no objects of their own';

/** What people made for the very addresses that come and go with us. */
export function namesakesSuite(place: Place): void {
  let [address, other] = ['', ''];
  let turn = 0;
  // What a person makes stays there from one test to the next.
  beforeEach(() => void ([address, other] = [`10.23.${++turn}.1`, `10.23.${turn}.2`]));
  const own = () => place.rig.memberObject?.(place.channel);
  const nameOf = () => own()?.nameOf({ hub, object: place.object.name, address }) ?? '';

  /** An object of a person with the address in it, used by a rule of theirs; how it looks from then on. */
  function byPerson(): () => unknown {
    const { rig, channel, object } = place;
    const name = `theirs-${object.group}`;
    rig.createForeign(channel, name);
    rig.putMember(channel, name, address);
    rig.useInRule(channel, name);
    return () => rig.enforced(channel, name)?.sort();
  }

  async function removeAll(): Promise<ObjectReport> {
    const report = await place.apply({ remove: [address, other] });
    await place.connection.deleteObject(place.object);
    expect(place.enforced()).toEqual(place.nothing);
    return report;
  }

  describe('what a person has for the same address', () => {
    test('in an object of their own stays theirs, beside ours, also when ours goes', async ({ skip }) => {
      skip(place.promise.tellsUse === false, 'declared: nothing shows which rules use an object');
      const theirs = byPerson();
      const before = theirs();
      expect(before).toContain(address);
      expectDone(await place.create([address, other]), [address, other]);
      expect(theirs()).toEqual(before);
      expect(place.enforced()).toEqual([address, other]);
      expectDone(await removeAll(), [address, other]);
      expect(theirs()).toEqual(before);
    });

    test('under another name stays theirs, beside ours, also when ours goes', async ({ skip }) => {
      skip(!own(), nameless);
      const look = own()?.makeByPerson(`their-${place.object.group}`, address);
      const before = look?.();
      expectDone(await place.create([address, other]), [address, other]);
      expect(place.enforced()).toEqual([address, other]);
      expect(look?.()).toEqual(before);
      expectDone(await removeAll(), [address, other]);
      expect(look?.()).toEqual(before);
    });

    test('under the name that ours would have is refused, and neither filled, changed nor deleted', async ({
      skip,
    }) => {
      skip(!own(), nameless);
      const look = own()?.makeByPerson(nameOf(), address);
      const before = look?.();
      const report = await place.create([address, other]);
      expectFailed(report, address, 'firewall/object-foreign');
      const outcome = report.outcomes.get(address);
      expect(outcome?.state === 'failed' && outcome.error.message).toContain(nameOf());
      expect(look?.()).toEqual(before);
      // Where it is the object itself that cannot be made, none of its members can be put anywhere.
      const isWhole = nameOf() === place.object.name;
      if (isWhole) expectFailed(report, other, 'firewall/object-foreign');
      else expect(report.outcomes.get(other)).toEqual({ state: 'done' });
      expect(place.enforced()).toEqual(isWhole ? undefined : [other]);
      await removeAll();
      expect(look?.()).toEqual(before);
    });

    test('is ours, and in a group of theirs: there it stays when it leaves ours', async ({ skip }) => {
      skip(!own()?.useMember, nameless);
      await place.create([address, other]);
      const look = own()?.useMember?.(nameOf());
      const before = look?.();
      expectDone(await removeAll(), [address, other]);
      expect(look?.()).toEqual(before);
    });
  });
}
