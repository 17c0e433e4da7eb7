import { describe, expect, test } from 'vitest';
import { findClashes } from '../bench/names/clashes.ts';
import { type Identity, namingOf } from '../bench/names/identities.ts';
import { vendors } from '../bench/names/vendors.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import {
  endpointKey,
  globalEndpointId,
  ownerKey,
  parseGlobalEndpointId,
} from '../../lib/app/state/endpoints.ts';
import { addressName, objectName } from '../../lib/firewalls/fortigate/names.ts';
import { hostileTexts } from './corpus.ts';

describe.each(Object.entries(vendors))('names on %s', (kind, things) => {
  const naming = namingOf(kind);

  test('no two of 30,000 random objects have one; 10 million by npm run bench -- names', () => {
    const { distinct, clashes } = findClashes(naming, 30_000, 1);
    expect(clashes).toEqual([]);
    expect(distinct).toBeGreaterThan(20_000);
  });

  test('the search does find clashes where there are some', () => {
    const made = Array.from({ length: 200 }, (_, place) => naming.identityAt(1, place).kind);
    expect(new Set(made)).toEqual(new Set(Object.keys(things)));
    const cut = { ...naming, nameOf: (identity: Identity) => naming.nameOf(identity).slice(0, 20) };
    expect(findClashes(cut, 5_000, 1).clashes).not.toEqual([]);
  });
});

test('every vendor is looked at', () => {
  expect(Object.keys(vendors).toSorted()).toEqual(Object.keys(firewallModules).toSorted());
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
