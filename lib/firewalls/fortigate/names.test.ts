import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalAddress } from '../../core/model/address.ts';
import { holderOf, shardNames } from './channels/layout.ts';
import {
  addressName,
  feedNameLength,
  nameKey,
  objectName,
  objectNameLength,
  shardCountIn,
  shardName,
} from './names.ts';

const channels = ['push', 'objects'];
/** Words that are close to each other: cases, separators, cuts. */
const word = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
  fc.stringMatching(/^[aAbB.\-_]{1,6}$/),
  fc.string({ minLength: 1, maxLength: 120 }),
  fc.constantFrom(
    'x'.repeat(100),
    'x'.repeat(101),
    'Shop',
    'shop',
    'a-b',
    'a',
    'b-c',
    'c',
    '10.1.2.3',
    '1-2--3',
  ),
);
const ipv4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join('.'));
const ipv6 = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  .map((parts) =>
    canonicalAddress(
      ['fd00', ...parts.slice(1).map((part) => (part & 1 ? part.toString(16) : '0'))].join(':'),
    ),
  );

test('every name fits the alphabet and the length of its channel', () => {
  fc.assert(
    fc.property(word, word, fc.constantFrom(...channels), (hub, group, channel) => {
      const name = objectName({ hub, group, channel });
      expect(name).toMatch(/^zbf?-[a-z0-9._-]+$/);
      expect(name.length).toBeLessThanOrEqual(channel === 'push' ? feedNameLength : objectNameLength);
      expect(shardName(name, 512, 511).length).toBeLessThanOrEqual(objectNameLength);
    }),
  );
});

test('names are injective over hub, group and channel, without regard to case', () => {
  const request = fc.record({ hub: word, group: word, channel: fc.constantFrom(...channels) });
  fc.assert(
    fc.property(request, request, (a, b) => {
      const same = a.hub === b.hub && a.group === b.group && a.channel === b.channel;
      expect(nameKey(objectName(a)) === nameKey(objectName(b))).toBe(same);
    }),
    { numRuns: 2_000 },
  );
});

test('names of groups, shards and addresses never meet', () => {
  fc.assert(
    fc.property(word, word, word, fc.oneof(ipv4, ipv6), (hub, group, other, address) => {
      const groupName = objectName({ hub, group, channel: 'objects' });
      const otherName = objectName({ hub: other, group, channel: 'objects' });
      const taken = new Set([
        ...shardNames(groupName, 8),
        addressName(hub, address),
        addressName(other, address),
      ]);
      expect(taken.has(groupName)).toBe(false);
      expect(taken.has(otherName)).toBe(false);
      expect(shardNames(otherName, 8).includes(addressName(hub, address))).toBe(false);
    }),
  );
});

test('addresses of all hubs have names of their own', () => {
  const one = fc.tuple(word, fc.oneof(ipv4, ipv6));
  fc.assert(
    fc.property(one, one, ([hub, address], [otherHub, otherAddress]) => {
      const same = hub === otherHub && address === otherAddress;
      const [name, other] = [addressName(hub, address), addressName(otherHub, otherAddress)];
      expect(nameKey(name) === nameKey(other)).toBe(same);
      expect(name).toMatch(/^[a-z0-9._-]{1,79}$/);
    }),
    { numRuns: 1_000 },
  );
});

test('plain names stay readable', () => {
  expect(objectName({ hub: 'prod', group: 'shop-web', channel: 'objects' })).toBe('zb-prod.shop-web');
  expect(objectName({ hub: 'prod', group: 'shop-web', channel: 'push' })).toBe('zbf-prod.shop-web');
  expect(objectName({ hub: 'prod', group: 'Shop Web', channel: 'objects' })).toMatch(
    /^zb-shop-web_[0-9a-f]{16}$/,
  );
  expect(addressName('prod', '10.1.2.3')).toBe('zb-prod-10.1.2.3');
  expect(addressName('prod', 'fd00::1')).toBe('zb-prod-fd00-0-0-0-0-0-0-1');
});

test('an override is used as it is, or refused', () => {
  const base = { hub: 'prod', group: 'shop', channel: 'push' };
  expect(objectName({ ...base, override: 'Web_Servers.1' })).toBe('Web_Servers.1');
  expect(nameKey('Web_Servers.1')).toBe('web_servers.1');
  for (const override of ['', ' ', '.', '..', '-a', 'a b', 'a/b', 'a"b', 'ü', 'x'.repeat(36)]) {
    expect(() => objectName({ ...base, override })).toThrow(
      expect.objectContaining({ code: 'configuration/invalid' }),
    );
  }
});

test('a shard is recognised by its name only below its own group', () => {
  expect(shardCountIn('zb-a.b', 'zb-a.b_8_3')).toBe(8);
  expect(shardCountIn('zb-a.b', 'zb-a.c_8_3')).toBeUndefined();
  expect(shardCountIn('zb-a.b', 'zb-a.b_8_')).toBeUndefined();
  const long = 'x'.repeat(objectNameLength);
  expect(shardName(long, 8, 3).length).toBeLessThanOrEqual(objectNameLength);
  expect(shardCountIn(long, shardName(long, 8, 3))).toBe(8);
  expect(holderOf('g', 1, '10.0.0.1')).toBe('g');
});
