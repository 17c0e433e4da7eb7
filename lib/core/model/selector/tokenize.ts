import { quoted } from '../quoted.ts';
import type { SetOperator, TextOperator } from './ast.ts';
import { refuseText } from './refuse.ts';

/** Longer ones first: `!=` is never `!` followed by `=`. */
const signs = ['==', '!=', '&&', '||', '!', '(', ')', '{', '}', ','] as const;
type Sign = Exclude<(typeof signs)[number], '==' | '!='>;

/** A token; `position` is its first character, from 1. */
export type Token = { position: number } & (
  | { kind: 'label' | 'text' | 'has'; value: string }
  | { kind: 'compare'; operator: TextOperator }
  | { kind: 'set'; operator: SetOperator }
  | { kind: 'all' | 'global' | 'end' | Sign }
);

/** Words are operators only right after a label; the two parts of an operator may touch. */
const wordOperators = [
  [/contains/y, { kind: 'compare', operator: 'contains' }],
  [/starts[ \t]*with/y, { kind: 'compare', operator: 'starts with' }],
  [/ends[ \t]*with/y, { kind: 'compare', operator: 'ends with' }],
  [/not[ \t]*in/y, { kind: 'set', operator: 'not in' }],
  [/in/y, { kind: 'set', operator: 'in' }],
] as const;

const longestLabel = 512;
export const labelOperators = '==, !=, in, not in, contains, starts with or ends with';

/**
 * The words of a selector, ending with `end`. Blanks and tabs separate words and are needed nowhere; anything else that is
 * no word is refused, line breaks too.
 * @throws ZonebridgeError selector/invalid
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = skipBlanks(source, 0);
  while (at < source.length) {
    const [token, next] = readToken(source, at, tokens.at(-1)?.kind);
    tokens.push(token);
    at = skipBlanks(source, next);
  }
  tokens.push({ kind: 'end', position: source.length + 1 });
  return tokens;
}

/** A token and where the text goes on. */
type Read = [token: Token, next: number];

function readToken(source: string, at: number, previous: Token['kind'] | undefined): Read {
  const position = at + 1;
  const sign = signs.find((candidate) => source.startsWith(candidate, at));
  if (sign === '==' || sign === '!=') return [{ kind: 'compare', operator: sign, position }, at + 2];
  if (sign !== undefined) return [{ kind: sign, position }, at + sign.length];
  const first = source.charAt(at);
  if (first === '"' || first === "'") return readText(source, at, first);
  if (first === '=' || first === '&' || first === '|') {
    throw refuseText(position, `a single ${first}`, first.repeat(2));
  }
  if (previous === 'label') return readOperator(source, at);
  return readCall(source, at) ?? readLabel(source, at);
}

function readText(source: string, at: number, mark: string): Read {
  const end = source.indexOf(mark, at + 1);
  if (end === -1) throw refuseText(at + 1, 'a text that never ends', `a closing ${mark}`);
  return [{ kind: 'text', value: source.slice(at + 1, end), position: at + 1 }, end + 1];
}

function readOperator(source: string, at: number): Read {
  for (const [pattern, operator] of wordOperators) {
    const length = matchAt(pattern, source, at).length;
    if (length > 0) return [{ ...operator, position: at + 1 }, at + length];
  }
  throw refuseText(at + 1, `${seenAt(source, at)} after a label`, labelOperators);
}

/** `has(label)`, `all()`, `global()`: the bracket touches the word, otherwise the word is a label. */
function readCall(source: string, at: number): Read | undefined {
  const name = (['has', 'all', 'global'] as const).find((word) => source.startsWith(`${word}(`, at));
  if (name === undefined) return undefined;
  const inside = skipBlanks(source, at + name.length + 1);
  const position = at + 1;
  const label = name === 'has' ? labelAt(source, inside) : '';
  const close = skipBlanks(source, inside + label.length);
  if (source.charAt(close) !== ')') {
    throw refuseText(close + 1, seenAt(source, close), `) to close ${name}(`);
  }
  return [name === 'has' ? { kind: name, value: label, position } : { kind: name, position }, close + 1];
}

function readLabel(source: string, at: number): Read {
  const value = labelAt(source, at);
  return [{ kind: 'label', value, position: at + 1 }, at + value.length];
}

function labelAt(source: string, at: number): string {
  const label = matchAt(/[a-zA-Z0-9_./-]+/y, source, at);
  if (label === '') {
    throw refuseText(at + 1, seenAt(source, at), 'a label (letters, digits, _ . / -)');
  }
  if (label.length > longestLabel) {
    throw refuseText(at + 1, `a label of ${label.length} characters`, `at most ${longestLabel}`);
  }
  return label;
}

function skipBlanks(source: string, at: number): number {
  return at + matchAt(/[ \t]*/y, source, at).length;
}

function matchAt(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? '';
}

/** The word at a place, or the one character that begins none. */
function seenAt(source: string, at: number): string {
  if (at >= source.length) return 'the end';
  const word = matchAt(/[a-zA-Z0-9_./-]+/y, source, at);
  return quoted(word === '' ? String.fromCodePoint(source.codePointAt(at) ?? 0) : word, 40);
}
