import type { Element } from '../xml.ts';
import { Refusal } from './answer.ts';

/** One step: an element, of which a predicate chooses one by its name attribute or its text. */
export interface Step {
  name: string;
  entry?: string;
  text?: string;
}

const stepAt = /\/([A-Za-z][\w.-]*)(?:\[(@name|text\(\))=(?:'([^']*)'|"([^"]*)")\])?/y;

/** The subset that clients send: `/a/b/entry[@name='x']/member[text()='y']`. Throws a Refusal with code 6. */
export function parseXpath(text: string): Step[] {
  const steps: Step[] = [];
  stepAt.lastIndex = 0;
  let place = 0;
  while (place < text.length) {
    stepAt.lastIndex = place;
    const found = stepAt.exec(text);
    if (!found) throw new Refusal(6, `Bad xpath: ${text.slice(0, 200)}`);
    const [, name = '', by, single, double] = found;
    const value = single ?? double ?? '';
    steps.push({ name, ...(by === '@name' ? { entry: value } : by ? { text: value } : {}) });
    place = stepAt.lastIndex;
  }
  if (steps[0]?.name !== 'config') throw new Refusal(6, 'Bad xpath: it does not begin with /config');
  return steps;
}

function fits(element: Element, { name, entry, text }: Step): boolean {
  if (element.name !== name) return false;
  if (entry !== undefined) return element.attributes['name'] === entry;
  return text === undefined || element.text.trim() === text;
}

/** All nodes that the steps lead to. */
export function findAll(root: Element, steps: readonly Step[]): Element[] {
  const [first, ...rest] = steps;
  if (!first || !fits(root, first)) return [];
  return rest.reduce<Element[]>(
    (nodes, step) => nodes.flatMap((node) => node.children.filter((one) => fits(one, step))),
    [root],
  );
}

/** The node that the steps lead to, made with everything above it where it is not there. */
export function ensure(root: Element, steps: readonly Step[]): Element {
  return steps.slice(1).reduce((node, step) => {
    const known = node.children.find((one) => fits(one, step));
    if (known) return known;
    const made: Element = {
      name: step.name,
      attributes: step.entry === undefined ? {} : { name: step.entry },
      children: [],
      text: step.text ?? '',
    };
    node.children.push(made);
    return made;
  }, root);
}

/** Merges an element into the children of a node: entries by name, members by text, the rest by element. */
export function merge(node: Element, element: Element): void {
  const known = node.children.find(
    (one) =>
      one.name === element.name &&
      one.attributes['name'] === element.attributes['name'] &&
      (one.name !== 'member' || one.text.trim() === element.text.trim()),
  );
  if (!known) {
    node.children.push(structuredClone(element));
    return;
  }
  if (element.children.length === 0) known.text = element.text;
  for (const one of element.children) merge(known, one);
}

/** Looks at an element and everything in it. */
export function walk(element: Element, visit: (element: Element) => void): void {
  visit(element);
  for (const one of element.children) walk(one, visit);
}
