import { expect, test } from 'vitest';
import type { AddressGroup, GroupTarget } from '../../core/model/address-group.ts';
import { ciscoFmc } from './index.ts';
import { fmcSettings } from './schema.ts';

const base = { address: 'fmc.example.com', ca: '-----BEGIN CERTIFICATE-----', version: '7.4.1' };
const settings = fmcSettings.parse(base);

function problems(group: Partial<AddressGroup>, target: Partial<GroupTarget>): string[] {
  const whole = { name: 'web', addresses: 'pod', maxMembers: 10, ...group } as AddressGroup;
  const to = { firewall: 'edge-1', channel: 'dynamic', create: 'own', ...target } as GroupTarget;
  const review = { firewall: 'edge-1', settings, group: whole, target: to, path: 'at' };
  return ciscoFmc.review(review).map(({ path, message }) => `${path}: ${message}`);
}

test('dynamic objects take pods, up to their size, and nothing has to be accepted', () => {
  expect(problems({}, {})).toEqual([]);
  expect(problems({ maxMembers: 10_001 }, {})).toEqual([expect.stringContaining('mappingsMax')]);
  expect(problems({}, { acceptConfigChurn: { writesPerHour: 5 } })).toEqual([
    expect.stringContaining('leave it out'),
  ]);
});

test('network groups are for what stays, because a person has to deploy', () => {
  expect(problems({ addresses: 'egress' }, { channel: 'objects' })).toEqual([]);
  expect(problems({ addresses: 'node' }, { channel: 'objects' })).toEqual([
    expect.stringMatching(/^at\.acceptConfigChurn: .*a person has deployed/),
  ]);
  const accepted = { channel: 'objects', acceptConfigChurn: { writesPerHour: 5 } };
  expect(problems({ addresses: 'node' }, accepted)).toEqual([]);
  expect(problems({ addresses: 'node', maxMembers: 1_001 }, accepted)).toEqual([
    expect.stringContaining('1000'),
  ]);
  expect(problems({}, { channel: 'push' })).toEqual([expect.stringContaining('"dynamic" or "objects"')]);
});

test('the manager in the cloud and its base path go together', () => {
  const parse = (more: Record<string, unknown>) => fmcSettings.safeParse({ ...base, ...more });
  expect(parse({ version: 'cdfmc', cloud: {} }).data?.cloud).toEqual({ basePath: '/firewall/v1/cdfmc' });
  expect(parse({ version: 'cdfmc', cloud: { basePath: '' } }).success).toBe(true);
  for (const wrong of [
    { version: 'cdfmc' },
    { cloud: {} },
    { version: 'cdfmc', cloud: { basePath: '/x/' } },
    { version: '6.7' },
    { version: '7.8' },
    { version: '10.1' },
    { domains: 'Global' },
  ])
    expect(parse(wrong).success, JSON.stringify(wrong)).toBe(false);
});

test('names fit dynamic objects and network groups, and are not shared by two groups', () => {
  const name = (hub: string, group: string, override?: string) =>
    ciscoFmc.objectName({ hub, group, channel: 'dynamic', override });
  expect(name('prod', 'web')).toBe('zb-prod.web');
  const odd = ['Web', 'web', 'x'.repeat(80), `${'x'.repeat(79)}y`, 'a/b', 'a b', 'prod.web', 'web_1'];
  const names = odd.map((group) => name('prod', group));
  expect(new Set(names.map((one) => ciscoFmc.nameKey(one))).size).toBe(odd.length);
  for (const one of names) expect(one).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
  expect(name('a', 'b.c')).not.toBe(name('a.b', 'c'));
  expect(name('prod', 'web', 'K8S_WEB.1')).toBe('K8S_WEB.1');
  expect(() => name('prod', 'web', 'a b')).toThrow(/cannot be used/);
});
