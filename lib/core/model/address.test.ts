import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isZonebridgeError } from '../errors.ts';
import {
  addressFamily,
  askedAddress,
  boundedPrefix,
  canonicalAddress,
  canonicalPrefix,
  inRanges,
  parseAddress,
  parseRanges,
  rangesOverlap,
  workloadPrefix,
} from './address.ts';

/** A second implementation, by hand and over BigInt, that shares nothing with the library. */
function readIPv4(text: string): bigint {
  return text.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);
}

function readIPv6(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
  return groups.reduce((value: bigint, group: string) => value * 65536n + BigInt(`0x${group}`), 0n);
}

function writeIPv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
}

/** RFC 5952: the longest run of two or more zero groups becomes `::`, the first of equals. */
function writeIPv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(16 * (7 - i))) & 65535n).toString(16));
  for (let length = 8; length >= 2; length--) {
    for (let start = 0; start + length <= 8; start++) {
      if (groups.slice(start, start + length).every((group) => group === '0')) {
        return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
      }
    }
  }
  return groups.join(':');
}

const isMapped = (value: bigint) => value >> 32n === 0xffffn;
const v4 = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n });
/** Sparse groups, so that zero runs of every length and place occur. */
const v6 = fc
  .array(fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 65535 })), {
    minLength: 8,
    maxLength: 8,
  })
  .map((groups) => groups.reduce((value, group) => value * 65536n + BigInt(group), 0n))
  .filter((value) => !isMapped(value));

/** Some spelling of an IPv6 address: upper case, leading zeros, one run of zeros compressed or none. */
const spelling = fc.record({
  value: v6,
  upper: fc.boolean(),
  pad: fc.boolean(),
  from: fc.nat(7),
  length: fc.integer({ min: 0, max: 8 }),
});

function spell({
  value,
  upper,
  pad,
  from,
  length,
}: {
  value: bigint;
  upper: boolean;
  pad: boolean;
  from: number;
  length: number;
}) {
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(16 * (7 - i))) & 65535n).toString(16));
  const written = groups.map((group) => (pad ? group.padStart(4, '0') : group));
  const zeros = groups.slice(from, from + length);
  const text =
    zeros.length > 0 && zeros.every((group) => group === '0')
      ? `${written.slice(0, from).join(':')}::${written.slice(from + zeros.length).join(':')}`
      : written.join(':');
  return upper ? text.toUpperCase() : text;
}

