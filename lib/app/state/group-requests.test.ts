import { expect, test } from 'vitest';
import { MemoryTables } from '../../../test/support/memory-tables.ts';
import { noteRequests, readRequests, requestsKey } from './group-requests.ts';

/** Length of the longest name of a field at any depth. */
function longestName(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  return Math.max(0, ...Object.entries(value).flatMap(([name, one]) => [name.length, longestName(one)]));
}

test('what a team writes into a resource is no shape of the row: DynamoDB takes no name above 64 KB', async () => {
  const tables = new MemoryTables();
  const request = {
    uid: 'u',
    namespace: 'shop',
    name: 'web',
    generation: 1,
    created: 1,
    namespaceLabels: {},
    spec: { selector: { matchLabels: { ['k'.repeat(70_000)]: 'x', '': 'y' } } },
  };
  await noteRequests(tables, 'shop', {
    epoch: 1,
    number: 1,
    more: 2,
    others: ['a'],
    requests: [request],
    at: 1,
  });
  const [row] = await tables.read([requestsKey('shop')]);
  expect(longestName(row)).toBeLessThan(100);
  expect(readRequests(row)).toEqual({ requests: [request], more: 2, others: ['a'] });
});
