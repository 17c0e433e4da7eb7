import { describe, expect, test } from 'vitest';
import type { AddressGroup } from '../model/address-group.ts';
import { compileGroup } from '../model/group-selection.ts';
import { defaultBrakes } from '../plan/brakes.ts';
import { calicoPolicies, kubernetesPolicies } from './egress-policy.ts';

function compiled(more: Partial<AddressGroup> = {}) {
  return compileGroup({
    name: 'web',
    addresses: 'node',
    select: "app == 'web'",
    namespaces: "team == 'shop'",
    usedIn: 'allow',
    maxMembers: 10,
    brakes: defaultBrakes,
    publish: [],
    ...more,
  });
}

const destinations = ['172.20.0.0/16', 'fd00:20::/32'];
const families = [4, 6] as const;

describe('Kubernetes policies', () => {
  const namespaces = [
    { name: 'pay', inScope: false },
    { name: 'shop', inScope: true },
  ];

  test('all pods of other namespaces, and what the group does not select in its own', () => {
    const policies = kubernetesPolicies({ group: compiled(), destinations, families, namespaces });
    expect(
      policies.map(({ metadata, spec }) => [metadata['namespace'], metadata['name'], spec['podSelector']]),
    ).toEqual([
      ['pay', 'keep-out-web-1', {}],
      ['shop', 'keep-out-web-1', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }],
    ]);
    expect(policies[0]?.spec['egress']).toEqual([
      {
        to: [
          { ipBlock: { cidr: '0.0.0.0/0', except: ['172.20.0.0/16'] } },
          { ipBlock: { cidr: '::/0', except: ['fd00:20::/32'] } },
          { namespaceSelector: {} },
        ],
      },
    ]);
  });

  test('speak of the families of the cluster alone', () => {
    const [policy] = kubernetesPolicies({ group: compiled(), destinations, families: [4], namespaces });
    expect(JSON.stringify(policy)).not.toContain('::');
    const calico = calicoPolicies({ group: compiled(), destinations, families: [4] });
    expect(JSON.stringify(calico)).not.toContain('fd00');
  });

  test('a group of everything in its namespaces keeps out nobody there', () => {
    const group = compiled({ select: 'all()' });
    const policies = kubernetesPolicies({ group, destinations, families, namespaces });
    expect(policies.map(({ metadata }) => metadata['namespace'])).toEqual(['pay']);
  });

  test('what cannot be said exactly is refused', () => {
    const group = compiled({ select: "app contains 'w'" });
    expect(() => kubernetesPolicies({ group, destinations, families, namespaces })).toThrow(/no words for/);
    const [pay] = namespaces;
    expect(kubernetesPolicies({ group, destinations, families, namespaces: pay ? [pay] : [] })).toHaveLength(
      1,
    );
  });
});

describe("Calico's policies", () => {
  test('deny the destinations by family and pass on the rest, for pods alone', () => {
    const [tier, first, second, ...more] = calicoPolicies({ group: compiled(), destinations, families });
    expect(tier).toMatchObject({ kind: 'Tier', metadata: { name: 'zonebridge' } });
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      kind: 'GlobalNetworkPolicy',
      metadata: { name: 'zonebridge.keep-out-web-1' },
      spec: {
        tier: 'zonebridge',
        selector: 'projectcalico.org/orchestrator == "k8s" && !(app == "web")',
        types: ['Egress'],
        egress: [
          { action: 'Deny', destination: { nets: ['172.20.0.0/16'] } },
          { action: 'Deny', destination: { nets: ['fd00:20::/32'] } },
          { action: 'Pass' },
        ],
      },
    });
    expect(second?.spec).toMatchObject({
      selector: 'projectcalico.org/orchestrator == "k8s"',
      namespaceSelector: '!(team == "shop")',
    });
  });

  test('a group of nodes keeps out every pod, one of any namespace has one policy', () => {
    const nodes = calicoPolicies({ group: compiled({ namespaces: 'global()' }), destinations, families });
    expect(nodes.slice(1).map(({ spec }) => spec['selector'])).toEqual([
      'projectcalico.org/orchestrator == "k8s"',
    ]);
    const { namespaces: _, ...anywhere } = compiled().group;
    const any = compileGroup({ ...anywhere, anyNamespace: true });
    expect(calicoPolicies({ group: any, destinations, families }).slice(1)).toHaveLength(1);
  });

  test('names of groups become names of objects, different ones different ones', () => {
    const names = ['web', 'we.b', 'we-b', 'w', 'web-', 'x'.repeat(63), 'x'.repeat(62)].map(
      (name) => calicoPolicies({ group: compiled({ name }), destinations, families })[1]?.metadata['name'],
    );
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^zonebridge\.[a-z0-9][-a-z0-9]{0,61}[a-z0-9]$/);
  });

  test('a selector that is too long is refused', () => {
    const select = Array.from({ length: 35 }, (_, n) => `has(some-longer-label-${n})`).join(' || ');
    expect(() => calicoPolicies({ group: compiled({ select }), destinations, families })).toThrow(
      /1024 characters/,
    );
  });
});
