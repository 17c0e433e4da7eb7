import { describe, expect, test } from 'vitest';
import type { FirewallConnection, ObjectChanges, ObjectRef, ObjectReport } from '../../lib/core/firewall.ts';
import type { OwnTrouble, Rig } from '../support/firewalls/rig.ts';

/** What a test of the contract works with. */
interface Here {
  rig: Rig;
  connection: FirewallConnection;
  /** An object of a name that is not taken. */
  object: ObjectRef;
  /** Its comment once it is ours. */
  comment: string;
}

const first = '10.16.0.1';
const second = '10.16.0.2';

/** What only some vendors know; a rig lists the troubles that its device can have. */
export function ownTroublesSuite(channel: string, here: () => Here): void {
  const enforced = () => here().rig.enforced(channel, here().object.name)?.sort();
  const has = (trouble: OwnTrouble) => here().rig.ownTroubles?.[trouble] !== undefined;
  const make = (trouble: OwnTrouble) => here().rig.ownTroubles?.[trouble]?.();

  async function apply(changes: Partial<ObjectChanges>): Promise<ObjectReport> {
    const { connection, object } = here();
    const [report] = await connection.apply([{ object, add: [], remove: [], expectedCount: 0, ...changes }]);
    if (!report) throw new Error('no report');
    return report;
  }

  async function create(): Promise<void> {
    const { comment } = here();
    const report = await apply({ createWith: { comment }, add: [first], expectedCount: 1 });
    expect(report.outcomes.get(first)).toEqual({ state: 'done' });
  }

  describe('a trouble of its own', () => {
    test('a lock that somebody else holds is waited for, and never broken', async ({ skip }) => {
      skip(!has('locked by a person'), 'this device has no such lock');
      await create();
      make('locked by a person');
      const report = await apply({ add: [second], remove: [first], expectedCount: 1 });
      for (const address of [first, second])
        expect(report.outcomes.get(address)).toMatchObject({ state: 'failed', error: { retry: 'soon' } });
      expect(enforced()).toEqual([first]);
      // Whoever looks is not kept from it.
      expect(await here().connection.observeMembers(here().object)).toEqual([first]);
      here().rig.calm();
      const again = await apply({ add: [second], remove: [first], expectedCount: 1 });
      expect(again.outcomes.get(second)).toEqual({ state: 'done' });
      expect(enforced()).toEqual([second]);
    });

    test('credentials that end in the middle are renewed, and the change is made', async ({ skip }) => {
      skip(!has('credentials expired'), 'credentials do not end by themselves here');
      await create();
      make('credentials expired');
      const report = await apply({ add: [second], expectedCount: 2 });
      expect(report.outcomes.get(second)).toEqual({ state: 'done' });
      expect(report.suspicion).toBeUndefined();
      expect(enforced()).toEqual([first, second]);
    });

    test('a unit that waits in reserve is known as one, and nothing is written to it', async ({ skip }) => {
      skip(!has('standby'), 'this device is alone, or its units cannot be told apart');
      await create();
      make('standby');
      const report = await apply({ add: [second], remove: [first], expectedCount: 1 });
      for (const address of [first, second]) {
        const outcome = report.outcomes.get(address);
        expect(outcome).toMatchObject({ state: 'failed', error: { code: 'firewall/standby-unit' } });
      }
      expect(enforced()).toEqual([first]);
    });
  });
}
