import { expect, test } from 'vitest';
import { deafAfterMs, type Hearing, hearingAfter, hearsEnough, unheardOf } from './hearing.ts';

const minute = 60_000;
const now = 100 * minute;
const hearing: Hearing = { deafSince: undefined, unheard: [] };
const all = (ms: number) => ({ pod: ms, node: ms, namespace: ms });

function after(before: Hearing, heard: Record<string, number> | undefined, sentAt = now): Hearing {
  return hearingAfter(before, { heard, sentAt, now });
}

test.each([
  ['everything lately', all(minute), []],
  ['everything at the bound', all(deafAfterMs), []],
  ['nothing yet', {}, ['namespace', 'node', 'pod']],
  ['one kind too long ago', { ...all(0), node: deafAfterMs + 1 }, ['node']],
  ['one kind never', { pod: 0, node: 0 }, ['namespace']],
])('heard %s', (_, heard: Record<string, number>, unheard) => {
  expect(unheardOf(heard)).toEqual(unheard);
  expect(hearsEnough(heard)).toBe(unheard.length === 0);
});

test('services that are not heard are told, and the cluster is heard all the same', () => {
  const heard = { ...all(0), service: 2 * deafAfterMs, volcano: 5 };
  expect(after(hearing, heard)).toEqual({ deafSince: undefined, unheard: ['service'] });
});

test('who hears nothing is deaf since the oldest of what it needs, and not any more once it hears', () => {
  const deaf = after(hearing, { ...all(20 * minute), node: 30 * minute });
  expect(deaf).toEqual({ deafSince: now - 30 * minute, unheard: ['namespace', 'node', 'pod'] });
  expect(after(deaf, all(minute))).toEqual(hearing);
});

test('a process that never listed is deaf since the one before it, or from now on', () => {
  expect(after(hearing, {}).deafSince).toBe(now);
  expect(after({ deafSince: 7, unheard: ['pod'] }, { node: 0, namespace: 0 }).deafSince).toBe(7);
});

test('a heartbeat that says nothing of hearing counts as it did, one that is late tells nothing of now', () => {
  const deaf: Hearing = { deafSince: 7, unheard: ['pod'] };
  expect(after(deaf, undefined)).toEqual(hearing);
  expect(after(deaf, all(0), now - 6 * minute)).toEqual(deaf);
  expect(after(hearing, all(60 * minute), now - 6 * minute)).toEqual(hearing);
});
