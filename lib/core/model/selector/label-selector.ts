import type { LabelSelectorSource, SelectorSource } from '../address-group.ts';
import { quoted } from '../quoted.ts';
import { combination, type Node, negation, setComparison } from './ast.ts';
import { refuseObject } from './refuse.ts';

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

type Expression = NonNullable<LabelSelectorSource['matchExpressions']>[number];

/**
 * A Kubernetes LabelSelector as a tree, by Kubernetes' own rules: all parts are required, an empty selector is `all()`, `NotIn` and
 * `DoesNotExist` also match an object without the label, keys and values have label syntax, `In` and `NotIn` need values and the
 * other two take none.
 * @throws ZonebridgeError selector/invalid with the path of the place
 */
export function labelSelectorNode(source: LabelSelectorSource): Node {
  const labels = Object.entries(source.matchLabels ?? {}).map(([key, value]): Node => {
    checkKey(key, 'matchLabels');
    checkValue(value, `matchLabels[${quoted(key)}]`);
    return { is: 'compare', operator: '==', label: key, value };
  });
  const expressions = (source.matchExpressions ?? []).map(expressionNode);
  const parts = [...labels, ...expressions];
  return parts.length === 0 ? { is: 'all' } : combination('and', parts);
}

function expressionNode(expression: Expression, index: number): Node {
  const path = `matchExpressions[${index}]`;
  const { key, operator, values = [] } = expression;
  checkKey(key, `${path}.key`);
  for (const [at, value] of values.entries()) checkValue(value, `${path}.values[${at}]`);
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        throw refuseObject(`${path}.values`, 'no values', `at least one value for ${operator}`);
      }
      return setComparison(operator === 'In' ? 'in' : 'not in', key, values);
    case 'Exists':
    case 'DoesNotExist': {
      if (values.length > 0) {
        throw refuseObject(`${path}.values`, `${values.length} value(s)`, `no values for ${operator}`);
      }
      const has: Node = { is: 'has', label: key };
      return operator === 'Exists' ? has : negation(has);
    }
    default:
      throw refuseObject(
        `${path}.operator`,
        `the operator ${quoted(operator)}`,
        `one of ${operators.join(', ')}`,
      );
  }
}

const name = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const domain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** `name` or `prefix/name`: a name of at most 63 characters, a prefix that is a lower-case DNS name of at most 253. */
function checkKey(key: string, path: string): void {
  const slash = key.indexOf('/');
  const prefix = slash === -1 ? undefined : key.slice(0, slash);
  const rest = key.slice(slash + 1);
  const prefixFits = prefix === undefined || (prefix.length <= 253 && domain.test(prefix));
  if (prefixFits && rest.length <= 63 && name.test(rest)) return;
  throw refuseObject(
    path,
    `the label key ${quoted(key)}`,
    'a name of at most 63 letters, digits, - _ . (a letter or digit at both ends), with an optional DNS name and slash before it',
  );
}

function checkValue(value: string, path: string): void {
  if (value === '' || (value.length <= 63 && name.test(value))) return;
  throw refuseObject(
    path,
    `the label value ${quoted(value)}`,
    'at most 63 letters, digits, - _ . with a letter or digit at both ends',
  );
}

/**
 * Checks the shape of a selector that came as JSON or YAML: a text, or an object with `matchLabels` and `matchExpressions` alone.
 * Reads own keys, so that no key gets lost: a condition that disappears would select more.
 * @throws ZonebridgeError selector/invalid
 */
export function readSelectorSource(value: unknown): SelectorSource {
  if (typeof value === 'string') return value;
  const { matchLabels, matchExpressions } = readObject(value, '', ['matchLabels', 'matchExpressions']);
  return {
    matchLabels: matchLabels === undefined ? undefined : readTexts(matchLabels, 'matchLabels'),
    matchExpressions: matchExpressions === undefined ? undefined : readExpressions(matchExpressions),
  };
}

/** An object whose values are all texts, such as labels. */
export function readTexts(value: unknown, path: string): Record<string, string> {
  const texts = Object.entries(readObject(value, path)).map(([key, field]): [string, string] => {
    if (typeof field !== 'string') throw refuseObject(`${path}[${quoted(key)}]`, kindOf(field), 'a text');
    return [key, field];
  });
  return Object.fromEntries(texts);
}

function readExpressions(value: unknown): Expression[] {
  if (!Array.isArray(value)) throw refuseObject('matchExpressions', kindOf(value), 'a list');
  return value.map((item: unknown, index) => {
    const path = `matchExpressions[${index}]`;
    const { key, operator, values } = readObject(item, path, ['key', 'operator', 'values']);
    if (typeof key !== 'string') throw refuseObject(`${path}.key`, kindOf(key), 'a text');
    if (typeof operator !== 'string') throw refuseObject(`${path}.operator`, kindOf(operator), 'a text');
    if (values === undefined) return { key, operator };
    if (!Array.isArray(values) || !values.every((field) => typeof field === 'string')) {
      throw refuseObject(`${path}.values`, kindOf(values), 'a list of texts');
    }
    return { key, operator, values };
  });
}

/** An object, with no other keys than those given (any key when none is given). */
export function readObject(value: unknown, path: string, keys?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuseObject(path, kindOf(value), path === '' ? 'a text or an object' : 'an object');
  }
  const stranger = keys === undefined ? undefined : Object.keys(value).find((key) => !keys.includes(key));
  if (keys !== undefined && stranger !== undefined) {
    throw refuseObject(path, `the key ${quoted(stranger)}`, `only ${keys.join(', ')}`);
  }
  return Object.fromEntries(Object.entries(value));
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