describe('canonicalAddress', () => {
  it('agrees with a second implementation on every IPv4 address', () => {
    fc.assert(
      fc.property(v4, (value) => {
        const text = writeIPv4(value);
        expect(canonicalAddress(text)).toBe(text);
        expect(readIPv4(canonicalAddress(text))).toBe(value);
        expect(addressFamily(text)).toBe(4);
      }),
    );
  });

  it('brings every spelling of an IPv6 address to the one of RFC 5952, and keeps its value', () => {
    fc.assert(
      fc.property(spelling, (how) => {
        const canonical = canonicalAddress(spell(how));
        expect(canonical).toBe(writeIPv6(how.value));
        expect(readIPv6(canonical)).toBe(how.value);
        expect(canonicalAddress(canonical)).toBe(canonical);
        expect(addressFamily(canonical)).toBe(6);
      }),
      { numRuns: 500 },
    );
  });

  it('is injective: two texts have one form only when they have one value', () => {
    fc.assert(
      fc.property(spelling, spelling, (a, b) => {
        expect(canonicalAddress(spell(a)) === canonicalAddress(spell(b))).toBe(a.value === b.value);
      }),
    );
  });

  it.each([
    ['', 'four numbers'],
    ['10.1', 'four numbers'],
    ['010.0.0.1', 'leading zeros'],
    ['10.0.0.01', 'leading zeros'],
    ['0x0a.0.0.1', 'four numbers'],
    ['167772161', 'four numbers'],
    ['256.0.0.1', 'four numbers'],
    ['10.0.0.1 ', 'four numbers'],
    [' 10.0.0.1', 'four numbers'],
    ['10.0.0.1\n', 'four numbers'],
    ['10.0.0.1/32', 'four numbers'],
    ['10.0.0.1.', 'four numbers'],
    ['١٠.0.0.1', 'four numbers'],
    ['::ffff:10.0.0.1', 'dotted part'],
    ['64:ff9b::10.0.0.1', 'dotted part'],
    ['::ffff:a00:1', 'write 10.0.0.1'],
    ['0:0:0:0:0:FFFF:0a00:0001', 'write 10.0.0.1'],
    ['fe80::1%eth0', 'zone id'],
    ['[::1]', 'eight groups'],
    [':::', 'eight groups'],
    ['1::2::3', 'eight groups'],
    ['1:2:3:4:5:6:7', 'eight groups'],
    ['1:2:3:4:5:6:7:8:9', 'eight groups'],
    ['1:2:3:4::5:6:7:8', 'eight groups'],
    [':1:2:3:4:5:6:7:8', 'eight groups'],
    ['1:2:3:4:5:6:7:', 'eight groups'],
    ['12345::', 'eight groups'],
    ['00001::', 'eight groups'],
    ['::1 ', 'eight groups'],
    ['g::', 'eight groups'],
    ['1'.repeat(5000), 'too long'],
  ])('refuses %j', (text, why) => {
    expect(() => canonicalAddress(text)).toThrow(why);
  });

  it('answers any text with an address or one family of error, on one line', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdefx:.%/ \n'.split('')), maxLength: 45 }),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          const canonical = canonicalAddress(text);
          expect(canonical).toBe(
            canonical.includes(':') ? writeIPv6(readIPv6(text)) : writeIPv4(readIPv4(text)),
          );
        } catch (error) {
          if (!isZonebridgeError(error, 'address/invalid')) throw error;
          expect(error.message).toMatch(/^[ -~]*$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('askedAddress', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.1/32', '10.0.0.1'],
    ['FD00:0::1', 'fd00::1'],
    ['fd00::1/128', 'fd00::1'],
  ])('takes %s for %s', (asked, address) => {
    expect(askedAddress(asked)).toBe(address);
  });

  it.each(['storefront', 'shop/p1', 'one/shop/p1', '1234/5678', 'node-10.0.0.1', 'one/shop/a:b', '10.0.0'])(
    'leaves %s to be a name',
    (asked) => {
      expect(askedAddress(asked)).toBeUndefined();
    },
  );

  it.each([
    '10.0.0.1/24',
    '10.0.0.0/24',
    '10.0.0.1/',
    '10.0.0.256',
    '010.0.0.1',
    'fd00::/64',
    '::ffff:10.0.0.1',
  ])('refuses %s', (asked) => {
    expect(() => askedAddress(asked)).toThrow('not an address we take');
  });
});

describe('canonicalPrefix', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['10.1.2.3/32', '10.1.2.3/32'],
    ['2001:DB8:0::/32', '2001:db8::/32'],
    ['::/0', '::/0'],
  ])('takes %s', (text, canonical) => {
    expect(canonicalPrefix(text)).toBe(canonical);
  });

  it.each([
    ['10.0.0.1/24', 'write 10.0.0.0/24'],
    ['2001:db8::1/64', 'write 2001:db8::/64'],
    ['10.0.0.0', 'a slash and a length'],
    ['10.0.0.0/', 'a slash and a length'],
    ['10.0.0.0/08', 'a slash and a length'],
    ['10.0.0.0/+8', 'a slash and a length'],
    ['10.0.0.0/8/8', 'a slash and a length'],
    ['10.0.0.0/255.0.0.0', 'a slash and a length'],
    ['10.0.0.0/33', 'at most 32'],
    ['::/129', 'at most 128'],
    ['10.0/16', 'four numbers'],
  ])('refuses %s', (text, why) => {
    expect(() => canonicalPrefix(text)).toThrow(why);
  });
});

describe('boundedPrefix', () => {
  it.each(['0.0.0.0/0', '::/0', '0:0::/0'])('refuses %s', (text) => {
    expect(() => boundedPrefix(text)).toThrow('default route');
  });

  it.each(['0.0.0.0/1', '10.9.0.0/26', '127.0.0.1/32', 'fd00::/8'])('takes %s', (text) => {
    expect(boundedPrefix(text)).toBe(text);
  });
});

