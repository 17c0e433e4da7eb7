import { describe, expect, test } from 'vitest';
import { findClashes } from '../bench/names/clashes.ts';
import { identityAt, nameOf } from '../bench/names/identities.ts';
import {
  endpointKey,
  globalEndpointId,
  ownerKey,
  parseGlobalEndpointId,
} from '../../lib/app/state/endpoints.ts';
import { addressName, objectName } from '../../lib/firewalls/fortigate/names.ts';
import { hostileTexts } from './corpus.ts';

test('of 30,000 random groups, shards, feeds and addresses no two have one name; 10 million by npm run bench -- names', () => {
  const { distinct, clashes } = findClashes(30_000, 1);
  expect(clashes).toEqual([]);
  expect(distinct).toBeGreaterThan(25_000);
});

test('the search does find clashes where there are some', () => {
  const kinds = new Set(Array.from({ length: 200 }, (_, place) => identityAt(1, place).kind));
  expect(kinds).toEqual(new Set(['group', 'feed', 'shard', 'address']));
  expect(nameOf({ kind: 'group', hub: 'a', group: 'b' })).toBe(
    nameOf({ kind: 'group', hub: 'a', group: 'b' }),
  );
  expect(findClashes(5_000, 1, undefined, (identity) => nameOf(identity).slice(0, 30)).clashes).not.toEqual(
    [],
  );
});

describe('hostile names', () => {
  test('of groups and hubs give object names of letters, digits, dots, dashes and underscores, each its own', () => {
    const names = hostileTexts.flatMap((text) => [
      objectName({ hub: 'prod', group: text, channel: 'objects' }),
      objectName({ hub: text, group: 'web', channel: 'objects' }),
      objectName({ hub: 'prod', group: text, channel: 'push' }),
      addressName(text, '10.1.0.1'),
    ]);
    for (const name of names) expect(name).toMatch(/^zbf?-[a-z0-9._-]+$/);
    expect(new Set(names).size).toBe(names.length);
  });

  test('of endpoints give keys of their own, whatever separators they hold', () => {
    const uids = [...hostileTexts, 'a', 'a|b', '|', 'a|', '|a'];
    const clusters = ['1|r|a', '1|r|a|b', '1|r|b'];
    const keys = clusters.flatMap((cluster) =>
      uids.map((uid) => {
        const key = endpointKey(cluster, `pod|${uid}`);
        return `${key.pk} ${key.sk}`;
      }),
    );
    expect(new Set(keys).size).toBe(keys.length);
    const ids = uids.map((uid) => globalEndpointId('111122223333|eu-central-1|one', `pod|${uid}`));
    expect(new Set(ids).size).toBe(ids.length);
    for (const [index, id] of ids.entries())
      expect(parseGlobalEndpointId(id)).toMatchObject({ id: `pod|${uids[index]}` });
    expect(ownerKey('a', '10.1.0.1')).not.toEqual(ownerKey('b', '10.1.0.1'));
  });
});
