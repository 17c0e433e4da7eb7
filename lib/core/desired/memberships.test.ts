import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inRanges, parseRanges } from '../model/address.ts';
import { type AddressGroup, membershipKey, parseMembershipKey } from '../model/address-group.ts';
import { compareVersions, type EndpointRecord, type Version } from '../model/endpoint.ts';
import { compileGroup } from '../model/group-selection.ts';
import { desiredMemberships, membershipDifference } from './memberships.ts';

function group(name: string, more: Partial<AddressGroup>) {
  return compileGroup({
    name,
    addresses: 'pod',
    select: 'all()',
    usedIn: 'allow',
    maxMembers: 100,
    brakes: { shrink: { minimum: 10, share: 0.3 }, growth: { minimum: 10, share: 0.3 }, windowMinutes: 10 },
    publish: [],
    ...more,
  });
}

const groups = [
  group('web', { select: "app == 'web'", namespaces: "team == 'a'" }),
  group('any', { select: 'has(app)', anyNamespace: true, ranges: ['10.1.0.0/30', 'fd00::/64'] }),
  group('not-web', { select: "app != 'web'", namespaces: "team != 'a'" }),
  group('nodes', { addresses: 'node', namespaces: 'global()' }),
  group('web-nodes', { addresses: 'node', select: "app == 'web'", anyNamespace: true }),
];
const ranges = parseRanges(['10.0.0.0/15', 'fd00::/48']);
const cluster = { name: 'east', realm: 'main' };
const desired = (record: EndpointRecord) => desiredMemberships({ record, cluster, groups, ranges });

const pod: EndpointRecord = {
  kind: 'pod',
  uid: 'u1',
  name: 'p',
  namespace: 'shop',
  labels: { app: 'web' },
  namespaceLabels: { team: 'a' },
  addresses: ['10.1.0.1'],
  nodeAddresses: ['10.0.0.9'],
  hostNetwork: false,
};

describe('desiredMemberships', () => {
  it('gives the keys of every group that selects the endpoint, sorted', () => {
    expect(desired(pod)).toEqual({
      keys: ['any|main|10.1.0.1', 'web-nodes|main|10.0.0.9', 'web|main|10.1.0.1'],
      refused: [],
    });
  });

  it('refuses what lies outside of the cluster, group by group, and says why', () => {
    const { keys, refused } = desired({ ...pod, addresses: ['192.0.2.1'], nodeAddresses: [] });
    expect(keys).toEqual([]);
    const reason = '192.0.2.1 is outside of the ranges of cluster "east"';
    expect(refused).toEqual([
      { address: '192.0.2.1', group: 'web', code: 'address/outside-ranges', reason },
      { address: '192.0.2.1', group: 'any', code: 'address/outside-ranges', reason },
    ]);
  });

  it('refuses what lies outside of the group alone for that group', () => {
    const { keys, refused } = desired({ ...pod, addresses: ['10.1.0.4'], nodeAddresses: [] });
    expect(keys).toEqual(['web|main|10.1.0.4']);
    const reason = '10.1.0.4 is outside of the ranges of group "any"';
    expect(refused).toEqual([{ address: '10.1.0.4', group: 'any', code: 'address/outside-ranges', reason }]);
  });

  it('refuses hostile addresses without losing the good ones beside them', () => {
    const { keys, refused } = desired({
      ...pod,
      addresses: ['10.1.0.1|x', '010.1.0.1', '10.1.0.2', 'FD00::0:2'],
      nodeAddresses: [],
    });
    expect(keys).toEqual(['any|main|10.1.0.2', 'any|main|fd00::2', 'web|main|10.1.0.2', 'web|main|fd00::2']);
    expect(refused.map(({ address, code }) => [address, code])).toEqual([
      ['10.1.0.1|x', 'address/invalid'],
      ['010.1.0.1', 'address/invalid'],
      ['10.1.0.1|x', 'address/invalid'],
      ['010.1.0.1', 'address/invalid'],
    ]);
  });
});

const address = fc.constantFrom(
  ...'10.1.0.1 10.1.0.2 10.1.0.9 10.0.0.9 10.2.0.1 192.0.2.1 fd00::1 FD00::1 fd01::1 x'.split(' '),
);
const addresses = fc.array(address, { maxLength: 3 });
const labels = fc.dictionary(fc.constantFrom('app', 'team'), fc.constantFrom('web', 'db', 'a', 'b'));
const podRecord = fc.record({
  kind: fc.constant('pod' as const),
  uid: fc.constantFrom('1', '2', '3', '4'),
  name: fc.constant('p'),
  namespace: fc.constantFrom('shop', 'bank'),
  labels,
  namespaceLabels: labels,
  addresses,
  nodeAddresses: addresses,
  hostNetwork: fc.boolean(),
});
const nodeRecord = fc.record({
  kind: fc.constant('node' as const),
  uid: fc.constantFrom('1', '2'),
  name: fc.constant('n'),
  labels,
  addresses,
  hostNetwork: fc.constant(false),
});
const record: fc.Arbitrary<EndpointRecord> = fc.oneof({ weight: 4, arbitrary: podRecord }, nodeRecord);

