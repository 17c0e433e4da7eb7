import { afterEach, beforeEach, expect, test } from 'vitest';
import { fmcRequest } from '../../../test/support/firewalls/fmc-connection.ts';
import type { DiagnosisNote } from '../../core/firewall.ts';
import { ciscoFmc } from './index.ts';
import { type FmcSimulator, startFmcSimulator } from './simulator/index.ts';

let simulator: FmcSimulator;

beforeEach(async () => {
  simulator = await startFmcSimulator({ version: '7.4.1' });
});
afterEach(async () => await simulator.stop());

async function notes(
  channels: readonly string[],
  settings: Record<string, unknown> = {},
): Promise<readonly DiagnosisNote[]> {
  const found = await ciscoFmc.diagnose!(fmcRequest(simulator, { settings }), channels);
  return found.notes ?? [];
}

test('tells rights, certificate and clock', async () => {
  const found = await ciscoFmc.diagnose!(fmcRequest(simulator), ['dynamic', 'objects', 'dynamic']);
  expect(found.rights.map(({ table, readable }) => [table, readable])).toEqual([
    ['/object/dynamicobjects', true],
    ['/object/networkgroups', true],
  ]);
  expect(found.certificate?.subject).toBe('127.0.0.1');
  expect(Math.abs(found.clockDifferenceMs ?? Infinity)).toBeLessThan(60_000);
  simulator.faults.add({ kind: 'forbidden', path: 'dynamicobjects' });
  const refused = await ciscoFmc.diagnose!(fmcRequest(simulator), ['dynamic']);
  expect(refused.rights).toMatchObject([{ readable: false }]);
});

test('warns of a device of a release with a known defect, and of none otherwise', async () => {
  expect(await notes(['dynamic'])).toContainEqual(
    expect.objectContaining({
      name: 'defects',
      state: 'warning',
      text: expect.stringContaining('"ftd-1" (7.4.1)') as string,
    }),
  );
  expect((await notes(['objects'])).some(({ name }) => name === 'defects')).toBe(false);
  // Without the right to see devices the release of the manager decides.
  simulator.faults.add({ kind: 'forbidden', path: 'devicerecords' });
  expect(await notes(['dynamic'])).toContainEqual(
    expect.objectContaining({ name: 'defects', state: 'warning' }),
  );
});

test('warns of a budget that is counted for a newer release', async () => {
  expect(await notes([])).toContainEqual(expect.objectContaining({ name: 'budget', state: 'ok' }));
  simulator.manager.settings.release = [7, 2, 11];
  expect(await notes([], { version: '7.4.1' })).toContainEqual(
    expect.objectContaining({
      name: 'budget',
      state: 'warning',
      text: expect.stringContaining('120 requests') as string,
    }),
  );
});

test('tells the role in a pair, or that it is not told', async () => {
  simulator.manager.settings.role = 'active';
  expect(await notes([], { ha: true })).toContainEqual(
    expect.objectContaining({ name: 'pair', state: 'ok', text: 'this manager is the active one' }),
  );
  simulator.faults.add({ kind: 'forbidden', path: 'fmchastatuses' });
  expect(await notes([], { ha: true })).toContainEqual(
    expect.objectContaining({ name: 'pair', state: 'warning' }),
  );
});

test('says that devices wait for a deployment', async () => {
  expect(await notes(['objects'])).toContainEqual(
    expect.objectContaining({ name: 'deployment', state: 'ok' }),
  );
  simulator.manager.global.outOfDate = true;
  expect(await notes(['objects'])).toContainEqual(
    expect.objectContaining({ name: 'deployment', state: 'warning' }),
  );
});

test('calls a minute follow from the release', () => {
  const calls = (version: string) => ciscoFmc.callsPerMinute!({ ...fmcRequest(simulator).settings, version });
  expect(calls('7.2.11')).toEqual({ usual: 96, most: 120 });
  expect(calls('7.4')).toEqual({ usual: 96, most: 120 });
  expect(calls('7.4.1')).toEqual({ usual: 240, most: 300 });
  expect(calls('10.0')).toEqual({ usual: 240, most: 300 });
  expect(calls('cdfmc')).toEqual({ usual: 96, most: 120 });
});
