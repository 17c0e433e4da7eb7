import { afterEach, expect, test } from 'vitest';
import { settingsFor } from '../../../test/support/firewalls/fortigate-rig.ts';
import type { Diagnosis } from '../../core/firewall.ts';
import { diagnose } from './diagnose.ts';
import { fortigateSettings } from './schema.ts';
import { startFortigateSimulator, type FortigateSimulator } from './simulator/index.ts';

let simulator: FortigateSimulator | undefined;
afterEach(async () => await simulator?.stop());

async function diagnosed(
  channels: string[],
  more: {
    options?: Parameters<typeof startFortigateSimulator>[0];
    settings?: Record<string, unknown>;
    prepare?: (simulator: FortigateSimulator) => void;
  } = {},
): Promise<Diagnosis> {
  simulator = await startFortigateSimulator(more.options ?? {});
  more.prepare?.(simulator);
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  return diagnose(
    {
      firewall: 'edge-1',
      hub: 'test',
      settings: fortigateSettings.parse(settingsFor(simulator, more.settings)),
      credential: simulator.token,
      clock,
      deadline: Date.now() + 60_000,
      commentFor: (name) => name,
    },
    channels,
  );
}

test('certificate, clock and the tables of the channels', async () => {
  const found = await diagnosed(['push', 'objects', 'push']);
  expect(found.certificate?.validTo).toBeGreaterThan(Date.now());
  expect(Math.abs(found.clockDifferenceMs ?? Number.NaN)).toBeLessThan(60_000);
  expect(found.rights.map(({ table, readable }) => [table, readable])).toEqual([
    ['/api/v2/cmdb/system/external-resource', true],
    ['/api/v2/cmdb/firewall/address', true],
    ['/api/v2/cmdb/firewall/addrgrp', true],
    ['/api/v2/cmdb/firewall/address6', true],
    ['/api/v2/cmdb/firewall/addrgrp6', true],
  ]);
});

test('an authority that is not the configured one is refused', async () => {
  const other = await startFortigateSimulator();
  const { ca } = settingsFor(other, {}) as { ca: string };
  await other.stop();
  await expect(diagnosed(['push'], { settings: { ca } })).rejects.toMatchObject({
    code: 'firewall/certificate-untrusted',
  });
});

test('a table that the administrator may not read is named with the right it needs', async () => {
  const { rights } = await diagnosed(['push'], {
    options: { accessProfile: { 'fwgrp.address': 'read-write' } },
  });
  expect(rights).toEqual([
    {
      table: '/api/v2/cmdb/system/external-resource',
      readable: false,
      needed: 'sysgrp-permission cfg read-write',
    },
  ]);
});

test('a table that is shown without its rows may not be read', async () => {
  const { rights } = await diagnosed(['objects'], {
    prepare: ({ faults }) => void faults.add({ kind: 'reduced', path: 'firewall/addrgrp6' }),
  });
  expect(rights.filter(({ readable }) => !readable).map(({ table }) => table)).toEqual([
    '/api/v2/cmdb/firewall/addrgrp6',
  ]);
});

test.each([
  ['7.2.0', ['push'], ['FortiOS v7.2.0 takes no pushed feeds']],
  ['7.2.0', ['objects'], []],
  ['7.2.1', ['push'], []],
])('FortiOS %s, as it answers, and channel %s', async (version, channels, expected) => {
  const { notes = [] } = await diagnosed(channels, { options: { version }, settings: { version: '7.2' } });
  expect(notes.map(({ text }) => text)).toEqual(expected);
});
