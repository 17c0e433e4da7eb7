import { afterEach, beforeEach, expect, test } from 'vitest';
import { panoramaSettingsFor } from '../../../test/support/firewalls/panorama-rig.ts';
import type { Diagnosis } from '../../core/firewall.ts';
import { diagnose } from './diagnose.ts';
import { panoramaSettings } from './schema.ts';
import type { PanoramaSimulator } from './simulator/index.ts';
import { startPanoramaSimulator } from './simulator/index.ts';

let simulator: PanoramaSimulator;
beforeEach(async () => {
  simulator = await startPanoramaSimulator();
});
afterEach(() => simulator.stop());

async function check(channels: readonly string[], more: Record<string, unknown> = {}): Promise<Diagnosis> {
  const request = {
    firewall: 'edge-1',
    hub: 'test',
    settings: panoramaSettings.parse(panoramaSettingsFor(simulator, more)),
    credential: simulator.apiKey,
    clock: { now: () => Date.now(), sleep: async () => await Promise.resolve() },
    deadline: Date.now() + 60_000,
    commentFor: () => '',
  };
  return await diagnose(request, channels);
}

test('all is well', async () => {
  const found = await check(['tags', 'objects'], { registeredIpsMax: 1000 });
  expect(found.certificate?.subject).toBe('127.0.0.1');
  expect(found.rights.map(({ readable }) => readable)).toEqual([true, true, true]);
  expect(found.notes?.map(({ state }) => state)).toEqual(['ok', 'ok']);
});

test('each right that is missing is named', async () => {
  const admin = simulator.gate.administrators.get('zonebridge')!;
  admin.xml = ['op', 'user-id'];
  admin.rest = 'disable';
  const { rights } = await check(['tags', 'objects']);
  expect(rights.map(({ readable, needed }) => [readable, needed.slice(0, 8)])).toEqual([
    [true, 'XML API:'],
    [false, 'REST API'],
    [false, 'XML API:'],
  ]);
});

test('locks, another version and an unknown capacity are told', async () => {
  simulator.device.facts.version = '11.1.4';
  simulator.device.locks = [{ kind: 'commit', owner: 'bob', scope: 'shared', comment: '' }];
  const { notes = [] } = await check(['tags', 'objects'], { version: '10.2' });
  expect(notes.map(({ name, state }) => [name, state])).toEqual([
    ['version', 'warning'],
    ['capacity', 'warning'],
    ['locks', 'warning'],
  ]);
  expect(notes[2]?.text).toBe('commit-lock of bob');
});

test('a passive unit and a stranger are refused', async () => {
  const { serial } = simulator.device.facts;
  simulator.device.facts.role = 'passive';
  await expect(check(['tags'], { ha: { serials: [serial] } })).rejects.toMatchObject({
    code: 'firewall/standby-unit',
  });
  await expect(check(['tags'], { ha: { serials: ['000000000000001'] } })).rejects.toMatchObject({
    code: 'firewall/unknown-device',
  });
});
