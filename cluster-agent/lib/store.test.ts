import { beforeEach, expect, test } from 'vitest';
import type { NamespaceProjection, NodeProjection, PodProjection } from '../../lib/kubernetes/projection.ts';
import { Store } from './store.ts';

let touched: string[];
let store: Store;

beforeEach(() => {
  touched = [];
  store = new Store((id, cause) => touched.push(`${id} ${cause}`));
});

/** What was touched since the last look. */
function news(): string[] {
  return touched.splice(0).sort();
}

const pod = (uid: string, more: Partial<PodProjection> = {}): PodProjection => ({
  kind: 'pod',
  uid,
  name: uid,
  namespace: 'shop',
  labels: {},
  node: 'node-1',
  hostNetwork: false,
  addresses: ['10.0.0.1'],
  ...more,
});
const node = (uid: string, more: Partial<NodeProjection> = {}): NodeProjection => ({
  kind: 'node',
  uid,
  name: 'node-1',
  labels: {},
  addresses: ['10.1.0.1'],
  ...more,
});
const namespace = (uid: string, more: Partial<NamespaceProjection> = {}): NamespaceProjection => ({
  kind: 'namespace',
  uid,
  name: 'shop',
  labels: {},
  created: 1,
  ...more,
});

test('an update that changes nothing of the projection touches nothing', () => {
  store.upsert(namespace('s'), 'watch');
  store.upsert(node('n'), 'watch');
  store.upsert(pod('p'), 'watch');
  expect(news()).toEqual(['node|n watch', 'pod|p watch']);
  store.upsert(pod('p'), 'watch');
  store.upsert(node('n'), 'watch');
  store.upsert(namespace('s'), 'watch');
  expect(news()).toEqual([]);
});

test('a namespace touches its pods alone, a node only when its addresses change', () => {
  store.upsert(namespace('s'), 'watch');
  store.upsert(node('n'), 'watch');
  store.upsert(pod('p1'), 'watch');
  store.upsert(pod('p2', { namespace: 'other', node: 'node-2' }), 'watch');
  news();
  store.upsert(namespace('s', { labels: { zone: 'dmz' } }), 'watch');
  expect(news()).toEqual(['pod|p1 namespace']);
  expect(store.record('pod|p1')?.namespaceLabels?.['zone']).toBe('dmz');
  store.upsert(node('n', { labels: { zone: 'b' } }), 'watch');
  expect(news()).toEqual(['node|n watch']);
  store.upsert(node('n', { labels: { zone: 'b' }, addresses: ['10.1.0.9'] }), 'watch');
  expect(news()).toEqual(['node|n watch', 'pod|p1 node']);
  expect(store.record('pod|p1')?.nodeAddresses).toEqual(['10.1.0.9']);
});

test('a pod that came before its namespace has no record until the namespace is there', () => {
  store.upsert(pod('p'), 'watch');
  expect(store.has('pod|p')).toBe(true);
  expect(store.record('pod|p')).toBeUndefined();
  news();
  store.upsert(namespace('s', { labels: { zone: 'dmz' } }), 'watch');
  expect(news()).toEqual(['pod|p namespace']);
  expect(store.record('pod|p')?.namespaceLabels).toMatchObject({ zone: 'dmz' });
});

test('a namespace that is gone serves its last pods and is forgotten with them', () => {
  store.upsert(namespace('s', { labels: { zone: 'dmz' } }), 'watch');
  store.upsert(pod('p'), 'watch');
  store.remove(namespace('s'), 'watch');
  store.upsert(pod('p', { addresses: [] }), 'watch');
  expect(store.record('pod|p')).toMatchObject({ namespaceLabels: { zone: 'dmz' }, addresses: [] });
  store.remove(pod('p'), 'watch');
  store.upsert(pod('p2'), 'watch');
  expect(store.record('pod|p2')).toBeUndefined();
});

test('a pod that moves belongs to its new node only', () => {
  store.upsert(namespace('s'), 'watch');
  store.upsert(node('n1'), 'watch');
  store.upsert(pod('p', { node: 'node-1' }), 'watch');
  store.upsert(pod('p', { node: 'node-2' }), 'watch');
  news();
  store.upsert(node('n1', { addresses: ['10.1.0.7'] }), 'watch');
  expect(news()).toEqual(['node|n1 watch']);
  store.upsert(node('n2', { name: 'node-2' }), 'watch');
  expect(news()).toEqual(['node|n2 watch', 'pod|p node']);
});

test('a node that is gone takes its addresses from its pods; one made anew under its name gives its own', () => {
  store.upsert(namespace('s'), 'watch');
  store.upsert(node('n1'), 'watch');
  store.upsert(pod('p'), 'watch');
  news();
  store.remove(node('n1'), 'watch');
  expect(news()).toEqual(['node|n1 watch', 'pod|p node']);
  expect(store.record('pod|p')).not.toHaveProperty('nodeAddresses');
  // The removal of the old one comes after the new one.
  store.upsert(node('n2', { addresses: ['10.1.0.2'] }), 'watch');
  store.upsert(node('n3', { addresses: ['10.1.0.3'] }), 'watch');
  store.remove(node('n2'), 'watch');
  expect(store.record('pod|p')?.nodeAddresses).toEqual(['10.1.0.3']);
});

test('a listing infers what is gone, unless it could not be read in full', () => {
  store.upsert(namespace('s'), 'watch');
  store.upsert(pod('p1'), 'watch');
  store.upsert(pod('p2'), 'watch');
  news();
  store.replace('pod', [pod('p2'), pod('p3')], { inferRemovals: false });
  expect(news()).toEqual(['pod|p3 relist']);
  expect(store.has('pod|p1')).toBe(true);
  store.replace('pod', [pod('p2')], { inferRemovals: true });
  expect(news()).toEqual(['pod|p1 relist', 'pod|p3 relist']);
  expect([...store.ids()]).toEqual(['pod|p2']);
});

test('a listing of nodes in which one was made anew under its name joins the new one', () => {
  store.upsert(namespace('s'), 'watch');
  store.upsert(node('n1'), 'watch');
  store.upsert(pod('p'), 'watch');
  store.replace('node', [node('n2', { addresses: ['10.1.0.2'] })], { inferRemovals: true });
  expect(store.record('pod|p')?.nodeAddresses).toEqual(['10.1.0.2']);
  expect(store.has('node|n1')).toBe(false);
});
