import { afterEach, beforeEach, expect, test } from 'vitest';
import { TwistingProxy } from '../../../test/support/firewalls/twisting-proxy.ts';
import { fmcRequest } from '../../../test/support/firewalls/fmc-connection.ts';
import { ciscoFmc } from './index.ts';
import { type FmcSimulator, startFmcSimulator } from './simulator/index.ts';

let simulator: FmcSimulator;

beforeEach(async () => {
  simulator = await startFmcSimulator();
});
afterEach(async () => await simulator.stop());

async function answers(): Promise<Record<string, boolean>> {
  const answers: Record<string, boolean> = {};
  for (const question of await ciscoFmc.openQuestions!()) {
    const { holds, seen } = await question.ask(fmcRequest(simulator), 'zbq-1-');
    expect(seen).not.toBe('');
    answers[question.id] = holds;
  }
  return answers;
}

async function answer(id: string, more: object = {}): Promise<{ holds: boolean; seen: string }> {
  const question = (await ciscoFmc.openQuestions!()).find((one) => one.id === id)!;
  const request = fmcRequest(simulator);
  const settings = ciscoFmc.settings.parse({ ...request.settings, ...more });
  return await question.ask({ ...request, settings }, 'zbq-1-');
}

function expectNothingLeft(): void {
  const { global } = simulator.manager;
  expect(global.table('object/dynamicobjects').rows).toEqual([]);
  expect(global.table('object/networkgroups').rows).toEqual([]);
}

test('each question is answered as the manager behaves, and nothing is left behind', async () => {
  const { behaviour } = simulator.manager.settings;
  const usual = {
    // The simulated manager compares names exactly.
    'names-by-case': false,
    'repeated-mappings': true,
    'mappings-as-typed': true,
    'more-than-1000-mappings-in-a-call': true,
    'empty-network-group': true,
    'second-login': true,
    'identity-told': true,
    'duplicate-told': true,
    'missing-told': true,
    'off-and-on-in-one-call': true,
    'mappings-repeated-in-the-answer': true,
    'lists-in-order': true,
    'group-in-use-told': true,
  };
  expect(await answers()).toEqual(usual);
  Object.assign(behaviour, {
    repeatedMapping: 'refused',
    emptyGroup: 'allowed',
    secondLogin: 'ends-first',
    identity: 'hidden',
    nameCase: 'ignored',
    mappingForm: 'masked',
    mappingEntries: 'objects',
  });
  expect(await answers()).toEqual({
    ...usual,
    'names-by-case': true,
    'mappings-as-typed': false,
    'more-than-1000-mappings-in-a-call': false,
    'repeated-mappings': false,
    'empty-network-group': false,
    'second-login': false,
    'identity-told': false,
  });
  expectNothingLeft();
});

/** Managers that answer otherwise, and what is seen of it. */
const otherwise: Record<string, [instead: object, seen: string]> = {
  'duplicate-told': [
    { kind: 'reject', method: 'POST', path: 'dynamicobjects', after: 1, status: 400, description: 'No.' },
    'No.',
  ],
  'missing-told': [{ kind: 'answer', method: 'GET', path: 'nowhere', status: 200, body: {} }, 'not refused'],
  'off-and-on-in-one-call': [{ kind: 'lie', path: 'mappings', after: 1, times: 1 }, '192.0.2.1'],
  'mappings-repeated-in-the-answer': [
    { kind: 'answer', method: 'POST', path: 'mappings', status: 200, body: { add: [] } },
    'it repeats none',
  ],
  'group-in-use-told': [
    { kind: 'reject', method: 'DELETE', times: 1, status: 400, description: 'It cannot be done.' },
    'cannot be done',
  ],
};

test.each(Object.entries(otherwise))('%s: another manager is told apart', async (id, [fault, seen]) => {
  simulator.faults.add(fault);
  expect(await answer(id)).toMatchObject({ holds: false, seen: expect.stringContaining(seen) });
  expectNothingLeft();
});

test('a manager whose lists come in another order each time is told apart', async () => {
  const proxy = await TwistingProxy.start(fmcRequest(simulator).settings);
  let lists = 0;
  proxy.twist = {
    change: ({ status, text }) => {
      const body = JSON.parse(text) as { items?: { mapping?: string }[] };
      if (body.items?.[0]?.mapping !== undefined && (lists += 1) > 8) body.items.reverse();
      return { status, text: JSON.stringify(body) };
    },
  };
  try {
    expect(await answer('lists-in-order', proxy.settings)).toEqual({
      holds: false,
      seen: 'all in eight pages, another order again',
    });
    expectNothingLeft();
  } finally {
    await proxy.stop();
  }
});
