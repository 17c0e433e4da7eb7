import type { SelectorSource } from '../address-group.ts';
import type { Labels } from '../endpoint.ts';
import { mentionsGlobal } from './ast.ts';
import { compileNode } from './evaluate.ts';
import { labelSelectorNode } from './label-selector.ts';
import { parseSelector } from './parse.ts';
import { printSelector } from './print.ts';
import { refuseText } from './refuse.ts';
import { tokenize } from './tokenize.ts';

export { readSelectorSource } from './label-selector.ts';
export { selectorLine } from './line.ts';

/** A selector, compiled once; `matches` is cheap and never throws. */
export interface Selector {
  matches(labels: Labels): boolean;
  /** Canonical, in Calico's grammar, also for a LabelSelector: for people and comparisons. May be longer than a source may be. */
  readonly text: string;
  /** The selector is `global()`: it stands for what lies in no namespace. */
  readonly isGlobal: boolean;
}

/**
 * Compiles a selector text (Calico's grammar) or a Kubernetes LabelSelector.
 * `global()` is taken with `allowGlobal` (in a namespace selector), and only alone.
 * @throws ZonebridgeError selector/invalid; its fields tell `position` (from 1) or `path`, what was `seen` and what is `expected`
 */
export function compileSelector(source: SelectorSource, options: { allowGlobal?: boolean } = {}): Selector {
  const node = typeof source === 'string' ? parseSelector(source) : labelSelectorNode(source);
  const isGlobal = node.is === 'global';
  if (mentionsGlobal(node) && !(isGlobal && options.allowGlobal === true)) {
    throw refuseGlobal(typeof source === 'string' ? source : '', options.allowGlobal === true);
  }
  return { matches: compileNode(node), text: printSelector(node), isGlobal };
}

/** Only a text can hold `global()`: a LabelSelector has no word for it. */
function refuseGlobal(source: string, allowed: boolean): Error {
  const position = tokenize(source).find((token) => token.kind === 'global')?.position ?? 1;
  if (!allowed) return refuseText(position, 'global()', 'it in a namespace selector alone');
  return refuseText(position, 'global() beside something else', 'global() alone');
}
