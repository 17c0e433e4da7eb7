import type { z } from 'zod';
import type { DocumentPath } from './source/path.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

export interface Explained {
  path: DocumentPath;
  message: string;
}

export interface ExplainContext {
  /** Text of a value as it was typed, to advise how to quote it. */
  typed(path: DocumentPath): string | undefined;
  /** Keys that the schema knows at a path, for suggestions. */
  knownKeys(path: DocumentPath): readonly string[];
}

/**
 * One schema issue in the words of somebody who wrote YAML: what stands there, what belongs there. Needs `reportInput`.
 * Messages that a schema gives itself (formats, own checks) are taken as they are.
 */
export function explainIssue(issue: Issue, at: DocumentPath, context: ExplainContext): Explained[] {
  const path = [...at, ...steps(issue)];
  if (issue.code === 'invalid_union') return insideUnion(issue, path, context);
  // The name of an entry is wrong: why stands inside.
  if (issue.code === 'invalid_key')
    return issue.issues.map(({ message }) => ({ path, message: `${show(path.at(-1))}: ${message}` }));
  if (issue.code !== 'unrecognized_keys') return [{ path, message: explainValue(issue, path, context) }];
  return issue.keys.map((key) => ({
    path: [...path, key],
    message: unknownKey(key, context.knownKeys(path)),
  }));
}

type ValueIssue = Exclude<Issue, { code: 'invalid_key' | 'invalid_union' | 'unrecognized_keys' }>;

function explainValue(issue: ValueIssue, path: DocumentPath, context: ExplainContext): string {
  const missing = issue.input === undefined;
  switch (issue.code) {
    case 'invalid_type':
      return missing
        ? isMissing(path, kinds[issue.expected])
        : wrongType(issue.expected, issue.input, context.typed(path));
    case 'invalid_value':
      return missing ? isMissing(path, choice(issue.values)) : wrongValue(issue.values, issue.input);
    case 'too_small':
    case 'too_big':
      return wrongSize(issue);
    case 'invalid_format':
    case 'custom':
    case 'invalid_element':
    case 'not_multiple_of':
      break;
  }
  return missing ? issue.message : `${show(issue.input)}: ${issue.message}`;
}

function steps(issue: Issue): (string | number)[] {
  return issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
}

function isMissing(path: DocumentPath, wanted = 'a value'): string {
  return `\`${path.at(-1)}\` is missing; ${wanted} belongs there`;
}

function choice(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(', ')}`;
}

export function unknownKey(key: string, known: readonly string[]): string {
  const meant = suggest(key, known);
  if (meant !== undefined) return `unknown key \`${key}\`, did you mean \`${meant}\`?`;
  return `unknown key \`${key}\`${known.length === 0 ? '' : `; known here: ${known.join(', ')}`}`;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of fields',
  record: 'a map of entries',
};

function wrongType(expected: string, input: unknown, typed: string | undefined): string {
  const wanted = kinds[expected] ?? expected;
  if (input === null) return `has no value; ${wanted} belongs there`;
  if (expected === 'string' && (typeof input === 'number' || typeof input === 'boolean')) {
    return `YAML reads this as ${kindOf(input)}; put it into quotes: "${typed ?? String(input)}"`;
  }
  if (expected === 'boolean' && typeof input === 'string' && /^(?:yes|no|on|off)$/i.test(input)) {
    return `${show(input)} is a text in YAML 1.2; write ${/^(?:yes|on)$/i.test(input)}`;
  }
  return `${show(input)} is ${kindOf(input)}; ${wanted} belongs there`;
}

function wrongValue(values: readonly unknown[], input: unknown): string {
  const words = values.map(String);
  const meant = typeof input === 'string' ? suggest(input, words) : undefined;
  return `${show(input)} is not known here; ${choice(values)} belongs there${meant === undefined ? '' : `, did you mean ${meant}?`}`;
}

function wrongSize(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const units: Readonly<Record<string, string>> = {
    string: ' characters',
    array: ' entries',
    set: ' entries',
  };
  const [word, bound] = issue.code === 'too_small' ? ['least', issue.minimum] : ['most', issue.maximum];
  const unit = units[issue.origin] ?? '';
  return `must ${unit === '' ? 'be' : 'have'} at ${word} ${bound}${unit}`;
}

/** Of several allowed forms the problems of the one that was probably meant: whose outer type fits. */
function insideUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: DocumentPath,
  context: ExplainContext,
): Explained[] {
  const fits = (issues: readonly Issue[]) =>
    !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
  const meant = issue.errors.find(fits);
  if (meant !== undefined) return meant.flatMap((inner) => explainIssue(inner, path, context));
  const wanted = issue.errors.flatMap((issues) =>
    issues.flatMap((inner) =>
      inner.code === 'invalid_type' ? [kinds[inner.expected] ?? inner.expected] : [],
    ),
  );
  const seen = context.typed(path) ?? show(issue.input);
  return [{ path, message: noForm({ input: issue.input, seen }, path, wanted.join(' or ')) }];
}

/** No form fits: the field, what stands there, what belongs there. */
function noForm(
  { input, seen }: { input: unknown; seen: string },
  path: DocumentPath,
  wanted: string,
): string {
  if (input === undefined) return isMissing(path, wanted);
  const field = `\`${path.at(-1)}\``;
  if (input === null) return `${field} has no value (null); ${wanted} belongs there`;
  return `${field} is ${kindOf(input)} (${seen}); ${wanted} belongs there`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'no value';
  if (Array.isArray(value)) return 'a list';
  return (
    { object: 'a map', string: 'a text', number: 'a number', boolean: 'true or false' }[
      typeof value as string
    ] ?? typeof value
  );
}

/** At most 60 characters of a value, in one line. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
