import type { SelectorSource } from '../address-group.ts';
import type { Node } from './ast.ts';
import { labelSelectorNode } from './label-selector.ts';
import { parseSelector } from './parse.ts';

/** An expression of a Kubernetes LabelSelector; all of a list are required. */
export interface Requirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values?: string[];
}

/** More alternatives than this are not written down. */
const mostClauses = 32;

/**
 * What a selector does not select, as alternatives of which each is a Kubernetes LabelSelector: empty when it selects everything. Undefined
 * when Kubernetes has no words for it: parts of texts, labels that Calico alone knows, keys and values that are no labels.
 * @throws ZonebridgeError selector/invalid
 */
export function unselected(source: SelectorSource): Requirement[][] | undefined {
  const node = typeof source === 'string' ? parseSelector(source) : labelSelectorNode(source);
  return clauses(node, false);
}

/** Alternatives under which a tree is, or is not, fulfilled. */
function clauses(node: Node, wanted: boolean): Requirement[][] | undefined {
  if (node.is === 'all') return wanted ? [[]] : [];
  if (node.is === 'not') return clauses(node.operand, !wanted);
  if (node.is !== 'and' && node.is !== 'or') return ofLabel(node, wanted);
  const parts = node.operands.map((operand) => clauses(operand, wanted));
  const known = parts.filter((part) => part !== undefined);
  return known.length < parts.length ? undefined : combined(known, (node.is === 'and') === wanted);
}

function ofLabel(node: Node, wanted: boolean): Requirement[][] | undefined {
  if (node.is === 'has') return required(node.label, wanted ? 'Exists' : 'DoesNotExist');
  if (node.is === 'set') {
    const among = (node.operator === 'in') === wanted;
    if (node.values.length === 0) return among ? [] : [[]];
    return required(node.label, among ? 'In' : 'NotIn', [...node.values]);
  }
  if (node.is !== 'compare' || (node.operator !== '==' && node.operator !== '!=')) return undefined;
  return required(node.label, (node.operator === '==') === wanted ? 'In' : 'NotIn', [node.value]);
}

function combined(parts: readonly Requirement[][][], all: boolean): Requirement[][] | undefined {
  let result: Requirement[][] = all ? [[]] : [];
  for (const part of parts) {
    result = all ? result.flatMap((one) => part.map((other) => [...one, ...other])) : [...result, ...part];
    if (result.length > mostClauses) return undefined;
  }
  return result;
}

const labelKey =
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;

function required(
  key: string,
  operator: Requirement['operator'],
  values?: string[],
): Requirement[][] | undefined {
  if (key.startsWith('projectcalico.org/') || !labelKey.test(key)) return undefined;
  if (values?.every((value) => labelValue.test(value)) === false) return undefined;
  return [[values ? { key, operator, values } : { key, operator }]];
}
