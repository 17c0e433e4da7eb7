import { expect, test } from 'vitest';
import { deviceOf, panoramaSettings, writerKeyOf } from './schema.ts';

const serials = Array.from({ length: 60 }, (_, at) => `0070510000${String(at).padStart(5, '0')}`);

function behind(targets: readonly string[] | undefined, address = '10.0.0.1') {
  const base = { address, ca: '-----BEGIN CERTIFICATE-----', version: '11.1', device: 'panorama' };
  return panoramaSettings.parse({ ...base, ...(targets ? { targets } : {}) });
}

test('four writers share the firewalls behind one Panorama, whatever their number', () => {
  const share = serials.map((serial) => writerKeyOf(behind([serial])));
  const shares = [...Map.groupBy(share, (key) => key).values()].map((keys) => keys.length);
  expect(shares).toHaveLength(4);
  expect(Math.min(...shares)).toBeGreaterThan(5);
  expect(share).not.toContain(writerKeyOf(behind(undefined)));
  expect(share).not.toContain(writerKeyOf(behind([serials[0]!], '10.0.0.2')));
});

test('a pair is one device, and has one writer, in whichever order it is named', () => {
  const [one = '', two = ''] = serials;
  expect(writerKeyOf(behind([one, two]))).toBe(writerKeyOf(behind([two, one])));
  expect(deviceOf(behind([one, two]))).toBe(deviceOf(behind([two, one])));
});

test('each firewall is a device of its own', () => {
  expect(new Set(serials.map((serial) => deviceOf(behind([serial])))).size).toBe(serials.length);
});
