import { expect, test } from 'vitest';
import { shardCount } from '../../core/model/endpoint.ts';
import { type ClusterState, readCluster } from '../state/clusters.ts';
import { beingRebuilt } from './inferred.ts';

const all = Array.from({ length: shardCount }, (_, shard) => String(shard));

function state(losses: number, verified: readonly string[]): ClusterState {
  return { ...readCluster(undefined), losses, verifiedShards: new Set(verified) };
}

test.each([
  ['nothing was ever lost, not all is verified', 0, state(0, ['1']), false],
  ['it was lost once and everything was compared since', 1, state(1, all), false],
  ['it was lost once and not everything was compared', 1, state(1, all.slice(1)), true],
  ['it was lost and mended since the run began', 0, state(1, all), true],
] as const)('%s', (_, before, after, expected) => {
  const known = new Map([['a', state(before, all)]]);
  const unsure = beingRebuilt(known, { lost: false, clusters: new Map([['a', after]]) });
  expect([unsure('a'), unsure(undefined)]).toEqual([expected, false]);
});

test('nobody is sure while a table is lost and the sweep has not noticed', () => {
  const known = new Map([['a', state(0, all)]]);
  const unsure = beingRebuilt(known, { lost: true, clusters: known });
  expect([unsure('a'), unsure(undefined)]).toEqual([true, true]);
});
