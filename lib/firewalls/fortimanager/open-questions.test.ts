import { afterEach, beforeEach, expect, test } from 'vitest';
import { commentFor, quickClock } from '../../../test/support/firewalls/fortimanager-connection.ts';
import { passwordOf, settingsFor } from '../../../test/support/firewalls/fortimanager-rig.ts';
import { adomQuestions } from './adom-questions.ts';
import { fortimanager } from './index.ts';
import { fortimanagerSettings } from './schema.ts';
import { type FortimanagerSimulator, startFortimanagerSimulator } from './simulator/index.ts';

let simulator: FortimanagerSimulator;

beforeEach(async () => {
  simulator = await startFortimanagerSimulator({ workspace: 'normal' });
});
afterEach(async () => await simulator.stop());

async function answers(): Promise<Record<string, boolean>> {
  const clock = quickClock();
  const answers: Record<string, boolean> = {};
  const asked = (await fortimanager.openQuestions?.()) ?? [];
  // The others are asked in adom-questions.test.ts.
  const elsewhere = adomQuestions.map(({ id }) => id);
  for (const question of asked.filter(({ id }) => !elsewhere.includes(id))) {
    const { holds, seen } = await question.ask(
      {
        firewall: 'fmg-1',
        hub: 'test',
        settings: fortimanagerSettings.parse(settingsFor(simulator)),
        credential: passwordOf(simulator),
        clock,
        deadline: clock.now() + 600_000,
        commentFor,
      },
      'zb-qualify-',
    );
    expect(seen).not.toBe('');
    answers[question.id] = holds;
  }
  return answers;
}

test('each question is answered as the manager behaves, and nothing is left behind', async () => {
  expect(await answers()).toEqual({
    // The simulated manager compares names exactly.
    'names-by-case': false,
    'file-as-written': true,
    'file-without-members': true,
    'large-file-in-one-call': true,
  });
  expect([...simulator.manager.files.keys()]).toEqual([]);
  expect(simulator.manager.adom('root').lock).toBeUndefined();
});

test('a manager that keeps little says so', async () => {
  simulator.manager.settings.limits.fileBytes = 10_000;
  expect(await answers()).toMatchObject({ 'file-without-members': true, 'large-file-in-one-call': false });
  expect([...simulator.manager.files.keys()]).toEqual([]);
});

test('a version that hosts no files cannot be asked', async () => {
  await simulator.stop();
  simulator = await startFortimanagerSimulator({ workspace: 'normal', version: '7.0.5' });
  await expect(answers()).rejects.toMatchObject({ code: 'firewall/unsupported' });
});
