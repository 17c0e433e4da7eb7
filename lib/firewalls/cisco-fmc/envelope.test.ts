import { expect, test } from 'vitest';
import { answerError } from './envelope.ts';

function codeOf(status: number, body: unknown, write = true): string | undefined {
  const answer = { status, text: JSON.stringify(body), retryAfterSeconds: undefined };
  return answerError(answer, { call: 'POST /x', write })?.code;
}

test.each([
  { messages: [{ description: 'it failed' }] },
  { messages: { description: 'it failed' } },
  { messages: ['it failed'] },
  { messages: 7 },
  { severity: 'WARN' },
  'it failed',
  [],
  {},
  '',
  0,
  false,
])('success with the error %j is no success', (error) => {
  expect(codeOf(201, { items: [], error })).toBe('firewall/outcome-unknown');
  expect(codeOf(200, { items: [], error }, false)).toBe('firewall/busy');
});

test('success without an error is success', () => {
  for (const body of [{}, { items: [] }, { error: null }]) expect(codeOf(200, body)).toBeUndefined();
});
