import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isZonebridgeError } from '../../errors.ts';
import type { LabelSelectorSource } from '../address-group.ts';
import type { Labels } from '../endpoint.ts';
import { combination, type Node, negation, setComparison } from './ast.ts';
import { compileNode } from './evaluate.ts';
import { compileSelector, selectorLine } from './index.ts';
import { parseTokens } from './parse.ts';
import { printSelector } from './print.ts';
import { tokenize } from './tokenize.ts';

/** Few keys and values, so that selectors and labels meet. */
const key = fc.constantFrom('a', 'b', 'in', 'not', 'has', 'x/y.z', 'constructor');
const word = fc.constantFrom('', 'x', 'y', 'xy', 'yx', 'xx');
const value = fc.oneof(word, fc.string({ unit: 'grapheme', maxLength: 4 }).filter(quotable));
const labels: fc.Arbitrary<Labels> = fc.dictionary(key, word, { maxKeys: 5 });

function quotable(text: string): boolean {
  return !(text.includes('"') && text.includes("'"));
}

const leaf: fc.Arbitrary<Node> = fc.oneof(
  fc.constant<Node>({ is: 'all' }),
  fc.record({ is: fc.constant('has' as const), label: key }),
  fc.record({
    is: fc.constant('compare' as const),
    operator: fc.constantFrom(
      '==' as const,
      '!=' as const,
      'contains' as const,
      'starts with' as const,
      'ends with' as const,
    ),
    label: key,
    value,
  }),
  fc
    .tuple(fc.constantFrom('in' as const, 'not in' as const), key, fc.array(value, { maxLength: 3 }))
    .map((parts) => setComparison(...parts)),
);
const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('tree').map(negation),
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      )
      .map((parts) => combination(...parts)),
  ),
}));

/** The meaning of a tree, said a second time and differently. */
function holds(node: Node, labels: Labels): boolean {
  const found = 'label' in node ? new Map(Object.entries(labels)).get(node.label) : undefined;
  if (node.is === 'not') return !holds(node.operand, labels);
  if (node.is === 'and') return !node.operands.some((operand) => !holds(operand, labels));
  if (node.is === 'or') return node.operands.filter((operand) => holds(operand, labels)).length > 0;
  if (node.is === 'set') return node.values.some((v) => v === found) !== (node.operator === 'not in');
  if (node.is === 'has') return found !== undefined;
  if (node.is !== 'compare') return true;
  if (node.operator === '!=') return found === undefined || found !== node.value;
  if (found === undefined) return false;
  if (node.operator === '==') return found === node.value;
  if (node.operator === 'contains') return found.split(node.value).length > 1 || node.value === '';
  if (node.operator === 'starts with') return found.slice(0, node.value.length) === node.value;
  return node.value === '' || found.slice(-node.value.length) === node.value;
}

function meaning(text: string): (labels: Labels) => boolean {
  return compileNode(parseTokens(tokenize(text)));
}

