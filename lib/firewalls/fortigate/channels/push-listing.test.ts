import { expect, test } from 'vitest';
import type { FortigateClient } from '../client.ts';
import { marks } from '../../shared/marks.ts';
import { PushChannel } from './push.ts';

const object = { group: 'web', name: 'zbf-prod.web', channel: 'push', create: 'own' } as const;

/** The channel over a device that answers every read, and every write, with these results. */
function channelOver(read: object, written?: unknown): PushChannel {
  const client: Pick<FortigateClient, 'version' | 'get' | 'post'> = {
    version: '7.4.4',
    get: async () => ({ results: read }),
    post: async () => ({ status: 'success', results: written }),
  };
  return new PushChannel(
    client as FortigateClient,
    marks((name) => name),
  );
}

/** A device that says how many entries there are, and lists these. */
function listing(entries: readonly string[], valid: number): PushChannel {
  const shown = entries.map((entry) => ({ entry, valid: true }));
  return channelOver({ entries: shown, valid_count: valid, invalid_count: 0 });
}

test('a listing with fewer entries than are counted is not the whole feed', async () => {
  expect(await listing(['10.0.0.1', '10.0.0.2'], 2).observeMembers(object)).toHaveLength(2);
  await expect(listing(['10.0.0.1'], 2).observeMembers(object)).rejects.toMatchObject({
    code: 'firewall/unexpected-answer',
  });
});

const refused = { status: 'error', error: 'entry not found' };
test.each([
  ['names the feed alone', [{ name: object.name, ...refused }], 'firewall/object-missing'],
  ['names no feed of ours', [{ name: '', ...refused }], 'firewall/object-missing'],
  ['refuses nothing', [{ name: object.name, status: 'success' }], 'done'],
])('a push that succeeds with fewer elements than commands and %s', async (_, results, state) => {
  const [report] = await channelOver({ valid_count: 1, invalid_count: 0 }, results).apply([
    { object, add: ['10.0.0.1'], remove: ['10.0.0.2'], expectedCount: 1 },
  ]);
  const states = [...(report?.outcomes.values() ?? [])].map((outcome) =>
    outcome.state === 'failed' ? outcome.error.code : outcome.state,
  );
  expect(states).toEqual([state, state]);
});
