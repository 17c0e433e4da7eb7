import { isZonebridgeError } from '../../errors.ts';
import { compileNode } from './evaluate.ts';
import { labelSelectorNode, readObject, readSelectorSource, readTexts } from './label-selector.ts';
import { parseSelector } from './parse.ts';
import { refuseObject } from './refuse.ts';

/**
 * Answers one line of `selector test`: JSON `{"selector": text or LabelSelector, "labels": {...}}` gives `true`, `false` or
 * `error: ...`, always one line, never an exception. Shows what the grammar means, so `global()` is taken anywhere and is true.
 */
export function selectorLine(line: string): string {
  try {
    const { selector, labels } = readObject(readJson(line), 'line', ['selector', 'labels']);
    if (selector === undefined) throw refuseObject('selector', 'nothing', 'a text or a LabelSelector');
    const source = readSelectorSource(selector);
    const node = typeof source === 'string' ? parseSelector(source) : labelSelectorNode(source);
    return String(compileNode(node)(readTexts(labels, 'labels')));
  } catch (error) {
    if (isZonebridgeError(error)) return `error: ${error.message}`;
    throw error;
  }
}

/** The parser's own message may repeat the line, so it is left out. */
function readJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw refuseObject('line', 'no JSON', 'one object {"selector": ..., "labels": {...}}');
  }
}
