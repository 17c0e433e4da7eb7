import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileSelector } from './index.ts';
import { unselected } from './requirements.ts';

test.each([
  ["app == 'web'", [[{ key: 'app', operator: 'NotIn', values: ['web'] }]]],
  ["app != 'web'", [[{ key: 'app', operator: 'In', values: ['web'] }]]],
  ['has(app)', [[{ key: 'app', operator: 'DoesNotExist' }]]],
  ['all()', []],
  ["app in {'a', 'b'}", [[{ key: 'app', operator: 'NotIn', values: ['a', 'b'] }]]],
  [
    "app == 'web' && has(tier)",
    [[{ key: 'app', operator: 'NotIn', values: ['web'] }], [{ key: 'tier', operator: 'DoesNotExist' }]],
  ],
  [
    "app == 'web' || has(tier)",
    [
      [
        { key: 'app', operator: 'NotIn', values: ['web'] },
        { key: 'tier', operator: 'DoesNotExist' },
      ],
    ],
  ],
])('%s', (selector, expected) => {
  expect(unselected(selector)).toEqual(expected);
});

test.each([
  "app contains 'w'",
  "projectcalico.org/namespace == 'a'",
  "app == 'two words'",
  "app starts with 'w'",
])('Kubernetes has no words for %s', (selector) => {
  expect(unselected(selector)).toBeUndefined();
});

test('too many alternatives are not written down', () => {
  const part = (n: number): string => `(a${n} == 'x' && b${n} == 'y')`;
  expect(unselected(Array.from({ length: 6 }, (_, n) => part(n)).join(' || '))).toBeUndefined();
});

const key = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('x', 'y');
const { selector } = fc.letrec<{ selector: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    fc.tuple(key, fc.constantFrom('==', '!='), value).map(([k, op, v]) => `${k} ${op} '${v}'`),
    key.map((k) => `has(${k})`),
    fc.constant('all()'),
    fc
      .tuple(key, fc.constantFrom('in', 'not in'), fc.uniqueArray(value))
      .map(([k, op, vs]) => `${k} ${op} {${vs.map((v) => `'${v}'`).join(', ')}}`),
  ),
  selector: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    tie('selector').map((one) => `!(${one})`),
    fc
      .tuple(tie('selector'), fc.constantFrom('&&', '||'), tie('selector'))
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
  ),
}));

test('an alternative matches exactly what the selector does not', () => {
  const labels = fc.dictionary(key, value, { noNullPrototype: true });
  fc.assert(
    fc.property(selector, labels, (text, given) => {
      const found = unselected(text);
      if (!found) return;
      const alternatives = found.map((matchExpressions) => compileSelector({ matchExpressions }));
      expect(alternatives.some((one) => one.matches(given))).toBe(!compileSelector(text).matches(given));
    }),
    { numRuns: 2000, seed: 11 },
  );
});
