import { describe, expect, test } from 'vitest';
import { nameLength, objectName, siblingName } from './names.ts';
import { entryOf, entryToRemove, memberOf } from './translate.ts';

describe('names', () => {
  const hubs = ['prod', 'Prod', 'a.b', 'x'.repeat(300)];
  const groups = [
    'web',
    'Web',
    'web.v6',
    'web-v6',
    'web_v6',
    'a/b',
    'a-b',
    'группа',
    ' ',
    'y'.repeat(300),
    '',
  ];

  test('of groups and their siblings never meet, also without regard to case', () => {
    const names = hubs.flatMap((hub) => groups.map((group) => objectName({ hub, group })));
    const all = [...names, ...names.map(siblingName)].map((name) => name.toLowerCase());
    expect(new Set(all).size).toBe(all.length);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(nameLength);
    for (const name of all) expect(name.length).toBeLessThanOrEqual(255);
  });

  test.each(['com.amazonaws.eu.s3', 'com.aws.x', 'corp.v6', '', 'x'.repeat(253), 'a\nb', '-a'])(
    '%j cannot be given',
    (override) => {
      expect(() => objectName({ hub: 'prod', group: 'web', override })).toThrow(
        expect.objectContaining({ code: 'configuration/invalid' }),
      );
    },
  );
});

describe('entries', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1/32', 4],
    ['fd00:0::1', 'fd00::1/128', 6],
  ])('%s is %s', (address, cidr, family) => {
    expect(entryOf(address)).toEqual({ cidr, family });
    expect(memberOf(cidr)).toBe(entryToRemove(memberOf(cidr)).cidr.split('/')[0]);
  });

  test.each(['10.0.0.0/24', 'fd00::/64', '0.0.0.0/0', 'nonsense/32'])(
    '%s is no address of ours and keeps its text',
    (cidr) => {
      expect(memberOf(cidr)).toBe(cidr);
      expect(entryToRemove(cidr).cidr).toBe(cidr);
    },
  );

  test('an address of IPv6 is the same however AWS writes it', () => {
    expect(memberOf('FD00:0:0:0:0:0:0:1/128')).toBe('fd00::1');
  });
});
