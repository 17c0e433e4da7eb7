import { expect, test } from 'vitest';
import { isModest } from './modest-json.ts';

const long = 'x'.repeat(1024 * 1024);

test.each([
  [
    'a large table',
    JSON.stringify(Array.from({ length: 300_000 }, (_, i) => ({ entry: `10.0.${i}`, ok: true }))),
    true,
  ],
  [
    'brackets and quotes inside of a text',
    JSON.stringify({ text: '[{"\\'.repeat(300_000), more: long }),
    true,
  ],
  ['a short text, however deep', '['.repeat(100_000), true],
  ['deep lists', `{"a":"${long}","b":${'['.repeat(65)}${']'.repeat(65)}}`, false],
  ['millions of empty lists', `[${'[],'.repeat(3_000_001)}0]`, false],
  ['nothing but open brackets', '['.repeat(2_000_000), false],
])('%s', (_, text, modest) => {
  expect(isModest(text)).toBe(modest);
});
