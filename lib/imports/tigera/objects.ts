import { type Document, isNode, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { quoted } from '../../core/model/quoted.ts';

/** A Kubernetes object as the import keeps it. Of a Secret only its name: no value of it is ever held. */
export interface FoundObject {
  apiVersion: string;
  kind: string;
  name: string;
  namespace: string | undefined;
  labels: Readonly<Record<string, string>>;
  data: Readonly<Record<string, string>>;
  spec: Readonly<Record<string, unknown>>;
  /** All of it, of a Secret its keys alone, so that what nobody took can be told. */
  content: Readonly<Record<string, unknown>>;
  /** Where it was read, for people. */
  place: string;
}

export interface ReadObjects {
  objects: FoundObject[];
  /** What could not be read, each with its place. A missing answer is not an empty answer: then nothing is imported. */
  problems: string[];
  /** Kinds that nobody let us list, and that no group needs. */
  unlisted: string[];
}

const texts = z.record(z.string(), z.string());
const object = z.object({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.object({ name: z.string().min(1), namespace: z.string().nullish(), labels: texts.nullish() }),
  data: texts.nullish(),
  spec: z.record(z.string(), z.unknown()).nullish(),
});
const list = z.object({
  apiVersion: z.string(),
  kind: z.string().endsWith('List'),
  items: z.array(z.unknown()),
});

/** Longest file; the output of `kubectl get -o yaml` of thousands of policies is below it. */
const longest = 64 * 1024 * 1024;

/** Objects of one file of YAML documents or JSON, as `kubectl get -o yaml` and `-o json` write them; lists are taken apart. */
export function readText(file: string, text: string): ReadObjects {
  const found: ReadObjects = { objects: [], problems: [], unlisted: [] };
  if (text.length > longest) return { ...found, problems: [`${file}: longer than ${longest} characters`] };
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  for (const document of Array.isArray(documents) ? documents : []) {
    const lineOf = (node: unknown) =>
      lines.linePos((isNode(node) ? node.range?.[0] : undefined) ?? document.range[0]).line;
    const at = lineOf(document.contents);
    // The message of the parser may repeat the text, which may be a secret.
    for (const { code, pos } of document.errors)
      found.problems.push(`${file}:${lines.linePos(pos[0]).line}: not readable as YAML (${code})`);
    if (document.errors.length > 0) continue;
    const value = plainValue(document);
    if (value === undefined) found.problems.push(`${file}:${at}: not readable as YAML`);
    else if (value !== null) {
      const items: unknown = isMap(value) ? document.get('items', true) : undefined;
      take(value, { file, line: at, items: isSeq(items) ? items.items.map(lineOf) : [] }, found);
    }
  }
  return found;
}

/** Objects as the Kubernetes API answers them. */
export function readAnswers(values: readonly unknown[]): ReadObjects {
  const found: ReadObjects = { objects: [], problems: [], unlisted: [] };
  for (const value of values) take(value, { file: 'cluster', line: undefined, items: [] }, found);
  return found;
}

/** The value of a document; undefined when its aliases would make too much of it. */
export function plainValue(document: Pick<Document, 'toJS'>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}

/** Where an object stands, with the lines of its elements when it is a list. */
interface Source {
  file: string;
  line: number | undefined;
  items: readonly number[];
}

function take(value: unknown, source: Source, found: ReadObjects): void {
  const several = list.safeParse(value);
  if (!several.success) {
    takeOne(value, source, found);
    return;
  }
  // Elements of a list of the API do not tell their kind.
  const { apiVersion, kind, items } = several.data;
  const inherited = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
  for (const [index, item] of items.entries()) {
    const inside = { ...source, line: source.items[index] ?? source.line, items: [] };
    take(isMap(item) ? { ...inherited, ...item } : item, inside, found);
  }
}

function takeOne(value: unknown, { file, line }: Source, found: ReadObjects): void {
  const place = line === undefined ? file : `${file}:${line}`;
  const content = isMap(value) && value['kind'] === 'Secret' ? withoutValues(value) : value;
  const parsed = object.safeParse(content);
  if (!parsed.success || !isMap(content)) {
    const path = parsed.error?.issues[0]?.path.join('.') ?? '';
    const where = path === '' ? '' : `, look at ${quoted(path)}`;
    found.problems.push(`${place}: no Kubernetes object${where}`);
    return;
  }
  const { apiVersion, kind, metadata, data, spec } = parsed.data;
  const { name, namespace, labels } = metadata;
  found.objects.push({
    apiVersion,
    kind,
    name,
    namespace: namespace ?? undefined,
    labels: labels ?? {},
    data: data ?? {},
    spec: spec ?? {},
    content,
    place: `${place} ${quoted(kind).slice(1, -1)} ${quoted(name, 253).slice(1, -1)}`,
  });
}

/** A Secret with what tells which it is, and keys without their values. */
function withoutValues(secret: Record<string, unknown>): Record<string, unknown> {
  const { apiVersion, kind, metadata } = secret;
  const { name, namespace } = isMap(metadata) ? metadata : {};
  const kept = { ...(isMap(metadata) ? blankMap(metadata) : {}), name, namespace };
  return { ...blankMap(secret), apiVersion, kind, metadata: kept };
}

function blank(value: unknown): unknown {
  return isMap(value) ? blankMap(value) : value === undefined || value === null ? value : '';
}

function blankMap(map: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, blank(value)]));
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
