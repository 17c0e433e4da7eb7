import { expect, test } from 'vitest';
import { endpointRecord } from '../core/model/messages.ts';
import { joinPod, nodeRecord } from './join.ts';
import type { NamespaceProjection, NodeProjection, PodProjection } from './projection.ts';

const pod: PodProjection = {
  kind: 'pod',
  uid: 'p',
  name: 'web-1',
  namespace: 'shop',
  labels: { app: 'web' },
  node: 'node-1',
  hostNetwork: false,
  addresses: ['10.0.0.1'],
};
const namespace: NamespaceProjection = {
  kind: 'namespace',
  uid: 'n',
  name: 'shop',
  labels: { team: 'red' },
  created: 5,
};
const node: NodeProjection = {
  kind: 'node',
  uid: 'o',
  name: 'node-1',
  labels: { zone: 'a' },
  addresses: ['10.1.0.1', 'fd00::1'],
};

test('a record has the labels of its namespace and the addresses of its node, in the form the hub takes', () => {
  const record = joinPod(pod, namespace, node);
  expect(record).toMatchObject({
    namespaceLabels: { team: 'red', 'kubernetes.io/metadata.name': 'shop', 'projectcalico.org/name': 'shop' },
    namespaceCreated: 5,
    nodeAddresses: ['10.1.0.1', 'fd00::1'],
  });
  expect(endpointRecord.parse(record)).toEqual(record);
  expect(endpointRecord.parse(nodeRecord(node))).toMatchObject({ kind: 'node', addresses: node.addresses });
});

test('a namespace cannot give itself the name of another one by a label', () => {
  const forged = {
    ...namespace,
    labels: { 'projectcalico.org/name': 'bank', 'kubernetes.io/metadata.name': 'bank' },
  };
  expect(joinPod(pod, forged, undefined).namespaceLabels).toEqual({
    'projectcalico.org/name': 'shop',
    'kubernetes.io/metadata.name': 'shop',
  });
});

test('without a node there are no node addresses, not empty ones', () => {
  expect(joinPod(pod, namespace, undefined)).not.toHaveProperty('nodeAddresses');
});
