import { afterEach, beforeEach, expect, test } from 'vitest';
import { commentFor, HastyClock } from '../../../test/support/firewalls/aws-prefix-list-connection.ts';
import { callAs, settingsFor } from '../../../test/support/firewalls/aws-prefix-list-rig.ts';
import { openQuestions } from './open-questions.ts';
import { prefixListSettings } from './schema.ts';
import { type PrefixListSimulator, startPrefixListSimulator } from './simulator/index.ts';

let simulator: PrefixListSimulator;
let asBefore: () => void;
beforeEach(async () => {
  simulator = await startPrefixListSimulator();
  asBefore = callAs(simulator);
});
afterEach(async () => {
  asBefore();
  await simulator.stop();
});

const realClock = {
  now: () => Date.now(),
  sleep: async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

async function ask(id: string): Promise<{ holds: boolean; seen: string }> {
  const settings = prefixListSettings.parse(settingsFor(simulator));
  // Changes of the simulator end by the real time.
  const clock = id === 'change-ends-soon' ? realClock : new HastyClock();
  return await openQuestions
    .find((question) => question.id === id)!
    .ask(
      {
        firewall: 'lists',
        hub: 'test',
        settings,
        credential: '',
        clock,
        deadline: clock.now() + 600_000,
        commentFor: (name) => commentFor(settings, name),
      },
      'zb-qualify-',
    );
}

const ids = openQuestions.map(({ id }) => id);

test.each(ids)('%s is answered, and nothing is left', async (id) => {
  expect(await ask(id)).toMatchObject({ holds: true });
  expect(simulator.region.lists(Date.now())).toEqual([]);
});

const modify = { path: 'ModifyManagedPrefixList' };

/** A region that answers otherwise, and what is seen of it. */
const otherwise: Record<string, [faults: object[], seen: string]> = {
  'change-ends-soon': [[{ kind: 'slow', milliseconds: 700, ...modify }], 'ms until it was seen done'],
  'quota-after-removals': [
    [{ kind: 'reject', code: 'PrefixListMaxEntriesExceeded', after: 1, times: 1, ...modify }],
    'PrefixListMaxEntriesExceeded',
  ],
  'full-told': [[{ kind: 'reject', code: 'InvalidRequest', ...modify }], 'InvalidRequest'],
  'old-version-told': [
    [{ kind: 'reject', code: 'InvalidRequest', after: 1, times: 1, ...modify }],
    'InvalidRequest',
  ],
  'repeated-entry-told': [
    [{ kind: 'reject', code: 'InvalidRequest', after: 1, times: 1, ...modify }],
    'InvalidRequest',
  ],
};

test.each(Object.entries(otherwise))('%s: another region is told apart', async (id, [faults, seen]) => {
  for (const fault of faults) simulator.faults.add(fault);
  expect(await ask(id)).toMatchObject({ holds: false, seen: expect.stringContaining(seen) });
  expect(simulator.region.lists(Date.now())).toEqual([]);
});

test('a region that makes a second list is told apart, and both are deleted', async () => {
  const { region } = simulator;
  const create = region.create.bind(region);
  region.create = (what, more) => create(what, { ...more, token: undefined });
  expect(await ask('token-makes-one-list')).toEqual({ holds: false, seen: 'it is another one' });
  expect(region.lists(Date.now())).toEqual([]);
});
