import { describe, expect, it } from 'vitest';
import { isZonebridgeError } from '../../errors.ts';
import type { Labels } from '../endpoint.ts';
import { compileSelector } from './index.ts';
import { parseTokens } from './parse.ts';
import { type Token, tokenize } from './tokenize.ts';

/** Accepted texts: selector, canonical form, labels it matches, labels it does not. */
const accepted: [text: string, canonical: string, yes: Labels[], no: Labels[]][] = [
  ['', 'all()', [{}, { a: 'b' }], []],
  [' \t ', 'all()', [{}], []],
  ['all()', 'all()', [{}, { a: 'b' }], []],
  ['all( \t)', 'all()', [{}], []],
  ['!all()', '!all()', [], [{}, { a: 'b' }]],
  ["a == 'b'", 'a == "b"', [{ a: 'b' }, { a: 'b', c: 'd' }], [{}, { a: 'B' }, { b: 'b' }, { a: '' }]],
  ["a=='b'", 'a == "b"', [{ a: 'b' }], [{ a: 'c' }]],
  ["\ta\t==\t'b'\t", 'a == "b"', [{ a: 'b' }], [{ a: 'c' }]],
  ["a == ''", 'a == ""', [{ a: '' }], [{}, { a: 'b' }]],
  ['a == "it\'s"', 'a == "it\'s"', [{ a: "it's" }], [{ a: 'its' }]],
  [`a == 'say "x"'`, `a == 'say "x"'`, [{ a: 'say "x"' }], [{ a: 'say x' }]],
  ["a == 'x\\'", 'a == "x\\"', [{ a: 'x\\' }], [{ a: 'x' }]],
  ["a == 'line\nbreak'", 'a == "line\nbreak"', [{ a: 'line\nbreak' }], [{ a: 'line break' }]],
  ["a == 'a && b'", 'a == "a && b"', [{ a: 'a && b' }], [{ a: 'a' }]],
  ["a != 'b'", 'a != "b"', [{}, { a: 'c' }, { c: 'b' }], [{ a: 'b' }]],
  ["a!='b'", 'a != "b"', [{}], [{ a: 'b' }]],
  ["a in {'x', 'y'}", 'a in {"x", "y"}', [{ a: 'x' }, { a: 'y' }], [{}, { a: 'z' }, { x: 'x' }]],
  ["a in{'y','x','y'}", 'a in {"x", "y"}', [{ a: 'x' }, { a: 'y' }], [{ a: '' }]],
  [`a in { "'", '"' , 'c' }`, `a in {'"', "'", "c"}`, [{ a: "'" }, { a: '"' }, { a: 'c' }], [{ a: '`' }]],
  ['a in {}', 'a in {}', [], [{}, { a: '' }, { a: 'x' }]],
  ['a in { }', 'a in {}', [], [{}, { a: 'x' }]],
  ["a in {'x',}", 'a in {"x"}', [{ a: 'x' }], [{}]],
  ["a in {''}", 'a in {""}', [{ a: '' }], [{}]],
  ["a not in {'x'}", 'a not in {"x"}', [{}, { a: 'y' }], [{ a: 'x' }]],
  ["a notin {'x'}", 'a not in {"x"}', [{}, { a: 'y' }], [{ a: 'x' }]],
  ["a not \t in{'x'}", 'a not in {"x"}', [{}], [{ a: 'x' }]],
  ['a not in {}', 'a not in {}', [{}, { a: 'x' }], []],
  ['has(a)', 'has(a)', [{ a: '' }, { a: 'b' }], [{}, { b: 'a' }]],
  ['has( a\t)', 'has(a)', [{ a: 'b' }], [{}]],
  ['!has(a)', '!has(a)', [{}, { b: 'a' }], [{ a: '' }]],
  ['! \t has(a)', '!has(a)', [{}], [{ a: 'b' }]],
  ['!!has(a)', 'has(a)', [{ a: 'b' }], [{}]],
  ['! !!has(a)', '!has(a)', [{}], [{ a: 'b' }]],
  ['!(!(has(a)))', 'has(a)', [{ a: 'b' }], [{}]],
  ["a contains 'x'", 'a contains "x"', [{ a: 'x' }, { a: 'axb' }], [{}, { a: 'ab' }, { x: 'x' }]],
  ["a contains''", 'a contains ""', [{ a: '' }, { a: 'b' }], [{}]],
  ["a starts with 'x'", 'a starts with "x"', [{ a: 'x' }, { a: 'xa' }], [{}, { a: 'ax' }]],
  ["a startswith'x'", 'a starts with "x"', [{ a: 'xa' }], [{ a: 'ax' }]],
  ["a starts\t  with 'x'", 'a starts with "x"', [{ a: 'xa' }], [{ a: 'ax' }]],
  ["a ends with 'x'", 'a ends with "x"', [{ a: 'x' }, { a: 'ax' }], [{}, { a: 'xa' }]],
  ["a endswith 'x'", 'a ends with "x"', [{ a: 'ax' }], [{ a: 'xa' }]],
  ["!a == 'b'", '!(a == "b")', [{}, { a: 'c' }], [{ a: 'b' }]],
  ["!a != 'b'", '!(a != "b")', [{ a: 'b' }], [{}, { a: 'c' }]],
  ["!a in {'b'}", '!(a in {"b"})', [{}, { a: 'c' }], [{ a: 'b' }]],
  ['has(a) && has(b)', 'has(a) && has(b)', [{ a: '', b: '' }], [{ a: '' }, { b: '' }, {}]],
  ['has(a)&&has(b)', 'has(a) && has(b)', [{ a: '', b: '' }], [{ a: '' }]],
  ['has(a) || has(b)', 'has(a) || has(b)', [{ a: '' }, { b: '' }], [{}]],
  ['has(a)||has(b)', 'has(a) || has(b)', [{ b: '' }], [{}]],
  // && binds closer than ||, on both sides.
  [
    'has(a) || has(b) && has(c)',
    'has(a) || has(b) && has(c)',
    [{ a: '' }, { b: '', c: '' }],
    [{ b: '' }, { c: '' }],
  ],
  ['has(a) && has(b) || has(c)', 'has(a) && has(b) || has(c)', [{ c: '' }, { a: '', b: '' }], [{ a: '' }]],
  [
    '(has(a) || has(b)) && has(c)',
    '(has(a) || has(b)) && has(c)',
    [{ a: '', c: '' }],
    [{ a: '' }, { c: '' }],
  ],
  [
    'has(a) && (has(b) && has(c))',
    'has(a) && has(b) && has(c)',
    [{ a: '', b: '', c: '' }],
    [{ a: '', b: '' }],
  ],
  // ! takes the next operation alone.
  ['!has(a) && has(b)', '!has(a) && has(b)', [{ b: '' }], [{ a: '' }, {}, { a: '', b: '' }]],
  ['!(has(a) && has(b))', '!(has(a) && has(b))', [{}, { a: '' }], [{ a: '', b: '' }]],
  ['!has(a) || has(b)', '!has(a) || has(b)', [{}, { a: '', b: '' }], [{ a: '' }]],
  ['((has(a)))', 'has(a)', [{ a: '' }], [{}]],
  // Operators are looked for only right after a label, so their names are labels, too.
  ["in in {'in'}", 'in in {"in"}', [{ in: 'in' }], [{ a: 'in' }]],
  ["not not in {'not'}", 'not not in {"not"}', [{}], [{ not: 'not' }]],
  ["notin notin {'x'}", 'notin not in {"x"}', [{}], [{ notin: 'x' }]],
  ["contains contains 'contains'", 'contains contains "contains"', [{ contains: 'contains' }], [{}]],
  ["startswith starts with 's'", 'startswith starts with "s"', [{ startswith: 's' }], [{}]],
  ["ends endswith 'e'", 'ends ends with "e"', [{ ends: 'e' }], [{}]],
  ["has == 'x' && all == 'y'", 'has == "x" && all == "y"', [{ has: 'x', all: 'y' }], [{}]],
  ["global != 'x'", 'global != "x"', [{}], [{ global: 'x' }]],
  ['has(has) && has(all)', 'has(has) && has(all)', [{ has: '', all: '' }], [{}]],
  ["_./-aZ9 == 'x'", '_./-aZ9 == "x"', [{ '_./-aZ9': 'x' }], [{}]],
  [
    "app.kubernetes.io/name == 'web'",
    'app.kubernetes.io/name == "web"',
    [{ 'app.kubernetes.io/name': 'web' }],
    [{}],
  ],
  ["constructor == 'x' || has(toString)", 'constructor == "x" || has(toString)', [{ toString: '' }], [{}]],
  [`${'k'.repeat(512)} == 'x'`, `${'k'.repeat(512)} == "x"`, [{ ['k'.repeat(512)]: 'x' }], [{}]],
  [`${'('.repeat(508)}has(a)${')'.repeat(508)}`, 'has(a)', [{ a: '' }], [{}]],
];

