import { describe, expect, it } from 'vitest';
import { isZonebridgeError } from '../../errors.ts';
import { compileSelector, readSelectorSource } from './index.ts';

function message(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (isZonebridgeError(error, 'selector/invalid')) return error.message;
    throw error;
  }
  return 'taken';
}

function expression(key: string, operator: string, values?: string[]) {
  return { matchExpressions: [values === undefined ? { key, operator } : { key, operator, values }] };
}

describe('a LabelSelector', () => {
  it.each([
    [{}, 'all()'],
    [{ matchLabels: {} }, 'all()'],
    [{ matchLabels: { app: 'web' } }, 'app == "web"'],
    [{ matchLabels: { app: '' } }, 'app == ""'],
    [expression('app', 'In', ['b', 'a', 'b']), 'app in {"a", "b"}'],
    [expression('app', 'NotIn', ['a']), 'app not in {"a"}'],
    [expression('app', 'Exists'), 'has(app)'],
    [expression('app', 'Exists', []), 'has(app)'],
    [expression('app', 'DoesNotExist'), '!has(app)'],
    [
      { matchLabels: { 'app.kubernetes.io/name': 'web' }, ...expression('tier', 'Exists') },
      'app.kubernetes.io/name == "web" && has(tier)',
    ],
    [{ matchLabels: { [`${'p'.repeat(253)}/${'n'.repeat(63)}`]: 'v'.repeat(63) } }, undefined],
  ])('%j is %s', (source, text) => {
    const selector = compileSelector(source);
    expect(compileSelector(selector.text).text).toBe(text ?? selector.text);
  });

  it.each([
    [
      expression('a', 'in', ['b']),
      'matchExpressions[0].operator: the operator "in"; expected one of In, NotIn, Exists, DoesNotExist',
    ],
    [expression('a', 'Gt', ['1']), 'the operator "Gt"'],
    [expression('a', 'In'), 'matchExpressions[0].values: no values; expected at least one value for In'],
    [expression('a', 'NotIn', []), 'at least one value for NotIn'],
    [
      expression('a', 'Exists', ['b']),
      'matchExpressions[0].values: 1 value(s); expected no values for Exists',
    ],
    [expression('a', 'DoesNotExist', ['b']), 'no values for DoesNotExist'],
    [expression('a', 'In', ['b', 'c d']), 'matchExpressions[0].values[1]: the label value "c d"'],
    [expression('', 'Exists'), 'matchExpressions[0].key: the label key ""'],
    [expression('a b', 'Exists'), 'the label key "a b"'],
    [expression('-a', 'Exists'), 'the label key "-a"'],
    [expression('/a', 'Exists'), 'the label key "/a"'],
    [expression('a/', 'Exists'), 'the label key "a/"'],
    [expression('a/b/c', 'Exists'), 'the label key "a/b/c"'],
    [expression('Example.com/a', 'Exists'), 'the label key "Example.com/a"'],
    [expression('a..b/c', 'Exists'), 'the label key "a..b/c"'],
    [expression('n'.repeat(64), 'Exists'), 'the label key'],
    [expression(`${'p'.repeat(254)}/n`, 'Exists'), 'the label key'],
    [expression('a\n', 'Exists'), 'the label key "a\\u{a}"'],
    [{ matchLabels: { a: 'v'.repeat(64) } }, 'matchLabels["a"]: the label value'],
    [{ matchLabels: { a: 'b"' } }, 'the label value "b\\""'],
    [{ matchLabels: { a: 'b-' } }, 'the label value "b-"'],
    [{ matchLabels: { 'a b': 'c' } }, 'matchLabels: the label key "a b"'],
  ])('%j is refused', (source, expected) => {
    expect(message(() => compileSelector(source))).toContain(expected);
  });
});

describe('a selector from outside', () => {
  it('comes through when it has the right form', () => {
    const source = {
      matchLabels: { a: 'b' },
      matchExpressions: [{ key: 'c', operator: 'In', values: ['d'] }],
    };
    expect(readSelectorSource(structuredClone(source))).toEqual(source);
    expect(readSelectorSource('has(a)')).toBe('has(a)');
  });

  it.each([
    [null, 'null; expected a text or an object'],
    [7, 'a number'],
    [[], 'a list'],
    [{ matchlabels: {} }, 'the key "matchlabels"; expected only matchLabels, matchExpressions'],
    [{ matchLabels: ['a'] }, 'matchLabels: a list; expected an object'],
    [{ matchLabels: { a: 1 } }, 'matchLabels["a"]: a number; expected a text'],
    [{ matchLabels: null }, 'matchLabels: null'],
    [{ matchExpressions: {} }, 'matchExpressions: an object; expected a list'],
    [{ matchExpressions: ['a'] }, 'matchExpressions[0]: a string; expected an object'],
    [{ matchExpressions: [{ operator: 'In' }] }, 'matchExpressions[0].key: nothing; expected a text'],
    [{ matchExpressions: [{ key: 'a' }] }, 'matchExpressions[0].operator: nothing'],
    [
      { matchExpressions: [{ key: 'a', operator: 'In', values: 'b' }] },
      'values: a string; expected a list of texts',
    ],
    [
      { matchExpressions: [{ key: 'a', operator: 'In', values: [1] }] },
      'values: a list; expected a list of texts',
    ],
    [{ matchExpressions: [{ key: 'a', operator: 'In', value: 'b' }] }, 'the key "value"'],
  ])('%j is refused', (value, expected) => {
    expect(message(() => readSelectorSource(value))).toContain(expected);
  });

  it('keeps a condition with an odd key, so that it can be refused instead of being lost', () => {
    const source = readSelectorSource(JSON.parse('{"matchLabels":{"__proto__":"x"}}'));
    expect(message(() => compileSelector(source))).toContain('the label key "__proto__"');
  });
});
