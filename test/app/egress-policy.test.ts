import { afterEach, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';

const worlds: OperatorWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
});

async function start(fields: Record<string, unknown> = {}): Promise<OperatorWorld> {
  const group = pushed('web', { addresses: 'node', namespaces: "kubernetes.io/metadata.name == 'shop'" });
  delete group['anyNamespace'];
  const world = await OperatorWorld.start({ web: group }, fields);
  worlds.push(world);
  world.storeToken();
  await world.run(['apply', '--yes']);
  const pay = { namespace: 'pay', namespaceLabels: { 'kubernetes.io/metadata.name': 'pay' } };
  await world.tell(pod('a', '10.1.0.1', { app: 'web' }), pod('b', '10.1.0.2', { app: 'billing' }, pay));
  return world;
}

interface Document {
  kind: string;
  metadata: { name: string; namespace?: string };
  spec: { podSelector?: object; egress: { to: { ipBlock?: { except?: string[] } }[] }[] };
}

function documents(yaml: string): Document[] {
  return parseAllDocuments(yaml).map((one) => one.toJS() as Document);
}

test('the policies stand on standard output, ready for kubectl', async () => {
  const world = await start({ destinations: ['198.18.0.0/15'] });
  const { code, stdout, stderr } = await world.run(['egress-policy', 'web']);
  expect(code, stderr).toBe(0);
  expect(stdout).not.toContain('&a1');
  const found = documents(stdout);
  expect(found.map(({ kind, metadata, spec }) => [kind, metadata.namespace, spec.podSelector])).toEqual([
    ['NetworkPolicy', 'pay', {}],
    ['NetworkPolicy', 'shop', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }],
  ]);
  expect(found[0]?.spec.egress[0]?.to[0]?.ipBlock?.except).toEqual(['198.18.0.0/15']);
  expect(stderr).toContain('2 objects for cluster shop; destinations 198.18.0.0/15');
});

test('names that are no text in YAML 1.1 arrive as they are', async () => {
  const world = await start({ destinations: ['198.18.0.0/15'] });
  const odd = ['no', '0b11', '2026-01-01'];
  for (const [index, namespace] of odd.entries()) {
    const namespaceLabels = { 'kubernetes.io/metadata.name': namespace };
    await world.tell(pod(`odd-${index}`, `10.1.1.${index}`, { app: 'x' }, { namespace, namespaceLabels }));
  }
  const { stdout } = await world.run(['egress-policy', 'web']);
  const read = parseAllDocuments(stdout, { version: '1.1' }).map((one) => one.toJS() as Document);
  expect(read.map(({ metadata }) => metadata.namespace)).toEqual(expect.arrayContaining(odd));
});

test('for Calico, and other destinations', async () => {
  const world = await start({ destinations: ['198.18.0.0/15'] });
  const { result } = await world.json([
    'egress-policy',
    'web',
    '--engine',
    'calico',
    '--destination',
    '10.9.0.0/16',
  ]);
  expect(result).toMatchObject({ ok: true, group: 'web', cluster: 'shop', destinations: ['10.9.0.0/16'] });
  const kinds = (result['objects'] as Document[]).map(({ kind }) => kind);
  expect(kinds).toEqual(['Tier', 'GlobalNetworkPolicy', 'GlobalNetworkPolicy']);
});

test.each([
  ['nobody said what lies behind', ['egress-policy', 'web'], /give --destination/],
  [
    'no range',
    ['egress-policy', 'web', '--destination', '10.9.0.1/16'],
    /--destination: .*write 10\.9\.0\.0\/16/,
  ],
  ['no group', ['egress-policy', 'wbe', '--destination', '10.9.0.0/16'], /no group wbe/],
  [
    'no cluster',
    ['egress-policy', 'web', '--cluster', 'x', '--destination', '10.9.0.0/16'],
    /x is no cluster of web; there are: shop/,
  ],
  ['no engine', ['egress-policy', 'web', '--engine', 'iptables'], /Allowed choices are kubernetes, calico/],
])('wrong use: %s', async (_, argv, message) => {
  const world = await start();
  const { code, stdout, stderr } = await world.run(argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
});
