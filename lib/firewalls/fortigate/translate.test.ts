import { expect, test } from 'vitest';
import { addressObject, addressOfRow, canonical, feedEntry } from './translate.ts';

test('an address comes back from its object as it went in', () => {
  for (const address of ['10.1.2.3', '0.0.0.0', 'fd00::1', '2001:db8::abcd:0:0:1']) {
    expect(addressOfRow(addressObject(address).fields)).toBe(address);
    expect(canonical(address)).toBe(address);
  }
});

test.each([
  [{ type: 'ipmask', subnet: '10.0.0.1/32' }, '10.0.0.1'],
  [{ type: 'ipmask', subnet: '10.0.0.0 255.0.0.0' }, undefined],
  [{ type: 'ipmask', subnet: '10.0.0.1' }, undefined],
  [{ type: 'ipmask' }, undefined],
  [{ type: 'iprange', subnet: '10.0.0.1 255.255.255.255' }, undefined],
  [{ type: 'fqdn', fqdn: 'example.com' }, undefined],
  [{ type: 'ipprefix', ip6: 'FD00:0::1/128' }, 'fd00::1'],
  [{ type: 'ipprefix', ip6: 'fd00::/64' }, undefined],
  [{ type: 'ipprefix', ip6: '10.0.0.1/128' }, undefined],
  [{ type: 'ipmask', subnet: 'none 255.255.255.255' }, undefined],
])('the row %j stands for %s', (row, address) => {
  expect(addressOfRow(row)).toBe(address);
});

test('feed entries that are no single address keep their text', () => {
  expect(feedEntry(' 10.0.0.1 ')).toBe('10.0.0.1');
  expect(feedEntry('FD00:0:0::1')).toBe('fd00::1');
  for (const text of ['10.0.0.0/24', '10.0.0.1/32', '10.0.0.1-10.0.0.9', 'example.com', 'fe80::1%eth0']) {
    expect(feedEntry(text)).toBe(text);
  }
});
