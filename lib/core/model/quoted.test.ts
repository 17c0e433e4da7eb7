import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { quoted } from './quoted.ts';

it('shows plain text as it is', () => {
  expect(quoted('app == x')).toBe('"app == x"');
});

it.each([
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['\u001b[31m\n', '"\\u{1b}[31m\\u{a}"'],
  ['\u202ex😀', '"\\u{202e}x\\u{1f600}"'],
])('escapes %j', (text, shown) => {
  expect(quoted(text)).toBe(shown);
});

it('cuts long text', () => {
  expect(quoted('a'.repeat(61))).toBe(`"${'a'.repeat(60)}..."`);
});

it('stays on one line of printable ASCII whatever comes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 90 }), (text) => {
      expect(quoted(text)).toMatch(/^"[ -~]*"$/);
    }),
  );
});
