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

test('success with an error in the form of the API in front of the cloud is no success', () => {
  expect(codeOf(200, { items: [], errorCode: 'INTERNAL', errorMsg: 'it failed' })).toBe(
    'firewall/outcome-unknown',
  );
});

test('success without an error is success', () => {
  for (const body of [{}, { items: [] }, { error: null }]) expect(codeOf(200, body)).toBeUndefined();
});

test.each(['API rate limit exceeded', 'Please try again later', 'already exists', ''])(
  'too many requests are too many, also with the text %j',
  (description) => {
    expect(codeOf(429, { error: { messages: [{ description }] } })).toBe('firewall/throttled');
  },
);

test('the text of the write lock tells it from too many requests', () => {
  const description = 'Parallel add/update/delete operations are blocked.';
  expect(codeOf(429, { error: { messages: [{ description }] } })).toBe('firewall/busy');
});
