import { afterEach, beforeEach, expect, test } from 'vitest';
import { settingsFor } from '../../../test/support/firewalls/fortigate-rig.ts';
import { TwistingProxy } from '../../../test/support/firewalls/twisting-proxy.ts';
import { openQuestions } from './open-questions.ts';
import { fortigateSettings } from './schema.ts';
import { type FortigateSimulator, startFortigateSimulator } from './simulator/index.ts';

let simulator: FortigateSimulator;
let proxy: TwistingProxy;
beforeEach(async () => {
  simulator = await startFortigateSimulator();
  proxy = await TwistingProxy.start(settingsFor(simulator));
});
afterEach(async () => {
  await proxy.stop();
  await simulator.stop();
});

async function ask(id: string): Promise<{ holds: boolean; seen: string }> {
  const question = openQuestions.find((one) => one.id === id)!;
  return await question.ask(
    {
      firewall: 'edge-1',
      hub: 'test',
      settings: fortigateSettings.parse({ ...settingsFor(simulator), ...proxy.settings }),
      credential: simulator.token,
      clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
      deadline: Date.now() + 60_000,
      commentFor: (name) => name,
    },
    'zb-qualify-',
  );
}

/** Names of what the questions made and left. */
function left(): string[] {
  return JSON.stringify(simulator.device.snapshot()).match(/zb-qualify-[\w-]+/g) ?? [];
}

function twist(from: RegExp | string, to: string): void {
  proxy.twist = { change: ({ status, text }) => ({ status, text: text.replaceAll(from, to) }) };
}

/** The simulated device compares names exactly. */
const denied = new Set(['names-by-case']);

test.each(openQuestions.map(({ id }) => id))('%s is answered, and nothing is left', async (id) => {
  const { holds, seen } = await ask(id);
  expect(holds).toBe(!denied.has(id));
  expect(seen).not.toBe('');
  expect(left()).toEqual([]);
});

const post = { kind: 'reject', method: 'POST' };

/** Devices that answer otherwise, and what is seen of it. */
const otherwise: Record<string, [prepare: () => unknown, seen: string]> = {
  'names-by-case': [
    () => simulator.faults.add({ ...post, path: 'address', after: 1, error: -5 }),
    'the second one is a duplicate',
  ],
  'entry-finds-exactly': [
    () => twist('{"entry":"192.0.2.1"', '{"entry":"192.0.2.10"},{"entry":"192.0.2.1"'),
    'it finds 192.0.2.10, 192.0.2.1',
  ],
  'count-zero-lists-all': [
    () => twist(/"entries":\[.*?\]/g, '"entries":[{"entry":"198.18.0.0"}]'),
    '1 of 200 entries',
  ],
  'none-in-address6': [
    () => simulator.faults.add({ kind: 'reject', path: 'address6', status: 404, error: -3 }),
    'it is not there',
  ],
  'duplicate-told': [() => simulator.faults.add({ ...post, after: 1, error: -61 }), 'error -61'],
  'same-name-in-both-families': [
    () => simulator.faults.add({ ...post, path: 'addrgrp6', error: -15 }),
    'error -15',
  ],
  'exclusion-in-one-call': [
    () => simulator.faults.add({ kind: 'reject', method: 'PUT', after: 1, error: -56 }),
    'error -56',
  ],
  'users-named': [() => twist(/"currently_using":\[.*?\]/g, '"currently_using":[]'), 'not named'],
  'revision-of-a-table': [
    () => twist(/"revision":"[^"]*"/g, '"revision":"1"'),
    'the same for the same table, the same after a change',
  ],
  'missing-vdom-told': [() => simulator.device.addVdom('zb-nowhere'), 'it was not refused'],
  'last-start-told': [
    () => Object.assign(simulator.device.settings.behaviour, { bootTime: 'hidden' }),
    'not',
  ],
  'large-push': [
    () => Object.assign(simulator.device.settings.limits, { feedEntries: 5_000 }),
    '5000 of 10000',
  ],
};

test.each(openQuestions.map(({ id }) => id))('%s: another device is told apart', async (id) => {
  const [prepare, seen] = otherwise[id]!;
  prepare();
  const answer = await ask(id);
  expect(answer).toMatchObject({ holds: denied.has(id), seen: expect.stringContaining(seen) });
  proxy.twist = undefined;
  expect(left()).toEqual([]);
});

test.each(['entry-finds-exactly', 'users-named', 'exclusion-in-one-call', 'duplicate-told'])(
  '%s: nothing is left where the device refuses in the middle',
  async (id) => {
    simulator.faults.add({ kind: 'forbidden', method: 'GET|PUT', after: 0 });
    simulator.faults.add({ kind: 'forbidden', method: 'POST', after: 1, times: 1 });
    await ask(id).catch(() => undefined);
    expect(left()).toEqual([]);
  },
);

test('a lost reply is no answer', async () => {
  simulator.faults.add({ kind: 'drop-after-commit', method: 'POST', after: 1, times: 1 });
  await expect(ask('duplicate-told')).rejects.toMatchObject({ code: 'firewall/outcome-unknown' });
  expect(left()).toEqual([]);
});
