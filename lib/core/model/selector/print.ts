import type { Node } from './ast.ts';

/** A selector in Calico's grammar: single blanks, sorted sets, only the brackets that are needed. Parsing it gives the same tree. */
export function printSelector(node: Node): string {
  if (node.is === 'all' || node.is === 'global') return `${node.is}()`;
  if (node.is === 'has') return `has(${node.label})`;
  if (node.is === 'compare') return `${node.label} ${node.operator} ${quote(node.value)}`;
  if (node.is === 'set') return `${node.label} ${node.operator} {${node.values.map(quote).join(', ')}}`;
  if (node.is === 'not')
    return `!${isCall(node.operand) ? printSelector(node.operand) : bracketed(node.operand)}`;
  if (node.is === 'or') return node.operands.map(printSelector).join(' || ');
  return node.operands.map((part) => (part.is === 'or' ? bracketed(part) : printSelector(part))).join(' && ');
}

function bracketed(node: Node): string {
  return `(${printSelector(node)})`;
}

/** The grammar would not need brackets in `!(a == "b")` either, but people read `!a` as "a is absent". */
function isCall(node: Node): boolean {
  return node.is === 'all' || node.is === 'global' || node.is === 'has';
}

/** There is no escape in the grammar: no text holds both kinds of quote. */
function quote(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
