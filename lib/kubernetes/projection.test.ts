import { expect, test } from 'vitest';
import { namespaceObject, nodeObject, podObject } from '../../test/support/agent-world.ts';
import { projectNamespace, projectNode, projectPod } from './projection.ts';

function collecting(): { warnings: string[]; warn: (problem: string, detail: string) => void } {
  const warnings: string[] = [];
  return { warnings, warn: (problem, detail) => warnings.push(`${problem} ${detail}`) };
}

const { warn } = collecting();

test('only the projection is kept', () => {
  const projection = projectPod(podObject('u1', { labels: { app: 'web' } }), warn);
  expect(projection).toEqual({
    kind: 'pod',
    uid: 'u1',
    name: 'name-of-u1',
    namespace: 'shop',
    labels: { app: 'web' },
    serviceAccount: 'default',
    node: 'node-1',
    hostNetwork: false,
    addresses: ['10.0.0.1'],
  });
  expect(JSON.stringify(projection)).not.toContain('never kept');
});

test.each(['Succeeded', 'Failed'])('a pod in phase %s has lost its address', (phase) => {
  expect(projectPod(podObject('u', { phase }), warn)?.addresses).toEqual([]);
});

test.each(['Pending', 'Running', 'Unknown'])('a pod in phase %s has the address it has', (phase) => {
  expect(projectPod(podObject('u', { phase }), warn)?.addresses).toEqual(['10.0.0.1']);
});

test('a pod that is being deleted keeps its address', () => {
  expect(projectPod(podObject('u', { deleting: true }), warn)?.addresses).toEqual(['10.0.0.1']);
});

test('a pod without address, status or node is a pod all the same', () => {
  const bare = {
    metadata: { uid: 'u', name: 'n', namespace: 'shop' },
    spec: { nodeName: '', containers: [] },
    status: { phase: 'Pending', podIPs: null },
  };
  expect(projectPod(bare, warn)).toEqual({
    kind: 'pod',
    uid: 'u',
    name: 'n',
    namespace: 'shop',
    labels: {},
    hostNetwork: false,
    addresses: [],
  });
});

test('both families are kept, canonical and once; the single address serves an API without the list', () => {
  const dual = projectPod(podObject('u', { ips: ['10.0.0.1', 'FD00:0:0:0::0001', 'fd00::1'] }), warn);
  expect(dual?.addresses).toEqual(['10.0.0.1', 'fd00::1']);
  const old = podObject('u');
  old['status'] = { phase: 'Running', podIP: '10.0.0.9' };
  expect(projectPod(old, warn)?.addresses).toEqual(['10.0.0.9']);
});

test('a host-network pod is marked', () => {
  expect(projectPod(podObject('u', { hostNetwork: true }), warn)).toMatchObject({
    hostNetwork: true,
    addresses: ['10.0.0.1'],
  });
});

test('what is no address is dropped with a warning, the rest is kept', () => {
  const { warnings, warn } = collecting();
  const pod = projectPod(podObject('u', { ips: ['10.0.0.1', '010.0.0.1', 'fe80::1%eth0', 'x\n'] }), warn);
  expect(pod?.addresses).toEqual(['10.0.0.1']);
  expect(warnings).toHaveLength(3);
  expect(warnings[0]).toContain('address-invalid');
});

test('a node has all its internal addresses and no external one', () => {
  const node = projectNode(nodeObject('n1', 'node-1', ['10.1.0.1', 'fd00::1', '10.1.0.2']), warn);
  expect(node).toMatchObject({ kind: 'node', addresses: ['10.1.0.1', 'fd00::1', '10.1.0.2'] });
});

test('of more addresses than a record holds the same ones are told, the first in any case, with a warning', () => {
  const many = Array.from({ length: 70 }, (_, i) => `10.1.0.${i}`);
  const { warnings, warn } = collecting();
  const one = projectNode(nodeObject('n', 'node-1', ['10.9.0.9', ...many]), warn);
  const other = projectNode(nodeObject('n', 'node-1', ['10.9.0.9', ...many.toReversed()]), warn);
  expect(one?.addresses).toHaveLength(64);
  expect(one?.addresses[0]).toBe('10.9.0.9');
  expect(other).toEqual(one);
  expect(warnings).toEqual([
    expect.stringMatching(/addresses-too-many node node-1 has 71/),
    expect.anything(),
  ]);
});

test('a namespace says when it was made', () => {
  expect(projectNamespace(namespaceObject('u', 'shop', { team: 'red' }), warn)).toEqual({
    kind: 'namespace',
    uid: 'u',
    name: 'shop',
    labels: { team: 'red' },
    created: Date.UTC(2026, 0, 1),
  });
});

test.each([undefined, null, 'x', {}, { metadata: { uid: '', name: 'n', namespace: 's' }, spec: {} }])(
  'what is no object is none, with a warning: %j',
  (object) => {
    const { warnings, warn } = collecting();
    expect(projectPod(object, warn)).toBeUndefined();
    expect(projectNode(object, warn)).toBeUndefined();
    expect(projectNamespace(object, warn)).toBeUndefined();
    expect(warnings).toHaveLength(3);
  },
);
