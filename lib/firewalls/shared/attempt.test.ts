import { expect, test } from 'vitest';
import { ZonebridgeError } from '../../core/errors.ts';
import type { ObjectChanges, Outcome } from '../../core/firewall.ts';
import { Attempt, closeReport, isThere, makeFirst, openReport, readEach, validAdditions } from './attempt.ts';

const object = { group: 'web', name: 'zb-prod.web', channel: 'objects', create: 'own' } as const;
const comment = 'mark';

function opened(more: Partial<ObjectChanges> = {}) {
  return openReport({ object, add: ['10.0.0.1'], remove: ['10.0.0.2'], expectedCount: 1, ...more });
}

/** Notes what it was asked for; fails when told to. */
function maker(error?: Error) {
  const made: string[] = [];
  const note = (how: string) => async (_: unknown, text: string) => {
    made.push(`${how} ${text}`);
    if (error) throw error;
  };
  return { made, making: { create: note('create'), adopt: note('adopt') } };
}

test('what is to be made is made once, and its changes stay open', async () => {
  const report = opened({ createWith: { comment } });
  const { made, making } = maker();
  await makeFirst(new Attempt(), report, making);
  expect(made).toEqual(['create mark']);
  expect(isThere(report)).toBe(true);
  expect(closeReport(report)).toEqual({ object, created: { state: 'done' }, outcomes: new Map() });
});

test('nothing is made that nobody asked for', async () => {
  const report = opened();
  const { made, making } = maker();
  await makeFirst(new Attempt(), report, making);
  expect(made).toEqual([]);
  expect(isThere(report)).toBe(true);
  expect(report.created).toBeUndefined();
});

test('a former tool’s object is adopted, and only by a channel that adopts', async () => {
  const report = opened({ adoptWith: { comment } });
  const { made, making } = maker();
  await makeFirst(new Attempt(), report, making);
  await makeFirst(new Attempt(), opened({ adoptWith: { comment } }), { create: making.create });
  expect(made).toEqual(['adopt mark']);
});

test.each([
  ['firewall/rejected', 'failed'],
  ['firewall/outcome-unknown', 'unknown'],
] as const)('when making ends with %s, no change counts as sent', async (code, state) => {
  const error = new ZonebridgeError(code, 'no');
  const report = opened({ createWith: { comment } });
  await makeFirst(new Attempt(), report, maker(error).making);
  expect(report.created).toEqual({ state, error });
  expect(isThere(report)).toBe(false);
  expect([...report.outcomes]).toEqual([
    ['10.0.0.1', { state: 'failed', error }],
    ['10.0.0.2', { state: 'failed', error }],
  ]);
});

test('after an error that every call would meet nothing more is made', async () => {
  const attempt = new Attempt();
  const error = new ZonebridgeError('firewall/unreachable', 'gone');
  await makeFirst(attempt, opened({ createWith: { comment } }), maker(error).making);
  const { made, making } = maker();
  const next = opened({ createWith: { comment } });
  await makeFirst(attempt, next, making);
  expect(made).toEqual([]);
  expect(next.created).toEqual({ state: 'failed', error });
});

test('what is no address fails alone, and the others are as they were written', () => {
  const add = ['10.0.0.1', '10.0.0.0/24', 'FD00::1', '', 'object:any', '10.0.0.3'];
  const report = opened({ add });
  expect(validAdditions(report)).toEqual(['10.0.0.1', 'FD00::1', '10.0.0.3']);
  expect([...report.outcomes.keys()]).toEqual(['10.0.0.0/24', '', 'object:any']);
  for (const outcome of report.outcomes.values())
    expect(outcome).toMatchObject({ state: 'failed', error: { code: 'address/invalid' } });
});

test('a programming error is no outcome', () => {
  const outcomes = new Map<string, Outcome>();
  const read = (): never => {
    throw new TypeError('bug');
  };
  expect(() => readEach(['a'], read, outcomes)).toThrow(TypeError);
  expect(outcomes.size).toBe(0);
});
