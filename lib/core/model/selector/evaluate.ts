import type { Labels } from '../endpoint.ts';
import type { Node, SetOperator, TextOperator } from './ast.ts';

export type Matcher = (labels: Labels) => boolean;

/**
 * Turns a selector into a function, once. An endpoint without the label fails every comparison but `!=` and `not in`.
 * `global()` is true as such: what it stands for is decided where endpoints are chosen.
 */
export function compileNode(node: Node): Matcher {
  if (node.is === 'all' || node.is === 'global') return () => true;
  if (node.is === 'has') return (labels) => valueOf(labels, node.label) !== undefined;
  if (node.is === 'set') return setMatcher(node.operator, node.label, node.values);
  if (node.is === 'compare') return textMatcher(node.operator, node.label, node.value);
  if (node.is === 'not') {
    const operand = compileNode(node.operand);
    return (labels) => !operand(labels);
  }
  const operands = node.operands.map(compileNode);
  if (node.is === 'and') return (labels) => operands.every((operand) => operand(labels));
  return (labels) => operands.some((operand) => operand(labels));
}

/** What each comparison says of the value found, if any. */
const comparisons: Record<TextOperator, (found: string | undefined, value: string) => boolean> = {
  '==': (found, value) => found === value,
  '!=': (found, value) => found !== value,
  contains: (found, value) => found?.includes(value) ?? false,
  'starts with': (found, value) => found?.startsWith(value) ?? false,
  'ends with': (found, value) => found?.endsWith(value) ?? false,
};

function textMatcher(operator: TextOperator, label: string, value: string): Matcher {
  const compare = comparisons[operator];
  return (labels) => compare(valueOf(labels, label), value);
}

function setMatcher(operator: SetOperator, label: string, values: readonly string[]): Matcher {
  const set = new Set(values);
  return (labels) => {
    const found = valueOf(labels, label);
    return (found !== undefined && set.has(found)) === (operator === 'in');
  };
}

/** Own labels alone: a label named `constructor` exists only when somebody set it. */
function valueOf(labels: Labels, label: string): string | undefined {
  return Object.hasOwn(labels, label) ? labels[label] : undefined;
}
