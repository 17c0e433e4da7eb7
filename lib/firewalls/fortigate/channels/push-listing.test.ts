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

/** A device that answers a push with success and these elements, and counts nothing. */
function pushed(results: unknown): PushChannel {
  const client = {
    version: '7.4.4',
    get: async () => ({ results: { valid_count: 1, invalid_count: 0 } }),
    post: async () => ({ status: 'success', results }),
  } as unknown as FortigateClient;
  return new PushChannel(
    client,
    marks((name) => name),
  );
}

const refused = { status: 'error', error: 'entry not found' };
test.each([
  ['names the feed alone', [{ name: object.name, ...refused }], 'firewall/object-missing'],
  ['names no feed of ours', [{ name: '', ...refused }], 'firewall/object-missing'],
  ['refuses nothing', [{ name: object.name, status: 'success' }], 'done'],
])('a push that succeeds with fewer elements than commands and %s', async (_, results, state) => {
  const [report] = await pushed(results).apply([
    { object, add: ['10.0.0.1'], remove: ['10.0.0.2'], expectedCount: 1 },
  ]);
  const states = [...(report?.outcomes.values() ?? [])].map((outcome) =>
    outcome.state === 'failed' ? outcome.error.code : outcome.state,
  );
  expect(states).toEqual([state, state]);
});
