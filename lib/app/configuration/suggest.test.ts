import { expect, test } from 'vitest';
import { suggest } from './suggest.ts';

const known = ['firewall', 'channel', 'create', 'mode', 'object', 'onForeignAdd'];

test.each([
  ['chanel', 'channel'],
  ['Mode', 'mode'],
  ['crate', 'create'],
  ['objcet', 'object'],
  ['onforeignadd', 'onForeignAdd'],
  ['fierwal', 'firewall'],
  ['vdom', undefined],
  ['x', undefined],
  ['', undefined],
])('%s -> %s', (word, expected) => {
  expect(suggest(word, known)).toBe(expected);
});

test('the nearest of several is taken', () => {
  expect(suggest('edge-1', ['edge-12', 'edge-1', 'edge-2'])).toBe('edge-1');
});

test('short words are not taken for each other', () => {
  expect(suggest('eu', ['us', 'ap'])).toBeUndefined();
  expect(suggest('uu', ['us', 'ap'])).toBe('us');
});
