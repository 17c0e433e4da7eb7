import { expect, test } from 'vitest';
import { z } from 'zod';
import type { FmcClient } from './client.ts';
import type { Body } from './envelope.ts';
import { distinct, listAll } from './lists.ts';

const item = z.looseObject({ mapping: z.string() });

/** A client that gives these pages, one after the other and then again from the first, and remembers where they were asked for. */
function giving(...pages: Body[]): { client: FmcClient; offsets: unknown[] } {
  const offsets: unknown[] = [];
  const get = async (_: string, query: Record<string, unknown>) =>
    pages[(offsets.push(query['offset']) - 1) % pages.length] ?? {};
  return { client: { get } as unknown as FmcClient, offsets };
}

function items(count: number, from = 0): Body[] {
  return Array.from({ length: count }, (_, index) => ({ mapping: `m${from + index}` }));
}

async function list(pages: Body[], expected?: number): Promise<number> {
  return (await listAll(giving(...pages).client, item, { path: '/x', expected })).length;
}

test('an empty list proves itself by a figure', async () => {
  expect(await list([{ paging: { count: 0 } }])).toBe(0);
  expect(await list([{ paging: { count: '0' } }])).toBe(0);
  expect(await list([{}], 0)).toBe(0);
  const refusals = [
    [{}],
    [{ paging: {} }],
    [{ paging: { count: 1 } }],
    [{ items: 'none' }],
    [{ items: [{ other: 1 }] }],
  ];
  for (const pages of refusals)
    await expect(list(pages), JSON.stringify(pages)).rejects.toMatchObject({
      code: 'firewall/unexpected-answer',
    });
  await expect(list([{}], 3)).rejects.toMatchObject({ code: 'firewall/unexpected-answer' });
});

test('pages follow one another until the figure is reached, also where they are shorter than asked', async () => {
  const paging = { count: '1500' };
  expect(
    await list([
      { items: items(1_000), paging },
      { items: items(500, 1_000), paging },
    ]),
  ).toBe(1_500);
  const short = giving(
    { items: items(600), paging },
    { items: items(600), paging },
    { items: items(300), paging },
  );
  expect(await listAll(short.client, item, { path: '/x' })).toHaveLength(1_500);
  expect(short.offsets).toEqual([0, 600, 1_200, 0, 600, 1_200]);
  await expect(list([{ items: items(1_000), paging }, { paging }])).rejects.toThrow(/incomplete/);
  await expect(list([{ items: items(1_000), paging: { count: 999 } }])).rejects.toThrow(/incomplete/);
});

test('pages that moved are read until they are the same twice, a few times', async () => {
  const paging = { count: 1_500 };
  const pagesFrom = (first: number): [Body, Body] => [
    { items: items(1_000, first), paging },
    { items: items(500, 1_000 + first), paging },
  ];
  const [before, after] = [pagesFrom(0), pagesFrom(1)];
  // m0 went and m1500 came when the first page was read: m1000 is on neither page.
  const moved = giving(before[0], after[1], ...after, ...after);
  const all = await listAll(moved.client, item, { path: '/x', expected: 1_500 });
  expect(all.some(({ mapping }) => mapping === 'm1000')).toBe(true);
  expect(moved.offsets).toHaveLength(6);
  const restless = giving(...before, ...after);
  await expect(listAll(restless.client, item, { path: '/x' })).rejects.toThrow(/incomplete/);
  expect(restless.offsets).toHaveLength(8);
});

test('without a figure a full page is followed by another, and a known count has to fit', async () => {
  expect(await list([{ items: items(1_000) }, { items: items(10, 1_000) }])).toBe(1_010);
  expect(await list([{ items: items(4) }])).toBe(4);
  await expect(list([{ items: items(4) }], 5)).rejects.toThrow(/incomplete/);
  await expect(list([{ items: items(4), paging: { count: 4 } }], 5)).rejects.toThrow(/incomplete/);
});

test('what is named twice moved between pages', () => {
  expect(distinct(['a', 'b'], (one) => one, '/x')).toEqual(['a', 'b']);
  expect(() => distinct(['a', 'b', 'a'], (one) => one, '/x')).toThrow(/incomplete/);
});

test('a list without an end is given up', async () => {
  const tooLong = { code: 'firewall/unexpected-answer', fields: { tooLong: true } };
  await expect(list([{ items: items(4), paging: { count: 300_000 } }])).rejects.toMatchObject(tooLong);
  const endless = Array.from({ length: 2_000 }, (_, page) => ({ items: items(1_000, page * 1_000) }));
  const long = giving(...endless);
  await expect(listAll(long.client, item, { path: '/x' })).rejects.toMatchObject(tooLong);
  expect(long.offsets).toHaveLength(201);
  const slow = giving(...items(2_000).map((one) => ({ items: [one], paging: { count: 2_000 } })));
  await expect(listAll(slow.client, item, { path: '/x' })).rejects.toMatchObject(tooLong);
  expect(slow.offsets).toHaveLength(500);
});
