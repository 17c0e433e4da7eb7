import { expect, test } from 'vitest';
import { answerError } from './envelope.ts';
import { fortiosErrors, isDuplicate, isInUse, isMissing, refusalError } from './errors.ts';

const listed = [
  -1, -2, -3, -4, -5, -7, -8, -9, -14, -15, -16, -17, -20, -23, -37, -45, -50, -56, -61, -72, -73, -160, -163,
  -164, -165, -166, -173, -254, -255, -360, -361, -515, -553, -560, -580, -650, -651,
];

test('every known number has a class', () => {
  expect(
    Object.keys(fortiosErrors)
      .map(Number)
      .sort((a, b) => b - a),
  ).toEqual(listed);
});

const refusal = { call: 'POST /x', status: 500, number: undefined, cliError: '' };

test('the number decides, then the command line text, then the status', () => {
  expect(refusalError({ ...refusal, number: -4 }).code).toBe('firewall/table-full');
  expect(refusalError({ ...refusal, status: 403, number: -5 }).code).toBe('firewall/rejected');
  expect(refusalError({ ...refusal, cliError: 'used; Command fail. Return code -23' }).code).toBe(
    'firewall/busy',
  );
  expect(refusalError({ ...refusal, status: 424, cliError: 'nothing known' }).code).toBe('firewall/rejected');
  expect(refusalError({ ...refusal, status: 404 }).code).toBe('firewall/object-missing');
  expect(refusalError({ ...refusal, number: -4711 }).code).toBe('firewall/rejected');
  expect(refusalError({ ...refusal, status: 503 }).code).toBe('firewall/busy');
});

test('duplicates, missing entries and entries in use are recognised', () => {
  expect([-5, -15].every((number) => isDuplicate(refusalError({ ...refusal, number })))).toBe(true);
  expect(isMissing(refusalError({ ...refusal, number: -3 }))).toBe(true);
  expect(isInUse(refusalError({ ...refusal, number: -23 }))).toBe(true);
  expect(isDuplicate(refusalError({ ...refusal, number: -4 }))).toBe(false);
});

const asked = { call: 'POST /x', vdom: 'root', write: true };
const body = (fields: object) =>
  JSON.stringify({ status: 'success', http_status: 200, vdom: 'root', ...fields });

test('answers are judged by their body before their status line', () => {
  expect(answerError({ status: 200, text: body({}) }, asked)).toBeUndefined();
  expect(
    answerError({ status: 200, text: body({ status: 'error', http_status: 500, error: -3 }) }, asked)?.code,
  ).toBe('firewall/object-missing');
  expect(answerError({ status: 200, text: body({ vdom: 'other' }) }, asked)?.code).toBe(
    'firewall/scope-missing',
  );
});

test.each([
  [401, '<html>', 'firewall/credentials-rejected'],
  [403, '', 'firewall/permission-denied'],
  [429, 'wait', 'firewall/throttled'],
  [200, '<html>', 'firewall/unexpected-answer'],
  [302, '', 'firewall/unexpected-answer'],
  [404, '{"message":"no such route"}', 'firewall/unexpected-answer'],
  // The device may have done it: a gateway gave up, or the answer was cut short.
  [502, '<html>', 'firewall/outcome-unknown'],
  [200, '{"status":"succ', 'firewall/outcome-unknown'],
  [200, '[]', 'firewall/outcome-unknown'],
])('HTTP %i with %j is %s', (status, text, code) => {
  expect(answerError({ status, text }, asked)?.code).toBe(code);
});

test('text of the device is shown in one line and cut', () => {
  const text = body({
    status: 'error',
    http_status: 500,
    error: -61,
    cli_error: ['a\u0000\u001b[31m\nb', 'x'.repeat(5_000)],
  });
  const message = answerError({ status: 500, text }, asked)?.message ?? '';
  expect(message.length).toBeLessThan(400);
  // oxlint-disable-next-line no-control-regex
  expect(message).not.toMatch(/[\u0000-\u001f]/);
});
