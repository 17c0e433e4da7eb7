import { afterEach, beforeEach, expect, test } from 'vitest';
import { panoramaSettingsFor } from '../../../test/support/firewalls/panorama-rig.ts';
import { TwistingProxy } from '../../../test/support/firewalls/twisting-proxy.ts';
import { candidateQuestions } from './candidate-questions.ts';
import { panoramaSettings } from './schema.ts';
import { type PanoramaSimulator, startPanoramaSimulator } from './simulator/index.ts';

let simulator: PanoramaSimulator;
let proxy: TwistingProxy;
beforeEach(async () => {
  simulator = await startPanoramaSimulator();
  proxy = await TwistingProxy.start(panoramaSettingsFor(simulator));
});
afterEach(async () => {
  await proxy.stop();
  await simulator.stop();
});

async function ask(id: string, more: object = {}): Promise<{ holds: boolean; seen: string }> {
  const settings = { ...panoramaSettingsFor(simulator), ...proxy.settings, ...more };
  return await candidateQuestions
    .find((question) => question.id === id)!
    .ask(
      {
        firewall: 'edge-1',
        hub: 'test',
        settings: panoramaSettings.parse(settings),
        credential: simulator.apiKey,
        clock: { now: () => Date.now(), sleep: async () => await Promise.resolve() },
        deadline: Date.now() + 60_000,
        commentFor: () => '',
      },
      'zb-qualify-',
    );
}

/** Nothing of it is in the candidate, and nothing was committed. */
function expectNothingLeft(): void {
  expect(JSON.stringify(simulator.device.config.candidate)).not.toContain('zb-qualify');
  expect(simulator.device.jobs.all()).toEqual([]);
}

const ids = candidateQuestions.map(({ id }) => id);

test.each(ids)('%s is answered, and nothing is left', async (id) => {
  expect(await ask(id)).toMatchObject({ holds: true });
  expectNothingLeft();
});

const write = 'action=multi-config';

function answerWith(from: string, to: string): void {
  proxy.twist = { change: ({ status, text }) => ({ status, text: text.replaceAll(from, to) }) };
}

/** Devices that answer otherwise, and what is seen of it. */
const otherwise: Record<string, [prepare: () => unknown, seen: string]> = {
  'both-families-in-a-group': [
    () => answerWith('<member>zb-qualify-both-6</member>', ''),
    'it holds zb-qualify-both-4',
  ],
  'candidate-apart-from-running': [
    () => simulator.faults.add({ kind: 'reject', code: 7, path: 'action=get', times: 1 }),
    'get: not there',
  ],
  'member-deleted-by-text': [
    () =>
      answerWith(
        '<member>zb-qualify-text-6</member>',
        '<member>zb-qualify-text-4</member><member>zb-qualify-text-6</member>',
      ),
    'left: zb-qualify-text-4; zb-qualify-text-6',
  ],
  'member-set-again': [
    () =>
      answerWith(
        '<member>zb-qualify-again-4</member>',
        '<member>zb-qualify-again-4</member><member>zb-qualify-again-4</member>',
      ),
    'it holds zb-qualify-again-4; zb-qualify-again-4',
  ],
  'deletion-of-nothing-told': [
    () => simulator.faults.add({ kind: 'reject', code: 12, path: write, after: 1, times: 1 }),
    'PAN-OS code 12',
  ],
  'deletion-of-used-told': [
    () => simulator.faults.add({ kind: 'reject', code: 12, path: write, after: 1, times: 1 }),
    'PAN-OS code 12',
  ],
  'all-or-none': [
    () => answerWith('<member>zb-qualify-whole-4</member>', ''),
    'refused, and it holds zb-qualify-whole-6',
  ],
  'pending-change-told': [
    () => simulator.faults.add({ kind: 'empty-result', path: 'type=op' }),
    'it is empty',
  ],
};

test.each(ids)('%s: another device is told apart', async (id) => {
  const [prepare, seen] = otherwise[id]!;
  prepare();
  const answer = await ask(id);
  expect(answer).toMatchObject({ holds: false, seen: expect.stringContaining(seen) });
  expectNothingLeft();
});

test('nothing is asked where no objects are kept', async () => {
  await expect(ask('all-or-none', { device: 'panorama', redistribution: true })).rejects.toMatchObject({
    code: 'firewall/unsupported',
  });
  expect(proxy.asked).toBe(0);
});
