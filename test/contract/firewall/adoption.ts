import { describe, expect, test } from 'vitest';
import { ZonebridgeError } from '../../../lib/core/errors.ts';
import type { ObjectChanges, ObjectReport } from '../../../lib/core/firewall.ts';
import { byHand, type Place } from './place.ts';

const address = '10.15.0.1';
const theirs = '10.15.9.9';

/** How an object of a former tool changes hands; on a channel that adopts nothing, that it says so. */
export function adoptionSuite(place: Place): void {
  const { channel } = place;
  const adopts = () => place.rig.module.facts.channels[channel]?.adopts === true;

  async function adopt(more: Partial<ObjectChanges> = {}): Promise<ObjectReport> {
    const { connection, object } = place;
    const comment = place.commentFor(object.name);
    const asked = { adoptWith: { comment }, add: [address], remove: [], expectedCount: 1 };
    const [report] = await connection.apply([{ object: { ...object, adopt: byHand }, ...asked, ...more }]);
    if (!report) throw new Error('no report');
    return report;
  }

  describe('an object that a former tool keeps', () => {
    test('becomes ours with the members it has, or cannot be looked at as one', async () => {
      const { rig, connection, object } = place;
      const comment = place.commentFor(object.name);
      rig.createForeign(channel, object.name);
      if (!adopts()) {
        await expect(connection.observeFormer?.(object) ?? unsupported()).rejects.toMatchObject({
          code: 'firewall/unsupported',
        });
        return;
      }
      rig.putMember(channel, object.name, theirs);
      expect(await connection.observeFormer?.(object)).toEqual({ addresses: [theirs], others: [] });
      expect(await connection.observeObject(object)).toMatchObject({ comment: byHand });
      const report = await adopt();
      expect(report.created).toEqual({ state: 'done' });
      expect(report.outcomes.get(address)).toEqual({ state: 'done' });
      expect(place.enforced()).toEqual([address, theirs]);
      expect(await connection.observeObject(object)).toEqual({ exists: true, comment });
      const left = (await connection.observeMembers(object)).filter((member) => member !== address);
      expect(left).toHaveLength(1);
      await connection.apply([{ object, add: [], remove: left, expectedCount: 1 }]);
      expect(place.enforced()).toEqual([address]);
    });

    test('keeps rules that use it, and a repetition does no harm', async () => {
      if (!adopts()) return;
      const { rig, connection, object } = place;
      rig.createForeign(channel, object.name);
      const rule = rig.useInRule(channel, object.name);
      await adopt();
      expect((await connection.references(object)).users).toMatchObject([{ key: rule }]);
      expect((await adopt({ add: [] })).created).toEqual({ state: 'done' });
      expect(place.enforced()).toEqual([address]);
    });

    test.each([
      ['another comment is listed', 'made by a persom'],
      ['nothing is listed', undefined],
    ])('is not touched when %s', async (_, listed) => {
      if (!adopts()) return;
      const { rig, connection, object } = place;
      rig.createForeign(channel, object.name);
      const before = place.enforced();
      const report = await adopt({ object: { ...object, adopt: listed } });
      const refused = { state: 'failed', error: { code: 'firewall/object-foreign' } };
      expect(report.created).toMatchObject(refused);
      expect(report.outcomes.get(address)).toMatchObject(refused);
      expect(place.enforced()).toEqual(before);
      expect(await connection.observeObject(object)).toMatchObject({ comment: byHand });
    });

    test('is ours or not after a lost reply, and the repetition settles it', async () => {
      if (!adopts()) return;
      const { rig, connection, object } = place;
      const comment = place.commentFor(object.name);
      rig.createForeign(channel, object.name);
      rig.trouble('reply lost');
      expect((await adopt()).created?.state).toBe('unknown');
      expect(await connection.observeObject(object)).toMatchObject({ comment });
      expect((await adopt()).outcomes.get(address)).toEqual({ state: 'done' });
      expect(place.enforced()).toEqual([address]);
    });
  });
}

/** What a module without the method stands for. */
async function unsupported(): Promise<never> {
  throw new ZonebridgeError('firewall/unsupported', 'nothing is adopted here');
}
