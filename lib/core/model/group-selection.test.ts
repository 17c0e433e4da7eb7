import { describe, expect, it } from 'vitest';
import { isZonebridgeError } from '../errors.ts';
import type { AddressGroup } from './address-group.ts';
import type { EndpointRecord } from './endpoint.ts';
import { compileGroup, publishedAddresses, selects } from './group-selection.ts';

function group(more: Partial<AddressGroup> = {}): AddressGroup {
  return {
    name: 'web',
    addresses: 'pod',
    select: "app == 'web'",
    ...('anyNamespace' in more ? {} : { namespaces: "kubernetes.io/metadata.name == 'shop'" }),
    usedIn: 'allow',
    maxMembers: 100,
    brakes: { shrink: { minimum: 10, share: 0.3 }, growth: { minimum: 10, share: 0.3 }, windowMinutes: 10 },
    publish: [],
    ...more,
  };
}

function pod(more: Partial<EndpointRecord> = {}): EndpointRecord {
  return {
    kind: 'pod',
    uid: 'u1',
    name: 'web-1',
    namespace: 'shop',
    labels: { app: 'web' },
    namespaceLabels: { team: 'store' },
    serviceAccount: 'web-sa',
    addresses: ['10.1.0.5'],
    node: 'n1',
    nodeAddresses: ['10.0.0.1'],
    hostNetwork: false,
    ...more,
  };
}

const node: EndpointRecord = {
  kind: 'node',
  uid: 'n1',
  name: 'n1',
  labels: { app: 'web', pool: 'a' },
  addresses: ['10.0.0.1'],
  hostNetwork: false,
};

const chosen = (more: Partial<AddressGroup>, record: EndpointRecord, cluster = 'east') =>
  selects(compileGroup(group(more)), record, cluster);

describe('selection of pods', () => {
  it('takes a pod whose labels and namespace both match', () => {
    expect(chosen({}, pod())).toBe(true);
    expect(chosen({}, pod({ labels: { app: 'db' } }))).toBe(false);
    expect(chosen({}, pod({ namespace: 'other' }))).toBe(false);
  });

  it('never opens by a pod label alone: the namespace decides, unless the group waives it', () => {
    const elsewhere = pod({ namespace: 'playground', namespaceLabels: {} });
    expect(chosen({}, elsewhere)).toBe(false);
    expect(chosen({ namespaces: "team == 'store'" }, elsewhere)).toBe(false);
    expect(chosen({ anyNamespace: true }, elsewhere)).toBe(true);
  });

  it.each([
    "projectcalico.org/namespace == 'shop'",
    "projectcalico.org/serviceaccount == 'web-sa'",
    "projectcalico.org/orchestrator == 'k8s'",
  ])('knows the built-in label of %s', (select) => {
    expect(chosen({ select }, pod())).toBe(true);
  });

  it.each(['kubernetes.io/metadata.name', 'projectcalico.org/name'])(
    'knows the name of a namespace as %s',
    (label) => {
      expect(chosen({ namespaces: `${label} == 'shop'` }, pod())).toBe(true);
      const pretender = pod({ namespace: 'evil', namespaceLabels: { [label]: 'shop' } });
      expect(chosen({ namespaces: `${label} == 'shop'` }, pretender)).toBe(false);
    },
  );

  it('lets no user label stand in for a built-in one', () => {
    const labels = {
      'projectcalico.org/namespace': 'bank',
      'projectcalico.org/serviceaccount': 'root',
      'projectcalico.org/orchestrator': 'vm',
    };
    const { serviceAccount: _, ...anonymous } = pod({ labels });
    for (const [label, value] of Object.entries(labels)) {
      const select = `${label} == '${value}'`;
      for (const record of [pod({ labels }), anonymous]) expect(chosen({ select }, record)).toBe(false);
    }
    expect(chosen({ select: 'has(projectcalico.org/serviceaccount)' }, anonymous)).toBe(false);
  });

  it('takes unknown namespace labels for unknown, not for none', () => {
    const { namespaceLabels: _, ...unjoined } = pod();
    expect(chosen({ namespaces: '!has(quarantined)' }, pod())).toBe(true);
    expect(chosen({ namespaces: '!has(quarantined)' }, unjoined)).toBe(false);
    expect(chosen({ namespaces: 'all()' }, unjoined)).toBe(false);
    const { namespace: __, ...homeless } = pod();
    expect(chosen({ namespaces: 'all()' }, homeless)).toBe(false);
  });

  it('keeps to the clusters that the group names', () => {
    expect(chosen({ clusters: ['east'] }, pod(), 'east')).toBe(true);
    expect(chosen({ clusters: ['east'] }, pod(), 'west')).toBe(false);
    expect(chosen({ clusters: [] }, pod(), 'east')).toBe(false);
  });

  it('takes a LabelSelector in both places', () => {
    const select = { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] };
    expect(chosen({ select, namespaces: { matchLabels: { team: 'store' } } }, pod())).toBe(true);
    expect(chosen({ select, namespaces: { matchLabels: { team: 'bank' } } }, pod())).toBe(false);
  });
});

