import { describe, expect, test } from 'vitest';
import type { ObjectChanges } from '../../../lib/core/firewall.ts';
import { expectDone } from '../../support/firewalls/expectations.ts';
import type { Counted } from '../../support/firewalls/rig.ts';
import { hub, type Place } from './place.ts';

/** What a change costs, whatever the size of the group. */
export function sizesSuite(place: Place): void {
  describe('work', () => {
    test('is the same calls for one change at any size', async () => {
      expect(place.promise.sizes.length).toBeGreaterThan(1);
      for (const [index, size] of place.promise.sizes.entries()) await changeOneOf(place, size, 100 + index);
    });
  });
}

async function changeOneOf(place: Place, size: number, second: number): Promise<void> {
  const { rig, channel, promise } = place;
  place.use({ ...place.named(`sized-${size}`), sizeHint: size });
  const addresses = Array.from({ length: size }, (_, index) => `10.${second}.${index >> 8}.${index & 255}`);
  const commentFor = (name: string): string => place.commentFor(name);
  rig.fill(channel, place.object.name, { hub, addresses, sizeHint: size, commentFor });
  const added = await countCalls(place, { add: ['10.99.0.1'], expectedCount: size + 1 });
  const removed = await countCalls(place, { remove: ['10.99.0.1'], expectedCount: size });
  expect({ added: added.counted, removed: removed.counted }).toEqual(promise.oneChange);
  // A channel that writes the whole object carries each member, there and back, at most 50 bytes long.
  const whole = rig.module.facts.channels[channel]?.writesWhole === true ? 200 * size : 0;
  expect(added.bytes + removed.bytes).toBeLessThan(promise.bytesMax + whole);
  expect(rig.enforced(channel, place.object.name)).toHaveLength(size);
  const later = await place.connect(rig.settings);
  expect([...(await later.observeMembers(place.object))].sort()).toEqual([...addresses].sort());
  await later.close();
}

/** A run of its own, as it comes for one pod: nothing is known from before but what the process remembers of the device. */
async function countCalls(
  place: Place,
  changes: Partial<ObjectChanges>,
): Promise<{ counted: Counted; bytes: number }> {
  const fresh = await place.connect(place.rig.settings);
  const before = place.rig.seen();
  const report = await place.apply(changes, fresh);
  const after = place.rig.seen();
  await fresh.close();
  expectDone(report, [...(changes.add ?? []), ...(changes.remove ?? [])]);
  const counted = { reads: after.reads - before.reads, writes: after.writes - before.writes };
  const usage = fresh.usage();
  expect(usage).toMatchObject({ calls: counted.reads + counted.writes, writes: counted.writes });
  return { counted, bytes: usage.bytesSent + usage.bytesReceived };
}