describe('workloadPrefix', () => {
  it.each([
    ['0.0.0.0/0', 'it is the default route and holds every IPv4 address'],
    ['::/0', 'it is the default route and holds every IPv6 address'],
    ['127.0.0.0/8', 'it lies in the loopback range 127.0.0.0/8'],
    ['127.1.2.3/32', 'it lies in the loopback range 127.0.0.0/8'],
    ['::1/128', 'it lies in the loopback range ::1/128'],
    ['169.254.0.0/16', 'it lies in the link-local range 169.254.0.0/16'],
    ['FE80::/64', 'it lies in the link-local range fe80::/10'],
    ['224.0.0.0/4', 'it lies in the multicast range 224.0.0.0/4'],
    ['239.1.0.0/16', 'it lies in the multicast range 224.0.0.0/4'],
    ['ff02::/16', 'it lies in the multicast range ff00::/8'],
    ['0.0.0.0/1', 'it holds the loopback range 127.0.0.0/8'],
    ['128.0.0.0/2', 'it holds the link-local range 169.254.0.0/16'],
    ['8000::/1', 'it holds the link-local range fe80::/10'],
    ['10.0.0.1/8', 'it has host bits set'],
  ])('refuses %s', (text, why) => {
    expect(() => workloadPrefix(text)).toThrow(why);
  });

  it.each([
    '10.0.0.0/8',
    '100.64.0.0/10',
    '126.0.0.0/8',
    '128.0.0.0/8',
    '169.253.0.0/16',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '198.19.0.0/16',
    '223.0.0.0/8',
    '2001:db8::/32',
    'fd00::/8',
    'fec0::/10',
  ])('takes %s', (text) => {
    expect(workloadPrefix(text)).toBe(text);
  });
});

const prefix = fc
  .oneof(
    fc.record({ value: v4, bits: fc.integer({ min: 0, max: 32 }), width: fc.constant(32) }),
    fc.record({ value: v6, bits: fc.integer({ min: 0, max: 128 }), width: fc.constant(128) }),
  )
  .map(({ value, bits, width }) => {
    const size = 1n << BigInt(width - bits);
    const first = value - (value % size);
    return { width, first, last: first + size - 1n, text: `${write(first, width)}/${bits}` };
  })
  .filter(({ width, first }) => width === 32 || !isMapped(first));

function write(value: bigint, width: number): string {
  return width === 32 ? writeIPv4(value) : writeIPv6(value);
}

describe('ranges', () => {
  it('hold exactly the addresses between first and last of a prefix', () => {
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 4 }), prefix, (prefixes, near) => {
        const ranges = parseRanges(prefixes.map(({ text }) => text));
        const most = (1n << BigInt(near.width)) - 1n;
        const places = prefixes.filter(({ width }) => width === near.width);
        const edges = [near, ...places].flatMap(({ first, last }) => [first - 1n, first, last, last + 1n]);
        for (const value of edges.filter((edge) => edge >= 0n && edge <= most)) {
          if (near.width === 128 && isMapped(value)) continue;
          const expected = places.some(({ first, last }) => first <= value && value <= last);
          expect(inRanges(write(value, near.width), ranges)).toBe(expected);
          expect(inRanges(parseAddress(write(value, near.width)), ranges)).toBe(expected);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('overlap exactly when their intervals do', () => {
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 3 }), fc.array(prefix, { maxLength: 3 }), (a, b) => {
        const expected = a.some((x) =>
          b.some((y) => x.width === y.width && x.first <= y.last && y.first <= x.last),
        );
        const [left, right] = [a, b].map((list) => parseRanges(list.map(({ text }) => text)));
        expect(rangesOverlap(left!, right!)).toBe(expected);
        expect(rangesOverlap(right!, left!)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('of nothing hold nothing', () => {
    expect(inRanges('10.0.0.1', parseRanges([]))).toBe(false);
  });
});
