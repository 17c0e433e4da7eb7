import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import type { Problem } from '../../../core/errors.ts';
import { type DocumentPath, formatPath } from './path.ts';

/** One parsed file with the way back from values to lines. */
export interface YamlSource {
  file: string;
  /** Plain values; undefined when the text is not one YAML document. */
  content: unknown;
  problems: Problem[];
  /** The part of the path that this file holds, at the line of its deepest key. */
  find(path: DocumentPath): FoundPlace;
}

interface FoundPlace {
  /** How many steps of the path exist in this file. */
  depth: number;
  /** 1-based line of the last existing step; 1 for the document itself. */
  line: number;
  /** The text of a plain value exactly as it was typed, when the whole path exists. */
  typed: string | undefined;
}

/** Longest accepted file; a configuration of thousands of groups is below it. */
const maxLength = 8 * 1024 * 1024;

/**
 * Reads one YAML 1.2 document. Syntax errors, several documents, duplicate keys, unknown anchors and tags become
 * problems with their lines; nothing is thrown.
 */
export function readYaml(file: string, text: string): YamlSource {
  const lines = new LineCounter();
  if (text.length > maxLength) {
    const problems = [{ path: '', file, message: `the file is longer than ${maxLength} characters` }];
    return { file, content: undefined, problems, find: () => ({ depth: 0, line: 1, typed: undefined }) };
  }
  // Own check for duplicate keys: the library's does not say where the first one is.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const lineAt = (offset: number | undefined) => (offset === undefined ? 1 : lines.linePos(offset).line);
  const problems: Problem[] = [...document.errors, ...document.warnings].map((issue) => ({
    path: '',
    file,
    line: lineAt(issue.pos[0]),
    message: `not readable as YAML: ${issue.message}`,
  }));
  if (problems.length === 0) problems.push(...oddities(document, file, lineAt));
  const content = problems.length === 0 ? plainValues(document, file, problems) : undefined;
  return { file, content, problems, find: (path) => find(document, path, lineAt) };
}

function plainValues(document: Document, file: string, problems: Problem[]): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    problems.push({ path: '', file, message: `not readable as YAML: ${(error as Error).message}` });
    return undefined;
  }
}

type LineAt = (offset: number | undefined) => number;

type Parents = readonly (Document | Node | Pair)[];

/** Tags of plain values; all others (binary, sets, ...) would make something else than text, numbers, lists and maps. */
const plainTag = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/;

/** What is YAML but no plain document: keys given twice or that are not text, other tags, anchors that do not exist. */
function oddities(document: Document, file: string, lineAt: LineAt): Problem[] {
  const problems: Problem[] = [];
  const add = (at: { steps: DocumentPath; offset: number | undefined }, message: string | undefined) => {
    if (message === undefined) return;
    problems.push({ path: formatPath(at.steps), file, line: lineAt(at.offset), message });
  };
  visit(document, {
    Node(_, node, parents: Parents) {
      const steps = stepsOf([...parents, node]);
      add({ steps, offset: node.range?.[0] }, oddNode(node, parents, document));
      if (!isMap(node)) return;
      const seen = new Map<string, number>();
      for (const { key } of node.items) {
        const offset = isNode(key) ? key.range?.[0] : undefined;
        const name = isScalar(key) ? String(key.value) : undefined;
        add({ steps: name === undefined ? steps : [...steps, name], offset }, oddKey(name, seen));
        if (name !== undefined && !seen.has(name)) seen.set(name, lineAt(offset));
      }
    },
  });
  return problems;
}

function oddNode(node: Node, parents: Parents, document: Document): string | undefined {
  if (isAlias(node)) {
    const meant = node.resolve(document);
    if (meant === undefined) return `the anchor \`&${node.source}\` does not exist`;
    return parents.includes(meant) ? `\`*${node.source}\` stands inside of what it repeats` : undefined;
  }
  const { tag } = node;
  if (tag === undefined || plainTag.test(tag)) return undefined;
  return `the tag ${tag} is not taken: plain values belong there`;
}

function oddKey(name: string | undefined, seen: ReadonlyMap<string, number>): string | undefined {
  if (name === undefined) return 'a key must be plain text';
  if (name === '<<') return 'merge keys (`<<`) are not YAML 1.2: write the fields out';
  // Assigning it changes an object instead of adding to it; a condition of a selector could get lost.
  if (name === '__proto__') return '`__proto__` cannot be a key';
  const first = seen.get(name);
  return first === undefined ? undefined : `\`${name}\` is given twice, first in line ${first}`;
}

function stepsOf(parents: Parents): (string | number)[] {
  return parents.flatMap((parent, index): (string | number)[] => {
    const child = parents[index + 1];
    if (isSeq(parent)) return child === undefined ? [] : [parent.items.indexOf(child)];
    if (isMap(parent) && child !== undefined && 'key' in child && isScalar(child.key)) {
      return [String(child.key.value)];
    }
    return [];
  });
}

function find(document: Document, path: DocumentPath, lineAt: LineAt): FoundPlace {
  let node: unknown = document.contents;
  let line = 1;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const next = child(node, step);
    if (next === undefined) return { depth, line, typed: undefined };
    line = lineAt(next.offset);
    node = next.value;
  }
  return { depth: path.length, line, typed: isScalar(node) ? node.source : undefined };
}

function child(
  node: unknown,
  step: string | number,
): { value: unknown; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    return pair && { value: pair.value, offset: isNode(pair.key) ? pair.key.range?.[0] : undefined };
  }
  if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
    const value = node.items[step];
    return { value, offset: isNode(value) ? value.range?.[0] : undefined };
  }
  return undefined;
}
