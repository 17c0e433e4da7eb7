import { expect, test } from 'vitest';
import type { FortigateClient } from '../client.ts';
import { marks } from '../../shared/marks.ts';
import { PushChannel } from './push.ts';

const object = { group: 'web', name: 'zbf-prod.web', channel: 'push', create: 'own' } as const;

/** A device that says how many entries there are, and lists these. */
function listing(entries: readonly string[], valid: number): PushChannel {
  const client = {
    version: '7.4.4',
    get: async () => ({
      results: {
        entries: entries.map((entry) => ({ entry, valid: true })),
        valid_count: valid,
        invalid_count: 0,
      },
    }),
  } as unknown as FortigateClient;
  return new PushChannel(
    client,
    marks((name) => name),
  );
}

test('a listing with fewer entries than are counted is not the whole feed', async () => {
  expect(await listing(['10.0.0.1', '10.0.0.2'], 2).observeMembers(object)).toHaveLength(2);
  await expect(listing(['10.0.0.1'], 2).observeMembers(object)).rejects.toMatchObject({
    code: 'firewall/unexpected-answer',
  });
});
