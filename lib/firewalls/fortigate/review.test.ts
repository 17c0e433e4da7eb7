import { expect, test } from 'vitest';
import type { AddressGroup, GroupTarget } from '../../core/model/address-group.ts';
import { fortigate } from './index.ts';
import type { FortigateSettings } from './schema.ts';
import { feedEntriesMax, fortigateSettings } from './schema.ts';

const ca = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n';
const entry = { address: 'fw.example.com', version: '7.4', managedBy: 'none', ca };
const target: GroupTarget = {
  firewall: 'edge',
  channel: 'push',
  create: 'own',
  mode: 'sync',
  onForeignAdd: 'remove',
};
const group: AddressGroup = {
  name: 'shop',
  addresses: 'pod',
  select: 'all()',
  usedIn: 'allow',
  maxMembers: 100,
  brakes: { shrink: { minimum: 10, share: 0.3 }, growth: { minimum: 10, share: 0.3 }, windowMinutes: 10 },
  publish: [target],
};

function problems(request: {
  settings?: object;
  group?: Partial<AddressGroup>;
  target?: Partial<GroupTarget>;
}): string {
  const settings: FortigateSettings = fortigateSettings.parse({ ...entry, ...request.settings });
  return fortigate
    .review({
      firewall: 'edge',
      settings,
      group: { ...group, ...request.group },
      target: { ...target, ...request.target },
      path: 'groups.shop.publish[0]',
    })
    .map(({ path, message }) => `${path}: ${message}`)
    .join('\n');
}

test('what works is not refused', () => {
  expect(problems({})).toBe('');
  expect(problems({ settings: { managedBy: 'fortimanager' } })).toBe('');
  expect(problems({ group: { addresses: 'node' }, target: { channel: 'objects' } })).toBe('');
  expect(problems({ target: { channel: 'objects', acceptConfigChurn: { writesPerHour: 60 } } })).toBe('');
});

test.each([
  [{ target: { channel: 'pull' } }, /channel: .*"push".*"objects"/],
  [
    { settings: { managedBy: 'fortimanager' }, group: { addresses: 'node' }, target: { channel: 'objects' } },
    /FortiManager.*"push"/,
  ],
  [{ target: { channel: 'objects' } }, /acceptConfigChurn: .*configuration revision/],
  [{ target: { channel: 'objects', acceptConfigChurn: { writesPerHour: 0 } } }, /writesPerHour: must be/],
  [{ target: { acceptConfigChurn: { writesPerHour: 5 } } }, /acceptConfigChurn: .*leave it out/],
  [{ settings: { version: '7.0' } }, /7\.0, pushed feeds exist from 7\.2\.1.*"objects"/],
  [{ settings: { version: '7.2.0' } }, /7\.2\.0, pushed feeds/],
  [{ group: { maxMembers: 200_000 } }, /131072 entries/],
  [{ group: { maxMembers: 500_000, addresses: 'node' }, target: { channel: 'objects' } }, /230400/],
] as const)('%j is refused with what to do instead', (request, expected) => {
  expect(problems(request as Parameters<typeof problems>[0])).toMatch(expected);
});

test('the limit of feed entries follows the version', () => {
  expect(feedEntriesMax(fortigateSettings.parse({ ...entry, version: '7.4.4' }))).toBe(300_000);
  expect(feedEntriesMax(fortigateSettings.parse({ ...entry, version: '7.4' }))).toBe(131_072);
  expect(feedEntriesMax(fortigateSettings.parse({ ...entry, version: '7.6' }))).toBe(300_000);
  expect(feedEntriesMax(fortigateSettings.parse({ ...entry, feedEntriesMax: 7 }))).toBe(7);
});

test.each([
  [{ managedBy: undefined }],
  [{ ca: undefined }],
  [{ ca: 'certificate' }],
  [{ address: 'https://fw' }],
  [{ address: '10.0.0.256' }],
  [{ vdom: 'a,b' }],
  [{ vdom: '*' }],
  [{ version: '6.2' }],
  [{ version: '8.0' }],
  [{ verify: false }],
  [{ port: 0 }],
])('settings with %j are refused', (change) => {
  expect(fortigateSettings.safeParse({ ...entry, ...change }).success).toBe(false);
});

test('settings get their defaults', () => {
  expect(fortigateSettings.parse({ ...entry, address: 'fd00::1' })).toMatchObject({
    port: 443,
    vdom: 'root',
    groupMembersMax: 600,
    timeoutMs: 10_000,
  });
});

test('a token is judged by its form, without being shown', () => {
  expect(fortigate.checkCredential('abcdefgh12345678')).toBeUndefined();
  for (const token of ['', 'short', 'with blank in it', 'line\nend-12345', 'ümläut-1234', 'x'.repeat(129)]) {
    const answer = fortigate.checkCredential(token);
    expect(answer).toMatch(/API token/);
    if (token !== '') expect(answer).not.toContain(token);
  }
});
