/** Operators that compare one label with one text. */
export type TextOperator = '==' | '!=' | 'contains' | 'starts with' | 'ends with';

/** Operators that compare one label with a set of texts. */
export type SetOperator = 'in' | 'not in';

/** A selector as a tree. Made by the functions below alone, so that one meaning written in two ways has one tree more often than not. */
export type Node =
  | { is: 'all' }
  | { is: 'global' }
  | { is: 'has'; label: string }
  | { is: 'compare'; operator: TextOperator; label: string; value: string }
  | { is: 'set'; operator: SetOperator; label: string; values: readonly string[] }
  | { is: 'not'; operand: Node }
  | { is: 'and' | 'or'; operands: readonly Node[] };

/** Sets are sorted and hold each value once. */
export function setComparison(operator: SetOperator, label: string, values: readonly string[]): Node {
  return { is: 'set', operator, label, values: [...new Set(values)].sort() };
}

/** A double negation disappears. */
export function negation(operand: Node): Node {
  return operand.is === 'not' ? operand.operand : { is: 'not', operand };
}

/** `and` or `or` of at least one operand; operands of the same kind are taken in, one operand stands for itself. */
export function combination(is: 'and' | 'or', operands: readonly Node[]): Node {
  const flat = operands.flatMap((operand) => (operand.is === is ? operand.operands : [operand]));
  const [only] = flat;
  return only !== undefined && flat.length === 1 ? only : { is, operands: flat };
}

/** True when `global()` occurs anywhere in a selector. */
export function mentionsGlobal(node: Node): boolean {
  if (node.is === 'global') return true;
  if (node.is === 'not') return mentionsGlobal(node.operand);
  return (node.is === 'and' || node.is === 'or') && node.operands.some(mentionsGlobal);
}
