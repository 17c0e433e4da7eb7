import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressName, addressOfName, addressPrefix } from './address-names.ts';
import { nameKey, objectName } from './names.ts';

const anyName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom('web', 'Web', 'a.b', "'", '../..'),
);

test.each(['tags', 'objects'])('names over %s are injective, also without case, and fit', (channel) => {
  fc.assert(
    fc.property(anyName, anyName, anyName, (hub, group, other) => {
      const of = (one: string) => objectName({ hub, group: one, channel, firewall: 'edge-1' });
      expect(of(group).length).toBeLessThanOrEqual(channel === 'tags' ? 127 : 63);
      expect(of(group)).toMatch(/^[a-z0-9._-]+$/);
      if (group !== other) expect(nameKey(of(group))).not.toBe(nameKey(of(other)));
    }),
  );
});

test('the tag of one group differs from firewall to firewall and hub to hub', () => {
  const of = (hub: string, firewall: string) => objectName({ hub, group: 'web', channel: 'tags', firewall });
  expect(new Set([of('prod', 'a'), of('prod', 'b'), of('test', 'a')]).size).toBe(3);
  expect(of('prod', 'a')).toMatch(/^zb-prod\.web_[0-9a-f]{16}$/);
});

test.each(["it's", 'a"b', '(a', 'a)', '<a>', 'a&b', ' a', 'a ', '', 'a\\b', 'x'.repeat(128)])(
  'a tag called %j is refused',
  (override) => {
    expect(() => objectName({ hub: 'h', group: 'g', channel: 'tags', firewall: 'f', override })).toThrow(
      expect.objectContaining({ code: 'configuration/invalid' }),
    );
  },
);

test.each(['10.1.2.3', 'fd00::1', '2001:db8::'])(
  'the object of %s says which address it stands for',
  (address) => {
    const [one, other] = [addressPrefix('prod', 'zb-prod.web'), addressPrefix('prod', 'zb-prod.api')];
    expect(addressName(one, address).length).toBeLessThanOrEqual(63);
    expect(addressOfName(one, addressName(one, address))).toBe(address);
    expect(addressOfName(other, addressName(one, address))).toBeUndefined();
    expect(addressOfName(one, `${one}none`)).toBeUndefined();
  },
);