/** Takes records as a hub does: an older or repeated one changes nothing, a newer one brings its difference. */
function replay(stream: readonly { version: Version; record: EndpointRecord }[]) {
  const versions = new Map<string, Version>();
  const keys = new Map<string, string[]>();
  const members = new Set<string>();
  for (const { version, record } of stream) {
    const id = `${record.kind}|${record.uid}`;
    const known = versions.get(id);
    if (known && compareVersions(version, known) <= 0) continue;
    const after = desired(record).keys;
    const { added, removed } = membershipDifference(keys.get(id) ?? [], after);
    for (const key of added) members.add(`${key} because of ${id}`);
    for (const key of removed) members.delete(`${key} because of ${id}`);
    versions.set(id, version);
    keys.set(id, after);
  }
  return [...members].sort();
}

const stream = fc
  .array(record, { maxLength: 12 })
  .map((records) => records.map((record, index) => ({ version: { epoch: 1, sequence: index + 1 }, record })));

describe('the laws', () => {
  it('the order and the repetition of records do not matter', () => {
    const disturbed = stream.chain((records) =>
      fc.tuple(
        fc.constant(records),
        fc.shuffledSubarray([...records, ...records], { minLength: records.length * 2 }),
      ),
    );
    fc.assert(
      fc.property(disturbed, ([records, shuffled]) => {
        expect(replay(shuffled)).toEqual(replay(records));
      }),
      { numRuns: 500 },
    );
  });

  it('the end state is that of the newest record of each endpoint', () => {
    fc.assert(
      fc.property(stream, (records) => {
        const newest = new Map(records.map(({ record }) => [`${record.kind}|${record.uid}`, record]));
        const expected = [...newest].flatMap(([id, record]) =>
          desired(record).keys.map((key) => `${key} because of ${id}`),
        );
        expect(replay(records)).toEqual(expected.sort());
      }),
    );
  });

  it('an endpoint without address is a member of nothing', () => {
    fc.assert(
      fc.property(record, (record) => {
        expect(desired({ ...record, addresses: [] })).toEqual({ keys: [], refused: [] });
      }),
    );
  });

  it('nothing outside of the ranges is published, and nothing selected disappears unsaid', () => {
    fc.assert(
      fc.property(record, (record) => {
        const { keys, refused } = desired(record);
        expect(keys).toEqual([...new Set(keys)].sort());
        for (const key of keys) {
          const { group, realm, address } = parseMembershipKey(key);
          expect(membershipKey(group, realm, address)).toBe(key);
          expect(realm).toBe('main');
          expect(inRanges(address, ranges)).toBe(true);
          if (group === 'any')
            expect(inRanges(address, parseRanges(['10.1.0.0/30', 'fd00::/64']))).toBe(true);
        }
        if (record.kind === 'pod' && !record.hostNetwork && record.labels['app'] !== undefined) {
          const told = [...keys.map((key) => parseMembershipKey(key)), ...refused].filter(
            (one) => one.group === 'any',
          );
          const texts = new Set(told.map((one) => one.address.toLowerCase()));
          expect(texts).toEqual(new Set(record.addresses.map((text) => text.toLowerCase())));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a pod is in a group only when its namespace is, whatever its own labels say', () => {
    fc.assert(
      fc.property(podRecord, (record) => {
        const published = desired(record).keys.map((key) => parseMembershipKey(key).group);
        if (record.namespaceLabels['team'] !== 'a') expect(published).not.toContain('web');
        else expect(published).not.toContain('not-web');
        expect(published).not.toContain('nodes');
        if (record.hostNetwork) expect(published.filter((name) => name !== 'web-nodes')).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('membershipDifference', () => {
  it('leads from one set to the other and touches nothing else', () => {
    const keys = fc.array(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e'), { maxLength: 6 });
    fc.assert(
      fc.property(keys, keys, (before, after) => {
        const { added, removed } = membershipDifference(before, after);
        const reached = new Set([...before.filter((key) => !removed.includes(key)), ...added]);
        expect(reached).toEqual(new Set(after));
        expect(added.some((key) => before.includes(key))).toBe(false);
        expect(removed.every((key) => before.includes(key))).toBe(true);
        expect([added, removed]).toEqual([[...new Set(added)].sort(), [...new Set(removed)].sort()]);
        expect(membershipDifference(after, after)).toEqual({ added: [], removed: [] });
      }),
    );
  });
});
