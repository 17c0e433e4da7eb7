import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { expect, test } from 'vitest';
import { desiredMemberships } from '../../lib/core/desired/memberships.ts';
import { parseRanges } from '../../lib/core/model/address.ts';
import { parseMembershipKey } from '../../lib/core/model/address-group.ts';
import type { EndpointRecord } from '../../lib/core/model/endpoint.ts';
import { compileGroup } from '../../lib/core/model/group-selection.ts';
import { importTigera, readText } from '../../lib/imports/tigera/index.ts';
import { joinPod } from '../../lib/kubernetes/join.ts';
import { projectNamespace, projectNode, projectPod } from '../../lib/kubernetes/projection.ts';
import { importOptions } from '../support/import-options.ts';

/** A selector, as a person thinks of it: evaluated and written here once more, without our grammar. */
type Wish =
  | { is: 'has' | 'lacks'; label: string }
  | { is: '==' | '!='; label: string; value: string }
  | { is: 'in' | 'not in'; label: string; values: string[] }
  | { is: '&&' | '||'; parts: Wish[] }
  | { is: '!'; part: Wish };

type Labels = Record<string, string>;

function holds(wish: Wish, labels: Labels): boolean {
  if ('parts' in wish) {
    const verdicts = wish.parts.map((part) => holds(part, labels));
    return wish.is === '&&' ? !verdicts.includes(false) : verdicts.includes(true);
  }
  if ('part' in wish) return !holds(wish.part, labels);
  const found = new Map(Object.entries(labels)).get(wish.label);
  if ('values' in wish) {
    const among = found !== undefined && wish.values.includes(found);
    return wish.is === 'in' ? among : !among;
  }
  if ('value' in wish) return (found === wish.value) === (wish.is === '==');
  return (found !== undefined) === (wish.is === 'has');
}

function written(wish: Wish): string {
  if ('parts' in wish) return wish.parts.map((one) => `(${written(one)})`).join(wish.is);
  if ('part' in wish) return `!(${written(wish.part)})`;
  if ('values' in wish)
    return `${wish.label} ${wish.is} { ${wish.values.map((one) => `'${one}'`).join(', ')} }`;
  if ('value' in wish) return `${wish.label} ${wish.is} "${wish.value}"`;
  return `${wish.is === 'has' ? '' : '!'}has(${wish.label})`;
}

const value = fc.constantFrom('a', 'b', 'c');
function wishes(labels: readonly string[]): fc.Arbitrary<Wish> {
  const label = fc.constantFrom(...labels);
  const { wish } = fc.letrec<{ wish: Wish }>((tie) => ({
    wish: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({ is: fc.constantFrom('has' as const, 'lacks' as const), label }),
      fc.record({ is: fc.constantFrom('==' as const, '!=' as const), label, value }),
      fc.record({
        is: fc.constantFrom('in' as const, 'not in' as const),
        label,
        values: fc.array(value, { maxLength: 3 }),
      }),
      fc.record({
        is: fc.constantFrom('&&' as const, '||' as const),
        parts: fc.array(tie('wish'), { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ is: fc.constant('!' as const), part: tie('wish') }),
    ),
  }));
  return wish;
}

const own = ['app', 'tier', 'in', 'x/y.z', 'projectcalico.org/namespace', 'projectcalico.org/serviceaccount'];
const ofNamespace = ['team', 'projectcalico.org/name', 'kubernetes.io/metadata.name'];
const policies = fc.array(
  fc.record({
    tier: fc.constantFrom('default', 'firewall'),
    mapped: fc.boolean(),
    selector: fc.option(wishes(own)),
    namespaceSelector: fc.option(wishes(ofNamespace)),
    serviceAccountSelector: fc.option(wishes(['projectcalico.org/name'])),
  }),
  { maxLength: 6 },
);
const pods = fc.array(
  fc.record({
    namespace: value,
    serviceAccount: value,
    node: fc.nat({ max: 3 }),
    labels: fc.dictionary(fc.constantFrom('app', 'tier', 'in', 'x/y.z'), value, { maxKeys: 4 }),
    phase: fc.constantFrom('Running', 'Running', 'Pending', 'Succeeded'),
  }),
  { maxLength: 12 },
);
const teams = fc.dictionary(value, value, { maxKeys: 3 });

interface Given {
  policies: typeof policies extends fc.Arbitrary<infer T> ? T : never;
  pods: typeof pods extends fc.Arbitrary<infer T> ? T : never;
  teams: Record<string, string>;
}

const nodeAddress = (node: number) => `10.0.0.${node + 1}`;
const podAddress = (index: number) => `10.1.0.${index + 1}`;
const runs = ({ phase }: { phase: string }) => phase === 'Running';

/** What the former controller puts into which object, by its description: one policy is one group of the pods, or of their nodes. */
function former(given: Given, selection: 'pod' | 'node'): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [number, policy] of given.policies.entries()) {
    if (!policy.mapped) continue;
    const selected = given.pods.flatMap((pod, index) => {
      const { namespace, serviceAccount } = pod;
      const team = given.teams[namespace];
      const inside = {
        'projectcalico.org/namespace': namespace,
        'projectcalico.org/serviceaccount': serviceAccount,
      };
      const names = { 'projectcalico.org/name': namespace, 'kubernetes.io/metadata.name': namespace };
      const fits =
        (policy.selector === null || holds(policy.selector, { ...pod.labels, ...inside })) &&
        (policy.namespaceSelector === null ||
          holds(policy.namespaceSelector, { ...names, ...(team === undefined ? {} : { team }) })) &&
        (policy.serviceAccountSelector === null ||
          holds(policy.serviceAccountSelector, { 'projectcalico.org/name': serviceAccount }));
      if (!fits || !runs(pod)) return [];
      return [selection === 'pod' ? podAddress(index) : nodeAddress(pod.node)];
    });
    groups[`${policy.tier}.p${number}`] = [...new Set(selected)].sort();
  }
  return groups;
}

