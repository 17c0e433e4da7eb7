import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApiError } from './lib/api-error.ts';
import type { WatchEvent } from './lib/ports.ts';
import { readEvents } from './watch-stream.ts';

function line(type: string, version: string, name = 'x'): string {
  return `${JSON.stringify({ type, object: { metadata: { name, resourceVersion: version } } })}\n`;
}

async function read(chunks: Buffer[]): Promise<{ events: WatchEvent[]; end: unknown }> {
  const events: WatchEvent[] = [];
  const end = await readEvents(Readable.from(chunks, { objectMode: false }), (batch) => {
    events.push(...batch);
  }).catch((error: unknown) => error);
  return { events, end };
}

test('a stream cut into pieces anywhere gives the same events', async () => {
  const text = Buffer.from(
    line('ADDED', '1', 'größe €') + line('MODIFIED', '2') + line('DELETED', '3') + line('BOOKMARK', '4'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 12 }), async (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), text.length];
      const chunks = places.slice(1).map((end, index) => text.subarray(places[index], end));
      const { events, end } = await read(chunks.filter((chunk) => chunk.length > 0));
      expect(end).toBe('ended');
      expect(events.map(({ type, version }) => [type, version])).toEqual([
        ['upsert', '1'],
        ['upsert', '2'],
        ['remove', '3'],
        ['bookmark', '4'],
      ]);
      expect(events[0]?.object).toMatchObject({ metadata: { name: 'größe €' } });
    }),
  );
});

test('an error event is thrown with its status, after what came before it', async () => {
  const gone = `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old' } })}\n`;
  const { events, end } = await read([Buffer.from(line('ADDED', '7') + gone)]);
  expect(events).toHaveLength(1);
  expect(end).toBeInstanceOf(ApiError);
  expect(end).toMatchObject({ status: 410 });
});

test.each([
  ['what is no JSON', '{"type":\n'],
  ['an unknown type', line('SYNCED', '1')],
  ['an object without version', '{"type":"ADDED","object":{"metadata":{}}}\n'],
])('%s is an error, not an event that is skipped', async (_, bad) => {
  const { events, end } = await read([Buffer.from(line('ADDED', '7') + bad)]);
  expect(events).toHaveLength(1);
  expect(end).toBeInstanceOf(ApiError);
  expect(end).toMatchObject({ status: 0 });
});

test('half a line at the end of a stream is no event, and no error', async () => {
  const { events, end } = await read([Buffer.from(line('ADDED', '7') + line('DELETED', '8').slice(0, -20))]);
  expect(events.map(({ version }) => version)).toEqual(['7']);
  expect(end).toBe('ended');
});
