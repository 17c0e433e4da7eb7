import type { Pool } from 'undici';
import { expect, test } from 'vitest';
import { exchange } from './transport.ts';

test('the token stands in the header alone', async () => {
  const asked: unknown[] = [];
  const pool = {
    request: async (options: { headers: Record<string, string> }) => {
      const { headers, ...others } = options;
      asked.push(headers['authorization'], JSON.stringify(others));
      return { statusCode: 200, headers: {}, body: { text: async () => '{}' } };
    },
  } as unknown as Pool;
  await exchange(pool, {
    method: 'POST',
    target: '/api/v2/cmdb/firewall/address?vdom=root',
    body: '{}',
    headers: { authorization: 'Bearer canary' },
    secrets: ['canary'],
    timeoutMs: 1000,
  });
  expect(asked[0]).toBe('Bearer canary');
  expect(asked[1]).toContain('vdom=root');
  expect(asked[1]).not.toContain('canary');
});
