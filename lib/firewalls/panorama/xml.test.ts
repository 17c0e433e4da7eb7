import fc from 'fast-check';
import { expect, test } from 'vitest';
import { child, childrenNamed, type Element, formatXml, parseXml, textAt, xml } from './xml.ts';

test('reads what the device answers', () => {
  const read = parseXml(
    `<?xml version="1.0"?>\n<response status = 'error' code="12"><msg><line><![CDATA[a <b> & c]]></line><line>x &lt;&#65;&#x42;</line></msg><result/></response>\n`,
  );
  expect(read.attributes).toEqual({ status: 'error', code: '12' });
  expect(childrenNamed(child(read, 'msg'), 'line').map(({ text }) => text)).toEqual(['a <b> & c', 'x <AB']);
  expect(textAt(read, 'result')).toBe('');
  expect(textAt(read, 'nothing', 'there')).toBeUndefined();
});

test.each([
  ['a type with entities', '<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>'],
  ['a type without any', '<!DOCTYPE r><r/>'],
  ['an entity', '<r>&file;</r>'],
  ['an & alone', '<r>a & b</r>'],
  ['tags that do not match', '<a><b></a></b>'],
  ['two roots', '<a/><b/>'],
  ['half a document', '<a><b>'],
  ['half a CDATA', '<a><![CDATA[x'],
  ['an attribute twice', '<a b="1" b="2"/>'],
  ['text around', 'Login <a/>'],
  ['nothing', ''],
  ['deep nesting', `${'<a>'.repeat(65)}${'</a>'.repeat(65)}`],
  ['a character beyond all', '<a>&#x110000;</a>'],
])('refuses %s', (_, text) => {
  expect(() => parseXml(text)).toThrow(SyntaxError);
});

test.each([
  ['elements', `<a>${'<b/>'.repeat(10)}</a>`],
  ['attributes of one element', `<a ${Array.from({ length: 10 }, (_, index) => `b${index}=""`).join(' ')}/>`],
  ['both together', `<a>${'<b c=""/>'.repeat(5)}</a>`],
])('refuses more than is allowed: %s', (_, text) => {
  expect(() => parseXml(text, { depth: 5, nodes: 10 })).toThrow(SyntaxError);
  expect(() => parseXml(text, { depth: 5, nodes: 11 })).not.toThrow();
});

const element: fc.Arbitrary<Element> = fc.letrec<{ element: Element }>((tie) => ({
  element: fc
    .record({
      name: fc.constantFrom('entry', 'a', 'b-c', '__proto__'),
      value: fc.string({ unit: 'grapheme' }),
      content: fc.oneof(
        { maxDepth: 3 },
        fc.string({ unit: 'grapheme' }),
        fc.array(tie('element'), { maxLength: 3 }),
      ),
    })
    .map(({ name, value, content }) => xml(name, { name: value }, content)),
})).element;

test('what is written is read back, whatever the names hold', () => {
  fc.assert(
    fc.property(element, (one) => {
      expect(parseXml(formatXml(one))).toEqual(plain(one));
    }),
  );
});

/** What XML cannot carry is written as a question mark. */
function plain(one: Element): Element {
  const kept = (text: string) =>
    // oxlint-disable-next-line no-control-regex
    text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?');
  const attributes = Object.fromEntries(Object.entries(one.attributes).map(([k, v]) => [k, kept(v)]));
  return { ...one, attributes, text: kept(one.text), children: one.children.map(plain) };
}