describe('selectors', () => {
  it('mean what their trees say', () => {
    fc.assert(
      fc.property(tree, labels, (node, labels) => {
        expect(compileNode(node)(labels)).toBe(holds(node, labels));
      }),
      { numRuns: 2000 },
    );
  });

  it('are the same after printing and parsing', () => {
    fc.assert(
      fc.property(tree, (node) => {
        expect(parseTokens(tokenize(printSelector(node)))).toEqual(node);
      }),
      { numRuns: 1000 },
    );
  });

  it('need no blanks that are not inside of quotes', () => {
    const plain = fc.constantFrom(
      "b=='x'",
      "a in{'x'}",
      "in notin{'x','y'}",
      "b startswith'x'",
      'has(a)',
      'all()',
    );
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 4 }), labels, (parts, labels) => {
        const [tight, wide] = ['&&', ' \t && \t'].map((and) => meaning(parts.join(and))(labels));
        expect(tight).toBe(wide);
      }),
    );
  });

  it('obey the laws of negation', () => {
    fc.assert(
      fc.property(tree, tree, labels, (x, y, labels) => {
        const [a, b] = [`(${printSelector(x)})`, `(${printSelector(y)})`];
        const is = (text: string) => meaning(text)(labels);
        expect(is(`!${a}`)).toBe(!is(a));
        expect(is(`!!${a}`)).toBe(is(a));
        expect(is(`!(${a} && ${b})`)).toBe(is(`!${a} || !${b}`));
        expect(is(`!(${a} || ${b})`)).toBe(is(`!${a} && !${b}`));
        expect(is(`${a} && ${b}`)).toBe(is(`${b} && ${a}`));
        expect(is(`${a} || ${a}`)).toBe(is(a));
      }),
      { numRuns: 500 },
    );
  });

  it('relate as the reference says: != is !(==), not in is !(in), == is in of one', () => {
    fc.assert(
      fc.property(key, word, labels, (k, v, labels) => {
        const is = (text: string) => meaning(text)(labels);
        expect(is(`${k} != '${v}'`)).toBe(is(`!${k} == '${v}'`));
        expect(is(`${k} not in {'${v}'}`)).toBe(is(`!${k} in {'${v}'}`));
        expect(is(`${k} == '${v}'`)).toBe(is(`${k} in {'${v}'}`));
        expect(is(`has(${k})`)).toBe(is(`${k} contains ''`));
      }),
    );
  });

  it('take or refuse any text, and never fail otherwise', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      '\t',
      '==',
      '!',
      '=',
      "'x'",
      '"',
      'in',
      'not',
      '{',
      '}',
      ',',
      '(',
      ')',
      'has(',
      'all()',
      '&&',
      '|',
      '\n',
      'é',
    );
    const hostile = fc.oneof(
      fc.array(piece, { maxLength: 20 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(hostile, labels, (text, labels) => {
        try {
          const selector = compileSelector(text, { allowGlobal: true });
          expect(meaning(selector.text)(labels)).toBe(selector.matches(labels));
        } catch (error) {
          if (!isZonebridgeError(error, 'selector/invalid')) throw error;
          expect(error.message).toMatch(/^at character \d+: [ -~]+; expected [ -~]+$/);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

const kubernetesKey = fc.constantFrom('a', 'b', 'in', 'app.kubernetes.io/name');
const labelSelector: fc.Arbitrary<LabelSelectorSource> = fc.record(
  {
    matchLabels: fc.dictionary(kubernetesKey, word, { maxKeys: 2 }),
    matchExpressions: fc.array(
      fc.oneof(
        fc.record({
          key: kubernetesKey,
          operator: fc.constantFrom('In', 'NotIn'),
          values: fc.array(word, { minLength: 1, maxLength: 3 }),
        }),
        fc.record({ key: kubernetesKey, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
      ),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
);

/** Kubernetes' rules, read directly. */
function kubernetesMatches(selector: LabelSelectorSource, labels: Labels): boolean {
  const found = new Map(Object.entries(labels));
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => found.get(key) === value);
  const expressions = (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return found.has(key);
    if (operator === 'DoesNotExist') return !found.has(key);
    const hit = values.includes(found.get(key) ?? 'no such value');
    return operator === 'In' ? hit : !hit;
  });
  return equal && expressions;
}

describe('a LabelSelector', () => {
  it('matches as Kubernetes says, and so does its translation', () => {
    fc.assert(
      fc.property(labelSelector, fc.dictionary(kubernetesKey, word), (source, labels) => {
        const selector = compileSelector(source);
        const expected = kubernetesMatches(source, labels);
        expect(selector.matches(labels)).toBe(expected);
        expect(compileSelector(selector.text).matches(labels)).toBe(expected);
        expect(selectorLine(JSON.stringify({ selector: source, labels }))).toBe(String(expected));
      }),
      { numRuns: 1000 },
    );
  });
});
