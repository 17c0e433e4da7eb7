import { expect, test } from 'vitest';
import { detailsText } from './details-text.ts';

test.each([
  [
    {
      changes: [{ op: 'remove', address: '10.1.0.1', group: 'web', reason: 'shrink' }],
      id: 'a1',
      expiresAt: Date.UTC(2026, 10, 21, 14, 3),
    },
    /^remove 10\.1\.0\.1 of web \(shrink\); id a1; until 2026-11-21 14:03.* UTC$/,
  ],
  [
    {
      previous: 1,
      author: 'mia',
      released: [{ firewall: 'edge', group: 'web', add: 3, remove: 0, held: 1 }],
    },
    /^previous generation 1; author mia; released web on edge \(add 3, remove 0, held 1\)$/,
  ],
  [{ target: 'shop/shop/p1', outcome: 'no effect' }, /^target shop\/shop\/p1; no effect$/],
  [{ addresses: ['a', 'b', 'c', 'd', 'e', 'f', 'and 7 more'] }, /^a, b, c, d, e and 8 more$/],
  [{ released: [], request: { id: 'x', tries: 2 } }, /^request id x tries 2$/],
])('%j is readable', (details, text) => {
  expect(detailsText(details)).toMatch(text);
});