/** Refused texts: selector, position, what the message tells. */
const refused: [text: string, position: number, message: string][] = [
  ['a', 2, 'the end; expected =='],
  ['a ', 3, 'the end; expected =='],
  ["a = 'b'", 3, 'a single =; expected =='],
  ["a === 'b'", 5, 'a single ='],
  ["a ! = 'b'", 5, 'a single ='],
  ["a ! 'b'", 3, '!; expected =='],
  ['has(a) & has(b)', 8, 'a single &; expected &&'],
  ['has(a) | has(b)', 8, 'a single |; expected ||'],
  ['has(a) &', 8, 'a single &'],
  ['a == b', 6, 'the label "b"; expected a text in quotes'],
  ['a == {"b"}', 6, '{; expected a text in quotes'],
  ["'b' == a", 1, 'the text "b"; expected a label'],
  ["'b'", 1, 'the text "b"'],
  ['a b', 3, '"b" after a label; expected =='],
  ["a is 'b'", 3, '"is" after a label'],
  ["a Contains 'b'", 3, '"Contains" after a label'],
  ["a starts 'b'", 3, '"starts" after a label'],
  ["a ends foo 'b'", 3, '"ends" after a label'],
  ["a not 'b'", 3, '"not" after a label'],
  ["a !in {'b'}", 3, '!; expected =='],
  ["a in 'b'", 6, 'the text "b"; expected { after in'],
  ["a not in ('b')", 10, '(; expected { after not in'],
  ["a in {'b'", 10, 'the end'],
  ["a in {'b' 'c'}", 11, 'a comma between two texts'],
  ['a in {,}', 7, ',; expected'],
  ["a in {'b',,}", 11, ',; expected'],
  ['a in {b}', 7, 'the label "b"'],
  ["a in {{'b'}}", 7, '{; expected'],
  ["a inside {'b'}", 5, 'the label "side"'],
  ['has (a)', 5, '(; expected =='],
  ['all ()', 5, '(; expected =='],
  ['global ()', 8, '(; expected =='],
  ['has()', 5, '")"; expected a label'],
  ["has('a')", 5, 'expected a label'],
  ['has(a', 6, 'the end; expected ) to close has('],
  ['has(a b)', 7, '"b"; expected ) to close has('],
  ['all(a)', 5, '"a"; expected ) to close all('],
  ['all(', 5, 'the end; expected ) to close all('],
  ['has(a) has(b)', 8, 'has(); expected &&, || or the end'],
  ["a == 'b' 'c'", 10, 'the text "c"; expected &&, || or the end'],
  ["a == 'b' c", 10, 'the label "c"; expected &&, || or the end'],
  ['has(a) &&', 10, 'the end; expected a label'],
  ['&& has(a)', 1, '&&; expected a label'],
  ['has(a) && || has(b)', 11, '||; expected a label'],
  ['!', 2, 'the end; expected a label'],
  ['(', 2, 'the end; expected a label'],
  [')', 1, '); expected a label'],
  ['()', 2, '); expected a label'],
  ['(has(a)', 8, 'expected &&, || or ) to close the ( at character 1'],
  ['has(a))', 7, '); expected &&, || or the end'],
  ['{}', 1, '{; expected a label'],
  ['"a', 1, 'a text that never ends; expected a closing "'],
  [`a == "b'`, 6, 'a text that never ends'],
  [`a == 'it's'`, 11, 'a text that never ends'],
  ["a == 'b'\n", 9, '"\\u{a}"; expected a label'],
  ["a == 'b'\r\n&& has(c)", 9, '"\\u{d}"'],
  ["a\u00a0== 'b'", 2, '"\\u{a0}" after a label'],
  ['%', 1, '"%"; expected a label'],
  ["ключ == 'b'", 1, '"\\u{43a}"; expected a label'],
  ["a$ == 'b'", 2, '"$" after a label'],
  ['a =~ "b"', 3, 'a single ='],
  ['a > "1"', 3, '">" after a label'],
  ["'a' in {'b'}", 1, 'the text "a"'],
  [`${'k'.repeat(513)} == 'x'`, 1, 'a label of 513 characters; expected at most 512'],
  [`has(${'k'.repeat(513)})`, 5, 'a label of 513 characters; expected at most 512'],
  [`a == '${'v'.repeat(1018)}'`, 1025, 'a selector of 1025 characters; expected at most 1024'],
];

