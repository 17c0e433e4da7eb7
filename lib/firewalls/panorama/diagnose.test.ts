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
  expect(found.notes?.map(({ name, state }) => [name, state])).toEqual([
    ['version', 'ok'],
    ['locks', 'ok'],
  ]);
});

test('what the model keeps is told, and what is configured is compared with it', async () => {
  simulator.device.facts.registeredIpsMax = 5_000;
  const capacity = async (registeredIpsMax?: number) =>
    (await check(['tags'], { registeredIpsMax })).notes?.find(({ name }) => name === 'capacity');
  expect(await capacity(5_000)).toMatchObject({
    state: 'ok',
    text: 'this model keeps 5000 addresses with tags',
  });
  expect(await capacity(5_001)).toMatchObject({
    state: 'warning',
    text: 'this model keeps 5000 addresses with tags, and groups are checked against 5001',
    remedy: 'Put `registeredIpsMax: 5000` into its entry.',
  });
  expect(await capacity()).toMatchObject({
    state: 'warning',
    text: expect.stringContaining('against nothing'),
  });
});

test('a model that keeps less than we take for granted is told', async () => {
  simulator.device.config.addressesMax = 2_500;
  simulator.device.config.groupMembersMax = 100;
  const { notes = [] } = await check(['objects']);
  expect(notes.find(({ name }) => name === 'sizes')).toEqual({
    name: 'sizes',
    state: 'warning',
    text: 'this model keeps 2500 address objects, 100 members in a group',
    remedy: 'Give groups over `objects` a `maxMembers` of 100 at most.',
  });
});

test('a device that may not be asked for its limits is checked all the same', async () => {
  simulator.device.facts.registeredIpsMax = 5_000;
  // Before that it is asked whether tags may be read, and for its version.
  simulator.faults.add({ kind: 'reject', code: 17, path: 'type=op', after: 2, times: 1 });
  const { notes = [] } = await check(['tags']);
  expect(notes.map(({ name, text }) => [name, text.slice(0, 11)])).toEqual([
    ['version', expect.anything()],
    ['capacity', 'nobody told'],
  ]);
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
