import { expect, test } from 'vitest';
import { Pending } from './pending.ts';

const ids = (pending: Pending) => [...pending.entries()].map(([id]) => id);
const get = (pending: Pending, id: string) => new Map(pending.entries()).get(id);

test('many changes of one endpoint wait once, at the place and time of the first', () => {
  const pending = new Pending();
  pending.touch('a', { cause: 'watch', time: 1 });
  pending.touch('b', { cause: 'watch', time: 2 });
  pending.touch('a', { cause: 'node', time: 3 });
  expect(ids(pending)).toEqual(['a', 'b']);
  expect(get(pending, 'a')).toMatchObject({ cause: 'node', time: 1, force: false });
});

test('the last cause says whether a removal was witnessed; a namespace stays the cause of an upsert only', () => {
  const pending = new Pending();
  pending.touch('a', { cause: 'namespace', time: 1 });
  pending.touch('a', { cause: 'watch', time: 2, removed: false });
  expect(get(pending, 'a')?.cause).toBe('namespace');
  pending.touch('a', { cause: 'watch', time: 3, removed: true });
  expect(get(pending, 'a')?.cause).toBe('watch');
});

test('a resend forces, and does not hide why an endpoint waits already', () => {
  const pending = new Pending();
  pending.touch('a', { cause: 'watch', time: 1 });
  pending.touch('a', { cause: 'relist', time: 2, force: true });
  expect(get(pending, 'a')).toMatchObject({ cause: 'watch', force: true });
});

test('what could not be sent comes back to its place, forced, with the newer cause if it changed meanwhile', () => {
  const pending = new Pending();
  for (const id of ['a', 'b', 'c']) pending.touch(id, { cause: 'watch', time: 1 });
  const taken = new Map([...pending.entries()].filter(([id]) => id !== 'c'));
  for (const id of taken.keys()) pending.delete(id);
  pending.touch('b', { cause: 'relist', time: 9 });
  expect(pending.oldestTicket).toBe(3);

  pending.giveBack(taken);
  expect(ids(pending)).toEqual(['a', 'b', 'c']);
  expect(pending.oldestTicket).toBe(1);
  expect(get(pending, 'a')).toMatchObject({ cause: 'watch', time: 1, force: true, attempts: 1 });
  expect(get(pending, 'b')).toMatchObject({ cause: 'relist', time: 1, force: true, attempts: 1 });
  expect(get(pending, 'c')).toMatchObject({ force: false, attempts: 0 });
});
