import { expect, test } from 'vitest';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import { manifestDetail } from '../../lib/core/model/messages.ts';
import { limits, utf8 } from './batch.ts';
import { allShards, firstCall, manifestEvents, shardManifests } from './manifests.ts';

const envelope = { schema: 1, epoch: 3, sentAt: 1_700_000_000_000, source: 'zonebridge.cluster.x' };
const hashes = (count: number) =>
  Array.from({ length: count }, (_, i): [string, string] => [
    `pod|0f5c7e1a-8f0b-4a53-9c1b-${String(i).padStart(12, '0')}`,
    String(i).padStart(16, '0'),
  ]);

test('every shard has its manifest, also an empty one, and lists its own endpoints in order', () => {
  const all = hashes(1_000);
  const manifests = shardManifests(all.toReversed(), new Set(allShards), 77);
  expect(manifests.map(({ shard }) => shard)).toEqual(allShards);
  for (const { count, cut, entries, shard } of manifests) {
    expect(cut).toBe(77);
    expect(count).toBe(entries.length);
    const own = all.filter(([id]) => shardOf(id) === shard).sort(([a], [b]) => (a < b ? -1 : 1));
    expect(entries).toEqual(own);
  }
});

test('only the shards asked for', () => {
  const manifests = shardManifests(hashes(500), new Set([9, 4]), 1);
  expect(manifests.map(({ shard }) => shard)).toEqual([4, 9]);
});

test('events stay below 60 KB, calls below 200 KB and 10 entries, and nothing is left out', () => {
  const manifests = shardManifests(hashes(20_000), new Set(allShards), 1);
  const events = manifestEvents(manifests, envelope);
  expect(events.length).toBeGreaterThan(10);
  for (const { bytes, entry } of events) {
    expect(utf8(envelope.source) + utf8(entry.detailType) + utf8(entry.detail)).toBeLessThanOrEqual(bytes);
    expect(bytes).toBeLessThanOrEqual(limits.manifestBytes);
  }
  const sent = events.flatMap(({ entry }) => manifestDetail.parse(JSON.parse(entry.detail)).manifests);
  expect(sent).toEqual(manifests);
  const call = firstCall(events);
  expect(call.length).toBeGreaterThan(1);
  expect(call.length).toBeLessThanOrEqual(limits.entries);
  expect(call.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(limits.callBytes);
});

test('an empty cluster fits into one event', () => {
  const events = manifestEvents(shardManifests([], new Set(allShards), 0), envelope);
  expect(events).toHaveLength(1);
});

test('a shard that is too large for an event travels alone', () => {
  const big = { shard: 5, cut: 1, count: 2_000, entries: hashes(2_000) };
  const small = { shard: 6, cut: 1, count: 0, entries: [] };
  expect(manifestEvents([small, big, small], envelope).map(({ shards }) => shards)).toEqual([[6], [5], [6]]);
});