describe('selection of nodes', () => {
  it('happens with global() alone', () => {
    expect(chosen({ addresses: 'node', namespaces: 'global()' }, node)).toBe(true);
    expect(chosen({ addresses: 'node', namespaces: 'all()' }, node)).toBe(false);
    expect(chosen({ addresses: 'node', namespaces: '!has(x)' }, node)).toBe(false);
    expect(chosen({ addresses: 'node', anyNamespace: true }, node)).toBe(false);
  });

  it('takes no pod with it', () => {
    expect(chosen({ addresses: 'node', namespaces: 'global()' }, pod())).toBe(false);
  });

  it('sees the labels of the node, without borrowed built-in ones', () => {
    expect(chosen({ addresses: 'node', namespaces: 'global()', select: "pool == 'a'" }, node)).toBe(true);
    const labelled = { ...node, labels: { 'projectcalico.org/namespace': 'shop' } };
    const select = 'has(projectcalico.org/namespace)';
    expect(chosen({ addresses: 'node', namespaces: 'global()', select }, labelled)).toBe(false);
  });
});

describe('published addresses', () => {
  const published = (addresses: 'pod' | 'node', record: EndpointRecord) =>
    publishedAddresses(compileGroup(group({ addresses })), record);

  it('are a pod’s own, or those of its node', () => {
    expect(published('pod', pod({ addresses: ['10.1.0.5', 'fd00::5'] }))).toEqual(['10.1.0.5', 'fd00::5']);
    expect(published('node', pod())).toEqual(['10.0.0.1']);
    expect(published('node', node)).toEqual(['10.0.0.1']);
  });

  it('are none for a host-network pod in a group of pod addresses', () => {
    const host = pod({ hostNetwork: true, addresses: ['10.0.0.1'] });
    expect(published('pod', host)).toEqual([]);
    expect(published('node', host)).toEqual(['10.0.0.1']);
  });

  it('are none without an address of its own, also of its node', () => {
    expect(published('pod', pod({ addresses: [] }))).toEqual([]);
    expect(published('node', pod({ addresses: [] }))).toEqual([]);
    const { nodeAddresses: _, ...unscheduled } = pod();
    expect(published('node', unscheduled)).toEqual([]);
  });
});

describe('a group is refused', () => {
  const both = { namespaces: 'all()', anyNamespace: true } as const;
  it.each([
    [{ addresses: 'service', namespaces: 'global()' }, 'configuration/invalid', 'no service addresses'],
    [{ serviceAddresses: ['cluster'] }, 'configuration/invalid', 'for addresses: service alone'],
    [{ addresses: 'egress' }, 'configuration/invalid', 'addresses: egress is not built yet'],
    [{ namespaces: undefined }, 'configuration/invalid', 'exactly one is needed'],
    [both, 'configuration/invalid', 'exactly one is needed'],
    [{ namespaces: 'global()' }, 'configuration/invalid', 'use addresses: node'],
    [{ name: 'a|b' }, 'configuration/invalid', 'group "a|b": the name is empty or holds |'],
    [{ select: 'a = b' }, 'selector/invalid', 'group "web", select: at character 3'],
    [{ select: 'global()' }, 'selector/invalid', 'group "web", select: at character 1: global()'],
    [{ namespaces: 'a ~ b' }, 'selector/invalid', 'group "web", namespaces: at character 3'],
    [{ ranges: ['10.0.0.1/8'] }, 'address/invalid', 'group "web", ranges: "10.0.0.1/8"'],
  ] as const)('%j: %s', (more, code, message) => {
    try {
      compileGroup(group(more));
      expect.unreachable('was taken');
    } catch (error) {
      if (!isZonebridgeError(error, code)) throw error;
      expect(error.message).toContain(message);
      expect(error.fields['group']).toBe(group(more).name);
    }
  });
});

describe('services', () => {
  const service: EndpointRecord = {
    ...pod({ kind: 'service', addresses: ['10.2.0.1'] }),
    serviceAccount: undefined,
    node: undefined,
    nodeAddresses: undefined,
    externalAddresses: ['10.3.0.1'],
    clusterAddresses: ['10.96.0.1'],
  };
  const published = (more: Partial<AddressGroup>, record: EndpointRecord) =>
    publishedAddresses(compileGroup(group(more)), record);

  it('are selected as pods are, and never by global()', () => {
    expect(chosen({ addresses: 'service' }, service)).toBe(true);
    expect(chosen({ addresses: 'service' }, { ...service, namespace: 'other' })).toBe(false);
    expect(chosen({ addresses: 'node', namespaces: 'global()' }, service)).toBe(false);
    // Calico's label of workloads.
    expect(chosen({ addresses: 'service', select: 'has(projectcalico.org/orchestrator)' }, service)).toBe(
      false,
    );
  });

  it('bring the addresses that are asked for, each kind by its name', () => {
    expect(published({ addresses: 'service' }, service)).toEqual(['10.2.0.1']);
    expect(published({ addresses: 'service', serviceAddresses: ['cluster', 'external'] }, service)).toEqual([
      '10.3.0.1',
      '10.96.0.1',
    ]);
    expect(published({ addresses: 'service' }, pod())).toEqual([]);
    expect(published({ addresses: 'pod' }, service)).toEqual([]);
    expect(published({ addresses: 'node' }, service)).toEqual([]);
  });
});
