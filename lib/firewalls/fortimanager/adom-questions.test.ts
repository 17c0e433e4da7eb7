import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commentFor, quickClock } from '../../../test/support/firewalls/fortimanager-connection.ts';
import { passwordOf, settingsFor } from '../../../test/support/firewalls/fortimanager-rig.ts';
import { TwistingProxy } from '../../../test/support/firewalls/twisting-proxy.ts';
import { adomQuestions } from './adom-questions.ts';
import { fortimanagerSettings } from './schema.ts';
import { type FortimanagerSimulator, startFortimanagerSimulator } from './simulator/index.ts';

let simulator: FortimanagerSimulator;
let proxy: TwistingProxy;
afterEach(async () => {
  await proxy.stop();
  await simulator.stop();
});

async function start(options: Parameters<typeof startFortimanagerSimulator>[0]): Promise<void> {
  simulator = await startFortimanagerSimulator(options);
  proxy = await TwistingProxy.start(settingsFor(simulator));
}

async function ask(
  id: string,
  credential: string = passwordOf(simulator),
): Promise<{ holds: boolean; seen: string }> {
  const clock = quickClock();
  return await adomQuestions
    .find((question) => question.id === id)!
    .ask(
      {
        firewall: 'fmg-1',
        hub: 'test',
        settings: fortimanagerSettings.parse({ ...settingsFor(simulator), ...proxy.settings }),
        credential,
        clock,
        deadline: clock.now() + 600_000,
        commentFor,
      },
      'zb-qualify-',
    );
}

function expectNothingLeft(): void {
  const adom = simulator.manager.adom('root');
  const tables = ['firewall/address', 'firewall/address6', 'firewall/addrgrp', 'firewall/addrgrp6'];
  const left = tables.flatMap((table) => [...adom.rows(table).keys()].filter((one) => one.startsWith('zb-')));
  expect(left).toEqual([]);
  expect(adom.lock).toBeUndefined();
}

const ids = adomQuestions.map(({ id }) => id);

describe.each(['normal', 'disabled'] as const)('workspace %s', (workspace) => {
  beforeEach(async () => await start({ workspace }));

  test.each(ids)('%s is answered, and nothing is left', async (id) => {
    expect(await ask(id)).toMatchObject({ holds: true });
    expectNothingLeft();
  });
});

/** Managers that answer otherwise, and what is seen of it. */
const otherwise: Record<string, [prepare: () => unknown, seen: string]> = {
  'duplicate-told': [() => answerWith(/"code":-2\b/g, '"code":-10'), 'status -10]'],
  'missing-told': [() => answerWith(/"code":-3\b/g, '"code":-10'), 'status -10]'],
  'used-told': [() => answerWith(/"code":-10015\b/g, '"code":-10'), 'status -10]'],
  'same-name-in-both-families': [
    () => simulator.faults.add({ kind: 'reject', path: 'add .*addrgrp6', code: -10, times: 1 }),
    'status -10]',
  ],
  'empty-group': [() => answerWith(/"member":\[\]/g, '"member":["all"]'), 'it holds all'],
  'one-refused-the-rest-done': [
    // Only where another element is refused.
    () => answerWith(/(?<="code":-3\b.*)"code":0\b/g, '"code":-10'),
    'answers: -3, -10',
  ],
};

function answerWith(from: RegExp, to: string): void {
  proxy.twist = { change: ({ status, text }) => ({ status, text: text.replaceAll(from, to) }) };
}

describe('another manager is told apart', () => {
  beforeEach(async () => await start({ workspace: 'normal' }));

  test.each(Object.entries(otherwise))('%s', async (id, [prepare, seen]) => {
    prepare();
    const answer = await ask(id).finally(() => (proxy.twist = undefined));
    expect(answer).toMatchObject({ holds: false, seen: expect.stringContaining(seen) });
  });

  test('lock-holds', async () => {
    simulator.manager.settings.behaviour.keyLocks = 'none';
    expect(await ask('lock-holds', simulator.apiKey)).toEqual({
      holds: false,
      seen: expect.stringContaining('-10147'),
    });
  });
});
