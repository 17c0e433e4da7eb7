import { quoted } from '../quoted.ts';
import { combination, type Node, negation, type SetOperator, setComparison } from './ast.ts';
import { refuseText } from './refuse.ts';
import { labelOperators, type Token, tokenize } from './tokenize.ts';

/** More brackets than this inside each other are refused; a text within the length limit cannot reach it. */
const deepestNesting = 512;
/** Length that Calico's own schema allows, in characters. */
const longestSelector = 1024;

interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
}

/**
 * Parses a selector in Calico's text grammar. Match operators bind closest, then `!` (to the next single operation), then `&&`, then `||`.
 * An empty text is `all()`. `global()` is taken anywhere here; where it may stand is the caller's decision.
 * @throws ZonebridgeError selector/invalid with the position, what stands there and what is expected
 */
export function parseSelector(source: string): Node {
  const length = Array.from(source).length;
  if (length > longestSelector) {
    throw refuseText(longestSelector + 1, `a selector of ${length} characters`, `at most ${longestSelector}`);
  }
  return parseTokens(tokenize(source));
}

/** The parser proper; `tokens` ends with `end`. */
export function parseTokens(tokens: readonly Token[]): Node {
  const cursor: Cursor = { tokens, at: 0, depth: 0 };
  if (peek(cursor).kind === 'end') return { is: 'all' };
  const node = parseOr(cursor);
  const rest = peek(cursor);
  if (rest.kind !== 'end') throw unexpected(rest, '&&, || or the end');
  return node;
}

function parseOr(cursor: Cursor): Node {
  const operands = [parseAnd(cursor)];
  while (taken(cursor, '||')) operands.push(parseAnd(cursor));
  return combination('or', operands);
}

function parseAnd(cursor: Cursor): Node {
  const operands = [parseOperation(cursor)];
  while (taken(cursor, '&&')) operands.push(parseOperation(cursor));
  return combination('and', operands);
}

function parseOperation(cursor: Cursor): Node {
  let negated = false;
  while (taken(cursor, '!')) negated = !negated;
  const operation = parseSingle(cursor);
  return negated ? negation(operation) : operation;
}

function parseSingle(cursor: Cursor): Node {
  const token = next(cursor);
  if (token.kind === 'all' || token.kind === 'global') return { is: token.kind };
  if (token.kind === 'has') return { is: 'has', label: token.value };
  if (token.kind === 'label') return parseComparison(cursor, token.value);
  if (token.kind === '(') return parseBracket(cursor, token);
  throw unexpected(token, 'a label, has(, all(), global(), ! or (');
}

function parseBracket(cursor: Cursor, open: Token): Node {
  cursor.depth++;
  if (cursor.depth > deepestNesting) {
    throw refuseText(open.position, `more than ${deepestNesting} brackets inside each other`, 'fewer');
  }
  const inside = parseOr(cursor);
  const close = next(cursor);
  if (close.kind !== ')') {
    throw unexpected(close, `&&, || or ) to close the ( at character ${open.position}`);
  }
  cursor.depth--;
  return inside;
}

function parseComparison(cursor: Cursor, label: string): Node {
  const token = next(cursor);
  if (token.kind === 'set') return parseSet(cursor, label, token.operator);
  if (token.kind !== 'compare') {
    throw unexpected(token, `${labelOperators} after the label ${quoted(label, 40)}`);
  }
  return { is: 'compare', operator: token.operator, label, value: parseText(cursor) };
}

function parseText(cursor: Cursor): string {
  const token = next(cursor);
  if (token.kind !== 'text') throw unexpected(token, 'a text in quotes');
  return token.value;
}

/** `{ }` and a comma after the last value are fine; a comma without a value before it is not. */
function parseSet(cursor: Cursor, label: string, operator: SetOperator): Node {
  const open = next(cursor);
  if (open.kind !== '{') throw unexpected(open, `{ after ${operator}`);
  const values: string[] = [];
  while (peek(cursor).kind === 'text') {
    values.push(parseText(cursor));
    if (!taken(cursor, ',')) break;
  }
  const close = next(cursor);
  if (close.kind !== '}') throw unexpected(close, `a text in quotes, a comma between two texts, or }`);
  return setComparison(operator, label, values);
}

function taken(cursor: Cursor, kind: Token['kind']): boolean {
  const found = peek(cursor).kind === kind;
  if (found) cursor.at++;
  return found;
}

function next(cursor: Cursor): Token {
  const token = peek(cursor);
  cursor.at++;
  return token;
}

/** Behind the last token stands `end`, as often as somebody asks. */
function peek(cursor: Cursor): Token {
  return cursor.tokens[cursor.at] ?? { kind: 'end', position: cursor.tokens.at(-1)?.position ?? 0 };
}

function unexpected(token: Token, expected: string): Error {
  return refuseText(token.position, shown(token), expected);
}

function shown(token: Token): string {
  if (token.kind === 'label' || token.kind === 'text') return `the ${token.kind} ${quoted(token.value, 40)}`;
  if (token.kind === 'compare' || token.kind === 'set') return token.operator;
  if (token.kind === 'all' || token.kind === 'global') return `${token.kind}()`;
  if (token.kind === 'has') return 'has()';
  return token.kind === 'end' ? 'the end' : token.kind;
}
