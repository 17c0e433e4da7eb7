import { afterEach, beforeEach, expect, test } from 'vitest';
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

test('each question is answered as the manager behaves, and nothing is left behind', async () => {
  const { behaviour } = simulator.manager.settings;
  expect(await answers()).toEqual({
    // The simulated manager compares names exactly.
    'names-by-case': false,
    'repeated-mappings': true,
    'mappings-as-typed': true,
    'more-than-1000-mappings-in-a-call': true,
    'empty-network-group': true,
    'second-login': true,
    'identity-told': true,
  });
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
    'names-by-case': true,
    'mappings-as-typed': false,
    'more-than-1000-mappings-in-a-call': false,
    'repeated-mappings': false,
    'empty-network-group': false,
    'second-login': false,
    'identity-told': false,
  });
  const { global } = simulator.manager;
  expect(global.table('object/dynamicobjects').rows).toEqual([]);
  expect(global.table('object/networkgroups').rows).toEqual([]);
});
