import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectorLine } from './index.ts';

describe('a line of `selector test`', () => {
  it.each([
    [`{"selector":"a == 'b'","labels":{"a":"b"}}`, 'true'],
    [`{"selector":"a == 'b'","labels":{"a":"c"}}`, 'false'],
    [`{"labels":{},"selector":""}`, 'true'],
    [`{"selector":{"matchLabels":{"a":"b"}},"labels":{"a":"b"}}`, 'true'],
    [`{"selector":{},"labels":{}}`, 'true'],
    [`{"selector":"global()","labels":{}}`, 'true'],
    [`{"selector":"has(__proto__)","labels":{"__proto__":"x"}}`, 'true'],
    [`{"selector":"has(__proto__)","labels":{}}`, 'false'],
    [`{"selector":"has(k)","labels":{"k":"\\u0000\\"/\\n"}}`, 'true'],
    [`{"selector":"a = 'b'","labels":{}}`, 'error: at character 3: a single =; expected =='],
    [`{"selector":"a\\n","labels":{}}`, 'error: at character 2: "\\u{a}" after a label; expected '],
    [
      `{"selector":{"matchExpressions":[{"key":"a","operator":"Gt"}]},"labels":{}}`,
      'error: matchExpressions[0].operator: ',
    ],
    [`{"selector":null,"labels":{}}`, 'error: null; expected a text or an object'],
    [`{"labels":{}}`, 'error: selector: nothing'],
    [`{"selector":"all()"}`, 'error: labels: nothing; expected an object'],
    [`{"selector":"all()","labels":{"a":1}}`, 'error: labels["a"]: a number; expected a text'],
    [`{"selector":"all()","labels":{},"label":{}}`, 'error: line: the key "label"'],
    ['[]', 'error: line: a list'],
    ['{', 'error: line: no JSON'],
    ['', 'error: line: no JSON'],
  ])('%s gives %s', (line, answer) => {
    if (answer.startsWith('error')) expect(selectorLine(line)).toContain(answer);
    else expect(selectorLine(line)).toBe(answer);
  });

  it('is answered with one line, whatever comes', () => {
    const json = fc.record({
      selector: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
      labels: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
    });
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      json.map((value) => JSON.stringify(value)),
      fc.json(),
    );
    fc.assert(
      fc.property(line, (text) => {
        expect(selectorLine(text)).toMatch(/^(true|false|error: [ -~]+)$/);
      }),
      { numRuns: 1000 },
    );
  });
});
