import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { endpointsDetail } from '../../lib/core/model/messages.ts';
import { Batch, limits, type Outgoing, utf8 } from './batch.ts';

const source = 'zonebridge.cluster.111122223333.eu-central-1.shop';

function change(bytes: number, letter = 'x'): Outgoing {
  const text = letter.repeat(Math.max(0, Math.floor((bytes - 2) / utf8(letter))));
  return { id: 'pod|u', json: JSON.stringify(text), hash: 'h' };
}

/** Bytes as the service counts them. */
function callBytes(batch: Batch): number {
  return batch
    .busEntries()
    .reduce((sum, { detail, detailType }) => sum + utf8(source) + utf8(detailType) + utf8(detail), 0);
}

test('whatever the records are, a call stays within all limits and only a full call refuses', () => {
  const sizes = fc.oneof(fc.integer({ min: 2, max: 900 }), fc.integer({ min: 900, max: limits.recordBytes }));
  fc.assert(
    fc.property(
      fc.array(sizes, { minLength: 1, maxLength: 700 }),
      fc.constantFrom('x', 'é', '€'),
      (bytes, letter) => {
        const batch = new Batch({ source, epoch: 12, sentAt: 1_700_000_000_000 });
        const changes = bytes.map((size) => change(size, letter));
        const taken: Outgoing[] = [];
        for (const one of changes) {
          if (!batch.add(one)) break;
          taken.push(one);
        }
        const entries = batch.busEntries();
        expect(taken.length).toBeGreaterThan(0);
        expect(entries.length).toBeLessThanOrEqual(limits.entries);
        expect(callBytes(batch)).toBeLessThanOrEqual(limits.callBytes);
        const details = entries.map(({ detail }) => endpointsDetail.parse(JSON.parse(detail)));
        expect(details.flatMap(({ changes }) => changes)).toEqual(taken.map(({ json }) => JSON.parse(json)));
        for (const [index, { changes }] of details.entries()) {
          expect(changes.length).toBeLessThanOrEqual(limits.entryChanges);
          const size = utf8(source) + utf8('endpoints') + utf8(entries[index]!.detail);
          if (changes.length > 1) expect(size).toBeLessThanOrEqual(limits.entryBytes);
        }
        const refused = changes[taken.length];
        if (refused && entries.length < limits.entries) {
          expect(callBytes(batch) + utf8(refused.json) + 400).toBeGreaterThan(limits.callBytes);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('small changes share events of 50', () => {
  const batch = new Batch({ source, epoch: 1, sentAt: 1 });
  for (let i = 0; i < 120; i++) expect(batch.add(change(100))).toBe(true);
  expect(batch.entries.map(({ changes }) => changes.length)).toEqual([50, 50, 20]);
});
