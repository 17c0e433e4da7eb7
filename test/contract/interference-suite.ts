import { describe, expect, test } from 'vitest';
import type { FirewallConnection, ObjectChanges, ObjectRef, Outcome } from '../../lib/core/firewall.ts';
import type { Rig } from '../support/firewalls/rig.ts';

/** What a test of the contract works with. */
interface Here {
  rig: Rig;
  connection: FirewallConnection;
  /** An object of a name that is not taken. */
  object: ObjectRef;
  /** Its comment once it is ours. */
  comment: string;
}

const [first, second] = ['10.17.0.1', '10.17.0.2'];

/** What time, people and other devices do in the middle; each case where the vendor knows it. */
export function interferenceSuite(channel: string, here: () => Here): void {
  async function apply(changes: Partial<ObjectChanges>): Promise<ReadonlyMap<string, Outcome>> {
    const { connection, object } = here();
    const [report] = await connection.apply([{ object, add: [], remove: [], expectedCount: 0, ...changes }]);
    if (!report) throw new Error('no report');
    return report.outcomes;
  }
  const create = async () =>
    await apply({ createWith: { comment: here().comment }, add: [first], expectedCount: 1 });
  const addSecond = async () => (await apply({ add: [second], expectedCount: 2 })).get(second);
  const enforced = () => here().rig.enforced(channel, here().object.name)?.sort();

  describe('what happens in the middle', () => {
    test('a session that ended costs a login and nothing else', async ({ skip }) => {
      const { rig } = here();
      skip(!rig.endSession, 'every call carries its credential');
      await create();
      rig.endSession?.();
      expect(await addSecond()).toEqual({ state: 'done' });
      expect(enforced()).toEqual([first, second]);
    });

    test("a person's lock is reported with its owner, and not broken", async ({ skip }) => {
      const { rig } = here();
      await create();
      const lock = rig.lockByPerson?.(channel);
      skip(!lock, 'nothing is locked for a change');
      const outcome = await addSecond();
      expect(outcome).toMatchObject({ state: 'failed', error: { code: 'firewall/busy' } });
      expect(outcome?.state === 'failed' && outcome.error.message).toContain(lock?.owner);
      expect(lock?.isHeld()).toBe(true);
      expect(enforced()).toEqual([first]);
      lock?.release();
      expect(await addSecond()).toEqual({ state: 'done' });
    });

    test('what a firewall behind a manager did not take is not done, and is done again', async ({ skip }) => {
      const { rig, connection, object } = here();
      skip(!rig.refuseInstall, 'nothing is installed after a change');
      await create();
      rig.useInRule(channel, object.name);
      const half = rig.refuseInstall?.(channel);
      skip(!half, 'nothing is installed after a change');
      const outcome = await addSecond();
      expect(outcome).toMatchObject({ state: 'failed', error: { code: 'firewall/install-failed' } });
      expect(outcome?.state === 'failed' && outcome.error.message).toContain(half?.part);
      expect(enforced()).toEqual([first]);
      expect((await connection.observeSome(object, [second])).get(second)).toBe(false);
      half?.mend();
      expect(await addSecond()).toEqual({ state: 'done' });
      expect(enforced()).toEqual([first, second]);
    });

    test('a unit that waits in reserve is not worked with', async ({ skip }) => {
      const { rig, connection } = here();
      skip(!rig.standBy, 'the unit does not tell, or is told apart by its settings');
      rig.standBy?.();
      await expect(connection.identity()).rejects.toMatchObject({ code: 'firewall/standby-unit' });
    });
  });
}
