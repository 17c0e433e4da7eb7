import { describe, expect, test } from 'vitest';
import type { ObjectReport } from '../../../lib/core/firewall.ts';
import { expectDone } from '../../support/firewalls/expectations.ts';
import type { Place } from './place.ts';

const [first, second] = ['10.17.0.1', '10.17.0.2'];

/** What time, people and other devices do in the middle; each where the device knows it. */
export function interferenceSuite(place: Place): void {
  const addSecond = async () => (await place.apply({ add: [second], expectedCount: 2 })).outcomes.get(second);
  const exchange = async () => await place.apply({ add: [second], remove: [first], expectedCount: 1 });
  function expectNothing(report: ObjectReport, code: string): void {
    for (const address of [first, second])
      expect(report.outcomes.get(address)).toMatchObject({ state: 'failed', error: { code } });
    expect(place.enforced()).toEqual([first]);
  }

  describe('what happens in the middle', () => {
    test('a session that ended costs a login and nothing else', async ({ skip }) => {
      const { rig } = place;
      skip(!rig.endSession, 'declared: every call carries its credential');
      await place.create([first]);
      rig.endSession?.();
      const report = await place.apply({ add: [second], expectedCount: 2 });
      expectDone(report, [second]);
      expect(place.enforced()).toEqual([first, second]);
    });

    test("a person's lock is waited for and reported, and not broken", async ({ skip }) => {
      await place.create([first]);
      const lock = place.rig.lockByPerson?.(place.channel);
      skip(!lock, 'declared: nothing is locked for a change');
      const report = await exchange();
      expectNothing(report, 'firewall/busy');
      const outcome = report.outcomes.get(second);
      expect(outcome?.state === 'failed' && outcome.error.retry).toBe('soon');
      // Where the device says whose it is, so do we.
      expect(outcome?.state === 'failed' && outcome.error.message).toContain(lock?.owner ?? '');
      expect(lock?.isHeld()).toBe(true);
      // Whoever looks is not kept from it.
      expect(await place.observed()).toEqual([first]);
      lock?.release();
      expect((await exchange()).outcomes.get(second)).toEqual({ state: 'done' });
      expect(place.enforced()).toEqual([second]);
    });

    test('what a firewall behind a manager did not take is not done, and is done again', async ({ skip }) => {
      const { rig, channel, connection, object } = place;
      skip(!rig.refuseInstall?.(channel), 'declared: nothing is installed after a change');
      rig.calm();
      await place.create([first]);
      rig.useInRule(channel, object.name);
      const half = rig.refuseInstall?.(channel);
      const outcome = await addSecond();
      expect(outcome).toMatchObject({ state: 'failed', error: { code: 'firewall/install-failed' } });
      expect(outcome?.state === 'failed' && outcome.error.message).toContain(half?.part);
      expect(place.enforced()).toEqual([first]);
      // Not there, or nobody can tell: it is done again.
      expect((await connection.observeSome(object, [second])).get(second) ?? false).toBe(false);
      half?.mend();
      expect(await addSecond()).toEqual({ state: 'done' });
      expect(place.enforced()).toEqual([first, second]);
    });

    test('a unit that waits in reserve is known as one, and nothing is written to it', async ({ skip }) => {
      const { rig } = place;
      skip(!rig.standBy, 'declared: the device is alone, or its units cannot be told apart');
      await place.create([first]);
      const settings = rig.standBy?.() ?? {};
      const connection = await place.connect(settings);
      // As every run does: it asks who answers before it writes. A unit that does not tell refuses what is written.
      const told = await connection.identity().catch((error: unknown) => error);
      if (told instanceof Error) expect(told).toMatchObject({ code: 'firewall/standby-unit' });
      else
        expectNothing(
          await place.apply({ add: [second], remove: [first], expectedCount: 1 }, connection),
          'firewall/standby-unit',
        );
      expect(place.enforced()).toEqual([first]);
      await connection.close();
    });
  });
}
