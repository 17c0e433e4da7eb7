import { afterEach, beforeEach, expect, test } from 'vitest';
import { panoramaSettingsFor } from '../../../test/support/firewalls/panorama-rig.ts';
import { openQuestions } from './open-questions.ts';
import { panoramaSettings } from './schema.ts';
import type { PanoramaSimulator } from './simulator/index.ts';
import { startPanoramaSimulator } from './simulator/index.ts';

let simulator: PanoramaSimulator;
beforeEach(async () => {
  simulator = await startPanoramaSimulator();
  // Without a limit it tells none.
  simulator.device.facts.registeredIpsMax = 5_000;
});
afterEach(() => simulator.stop());

const ask = async (id: string) =>
  await openQuestions
    .find((question) => question.id === id)!
    .ask(
      {
        firewall: 'edge-1',
        hub: 'test',
        settings: panoramaSettings.parse(panoramaSettingsFor(simulator)),
        credential: simulator.apiKey,
        clock: { now: () => Date.now(), sleep: async () => await Promise.resolve() },
        deadline: Date.now() + 60_000,
        commentFor: () => '',
      },
      'zb-qualify-',
    );

test.each(openQuestions.map(({ id }) => id))('%s is answered, and nothing is left', async (id) => {
  expect(await ask(id)).toMatchObject({ holds: true });
  expect(simulator.device.table().rows()).toEqual([]);
});

test('a device that passes over what is there already is told apart', async () => {
  expect((await ask('registered-twice')).seen).toContain('already exists');
  simulator.device.behaviour.duplicates = 'ignored';
  expect((await ask('registered-twice')).seen).toBe('it is passed over');
});

test('a device whose empty list has no count is told apart', async () => {
  simulator.faults.add({ kind: 'empty-result', path: 'type=op' });
  expect(await ask('empty-list-counted')).toMatchObject({ holds: false });
});

test('a device that tells no limit is told apart', async () => {
  expect(await ask('model-limits-told')).toMatchObject({ seen: 'registeredIps: 5000' });
  simulator.faults.add({ kind: 'reject', code: 17, path: 'type=op', times: 1 });
  expect(await ask('model-limits-told')).toEqual({ holds: false, seen: 'it tells no limit' });
});

test('a device that puts on before it takes off is told apart', async () => {
  simulator.device.behaviour.order = 'register-first';
  expect(await ask('taken-off-before-put-on')).toEqual({ holds: false, seen: 'it is gone afterwards' });
});
