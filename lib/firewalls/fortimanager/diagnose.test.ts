import { afterEach, expect, test } from 'vitest';
import { asked, quickClock } from '../../../test/support/firewalls/fortimanager-connection.ts';
import { passwordOf, settingsFor } from '../../../test/support/firewalls/fortimanager-rig.ts';
import type { Diagnosis } from '../../core/firewall.ts';
import { fortimanager } from './index.ts';
import { fortimanagerSettings } from './schema.ts';
import {
  type FortimanagerSimulator,
  type SimulatorOptions,
  startFortimanagerSimulator,
} from './simulator/index.ts';

let simulator: FortimanagerSimulator | undefined;
afterEach(async () => await simulator?.stop());

async function diagnosed(
  channels: string[],
  more: {
    options?: SimulatorOptions;
    settings?: Record<string, unknown>;
    key?: boolean;
    prepare?: (s: FortimanagerSimulator) => void;
  } = {},
): Promise<Diagnosis> {
  simulator = await startFortimanagerSimulator(more.options ?? {});
  more.prepare?.(simulator);
  const clock = quickClock();
  const found = await fortimanager.diagnose?.(
    {
      firewall: 'fmg-1',
      hub: 'test',
      settings: fortimanagerSettings.parse(settingsFor(simulator, more.settings)),
      credential: more.key ? simulator.apiKey : passwordOf(simulator),
      clock,
      deadline: clock.now() + 60_000,
      commentFor: (name) => name,
    },
    channels,
  );
  if (!found) throw new Error('nothing was diagnosed');
  return found;
}

const warnings = ({ notes = [] }: Diagnosis) =>
  notes.filter(({ state }) => state === 'warning').map(({ name }) => name);

test('tells certificate, clock and rights of a healthy manager, and logs out', async () => {
  const found = await diagnosed(['feed', 'tags']);
  expect(found.certificate?.subject).toBe('127.0.0.1');
  expect(Math.abs(found.clockDifferenceMs ?? Number.NaN)).toBeLessThan(5_000);
  expect(found.rights.map(({ readable }) => readable)).toEqual([true, true, true, true]);
  expect(warnings(found)).toEqual([]);
  expect(asked(simulator!, 'exec /sys/logout')).toBe(1);
});

test('names what may not be read', async () => {
  const found = await diagnosed(['tags'], {
    prepare: ({ faults }) => void faults.add({ kind: 'reject', code: -11, path: 'user/adgrp' }),
  });
  expect(found.rights.filter(({ readable }) => !readable).map(({ table }) => table)).toEqual([
    '/pm/config/adom/root/obj/user/adgrp',
  ]);
});

test.each([
  ['a defect of the release', { options: { version: '7.4.7' } }, ['feed'], ['defects']],
  ['no hosted files', { options: { version: '7.4.0' } }, ['feed'], ['channels']],
  ['nobody installs', {}, ['objects'], ['channels']],
  [
    'partial installs that are switched off',
    {
      options: { behaviour: { partialInstall: 'disable' as const } },
      settings: { install: 'partial' },
    },
    ['objects'],
    ['install'],
  ],
  ['workflow', { options: { workspace: 'workflow' as const } }, ['feed'], ['workspace']],
  [
    'locks with an API key',
    { options: { workspace: 'normal' as const }, key: true },
    ['feed'],
    ['workspace'],
  ],
  [
    'a mode that may not be read',
    { options: { behaviour: { globalSettings: 'forbidden' as const } } },
    ['feed'],
    ['workspace'],
  ],
  ['a connector that is missing', { settings: { connector: 'other' } }, ['tags'], ['connector']],
  ['a device that the ADOM has not', { settings: { device: { name: 'fgt-9' } } }, ['tags'], ['device']],
  [
    'a VDOM that the device has not',
    { settings: { device: { name: 'fgt-1', vdom: 'dmz' } } },
    ['tags'],
    ['device'],
  ],
  [
    'a device manager that may not be read',
    {
      settings: { device: { name: 'fgt-1' } },
      prepare: ({ faults }: FortimanagerSimulator) =>
        void faults.add({ kind: 'reject', code: -11, path: 'dvmdb/adom/root/device' }),
    },
    ['tags'],
    ['device'],
  ],
])('warns of %s', async (_, more, channels, expected) => {
  expect(warnings(await diagnosed(channels, more))).toEqual(expected);
});

test('a device that is known is said to be', async () => {
  const { notes = [] } = await diagnosed(['tags'], { settings: { device: { name: 'fgt-1' } } });
  expect(notes.filter(({ name }) => name === 'device')).toMatchObject([{ state: 'ok' }]);
});