function dump(given: Given, selection: 'pod' | 'node'): string {
  const configMap = (name: string, data: Labels) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'tigera-firewall-controller' },
    data,
  });
  const device = '- { name: edge-1, ip: 10.9.9.9, vdom: dmz, apikey: { secretKeyRef: { name: s, key: k } } }';
  const objects = [
    configMap('tigera-firewall-controller', {
      'tigera.firewall.policy.selector': "mapped == 'yes' && has(projectcalico.org/tier)",
      'tigera.firewall.addressSelection': selection,
    }),
    configMap('tigera-firewall-controller-configs', { 'tigera.firewall.fortigate': device }),
    ...given.policies.map((policy, number) => ({
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalNetworkPolicy',
      metadata: { name: `${policy.tier}.p${number}`, labels: policy.mapped ? { mapped: 'yes' } : {} },
      spec: {
        tier: policy.tier,
        ...(policy.selector && { selector: written(policy.selector) }),
        ...(policy.namespaceSelector && { namespaceSelector: written(policy.namespaceSelector) }),
        ...(policy.serviceAccountSelector && {
          serviceAccountSelector: written(policy.serviceAccountSelector),
        }),
      },
    })),
  ];
  return objects.map((object) => stringify(object)).join('---\n');
}

/** Records as the agent makes them of the objects of a cluster. */
function records({ pods: all, teams: labelled }: Given): EndpointRecord[] {
  const fail = (why: unknown): never => {
    throw new Error(String(why));
  };
  return all.map(({ namespace, serviceAccount, node, labels, phase }, index) => {
    const address = podAddress(index);
    const status = { phase, ...(phase === 'Pending' ? {} : { podIP: address, podIPs: [{ ip: address }] }) };
    const pod = projectPod(
      {
        metadata: { uid: `u${index}`, name: `p${index}`, namespace, labels },
        spec: { nodeName: `n${node}`, serviceAccountName: serviceAccount },
        status,
      },
      fail,
    );
    const team = labelled[namespace];
    const place = projectNamespace(
      {
        metadata: {
          uid: namespace,
          name: namespace,
          labels: team === undefined ? {} : { team },
          creationTimestamp: '2026-01-01T00:00:00Z',
        },
      },
      fail,
    );
    const host = projectNode(
      {
        metadata: { uid: `n${node}`, name: `n${node}` },
        status: { addresses: [{ type: 'InternalIP', address: nodeAddress(node) }] },
      },
      fail,
    );
    return pod && place ? joinPod(pod, place, host) : fail('a record is missing');
  });
}

const options = { ...importOptions, part: false };

test.each(['pod', 'node'] as const)(
  'imported groups have the objects and members that the former tool gave them: %s',
  (selection) => {
    fc.assert(
      fc.property(fc.record({ policies, pods, teams }), (given) => {
        const { groups, notCarried } = importTigera(readText('dump.yaml', dump(given, selection)), options);
        expect(notCarried).toEqual([]);
        const compiled = groups.map(({ group }) => compileGroup(group));
        const members = new Map(groups.map(({ group }) => [group.name, new Set<string>()]));
        const cluster = { name: 'shop', realm: 'default' };
        for (const record of records(given)) {
          const { keys, refused } = desiredMemberships({
            record,
            cluster,
            groups: compiled,
            ranges: parseRanges(['10.0.0.0/8']),
          });
          expect(refused).toEqual([]);
          for (const key of keys) {
            const { group, address } = parseMembershipKey(key);
            members.get(group)?.add(address);
          }
        }
        const now = Object.fromEntries(
          groups.map(({ group }) => [group.publish[0]?.object, [...(members.get(group.name) ?? [])].sort()]),
        );
        expect(now).toEqual(former(given, selection));
      }),
      { numRuns: 300 },
    );
  },
);