describe('the grammar', () => {
  it.each(accepted)('takes %j', (text, canonical, yes, no) => {
    const selector = compileSelector(text);
    expect(selector.text).toBe(canonical);
    expect(selector.isGlobal).toBe(false);
    for (const labels of yes) expect(selector.matches(labels), JSON.stringify(labels)).toBe(true);
    for (const labels of no) expect(selector.matches(labels), JSON.stringify(labels)).toBe(false);
  });

  it.each(refused)('refuses %j at character %i', (text, position, message) => {
    const error = refusal(() => compileSelector(text));
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^at character \d+: [ -~]+$/);
    expect(error.fields['position']).toBe(position);
  });

  it('takes a text of 1,024 characters, counted as people count them', () => {
    expect(compileSelector(`a == '${'😀'.repeat(1017)}'`).matches({ a: '😀'.repeat(1017) })).toBe(true);
  });

  it('bounds the nesting of brackets, also for token lists that no text limit guards', () => {
    const nested = (depth: number): Token[] => [
      ...Array.from({ length: depth }, (): Token => ({ kind: '(', position: 1 })),
      ...tokenize('has(a)').slice(0, 1),
      ...Array.from({ length: depth }, (): Token => ({ kind: ')', position: 1 })),
      { kind: 'end', position: 1 },
    ];
    expect(parseTokens(nested(512))).toEqual({ is: 'has', label: 'a' });
    expect(refusal(() => parseTokens(nested(100_000))).message).toContain('more than 512 brackets');
    expect(parseTokens([...tokenize('!'.repeat(100_000)).slice(0, -1), ...tokenize('has(a)')])).toEqual({
      is: 'has',
      label: 'a',
    });
  });
});

describe('global()', () => {
  it('is taken alone, where it is allowed', () => {
    const selector = compileSelector(' (global( )) ', { allowGlobal: true });
    expect(selector).toMatchObject({ text: 'global()', isGlobal: true });
  });

  it.each([
    ['has(a) || global()', {}, 11, 'expected it in a namespace selector alone'],
    ['global()', {}, 1, 'expected it in a namespace selector alone'],
    ["a == 'global()' || !global()", { allowGlobal: true }, 21, 'global() beside something else'],
    ['!global()', { allowGlobal: true }, 2, 'expected global() alone'],
  ])('is refused in %j %j', (text, options, position, message) => {
    const error = refusal(() => compileSelector(text, options));
    expect(error.message).toContain(message);
    expect(error.fields['position']).toBe(position);
  });
});

function refusal(attempt: () => unknown) {
  try {
    attempt();
  } catch (error) {
    if (isZonebridgeError(error, 'selector/invalid')) return error;
    throw error;
  }
  throw new Error('was not refused');
}
