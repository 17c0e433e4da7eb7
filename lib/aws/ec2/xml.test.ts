import { expect, test } from 'vitest';
import { all, parseXml, textAt } from './xml.ts';

test('elements, text and entities are read', () => {
  const root = parseXml(
    '<?xml version="1.0"?>\n<a x="1"><b>1 &lt; 2 &#38; &#x41;</b><b/><!-- <b>no</b> --><c><b>deep</b></c></a>\n',
  );
  expect(all(root, 'b').map(({ text }) => text)).toEqual(['1 < 2 & A', '']);
  expect(textAt(root, 'c/b')).toBe('deep');
  expect(textAt(root, 'd')).toBeUndefined();
});

test.each([
  ['nothing', ''],
  ['half of it', '<a><b>1</b>'],
  ['half a tag', '<a><b>1</b></a'],
  ['what closes something else', '<a><b></a></b>'],
  ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
  ['half a comment', '<a><!-- x </a>'],
  ['an entity that nobody knows', '<a>&x;</a>'],
  ['a sign that is none', '<a>&#x110000;</a>'],
  ['two answers', '<a/><a/>'],
  ['something else', '{"a":1}'],
  ['much too deep', `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`],
])('%s is refused', (_, text) => {
  expect(() => parseXml(text)).toThrow(/cannot be read/);
});

test('a long answer that never closes takes no longer for it', () => {
  expect(() => parseXml(`<a>${'<b '.repeat(100_000)}`)).toThrow(/cannot be read/);
});
