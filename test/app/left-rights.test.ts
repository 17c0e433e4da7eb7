import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { type KubernetesObject, objectTitle } from '../../lib/core/onboarding/kubernetes-object.ts';
import { MemoryInstaller } from '../support/memory-installer.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';

const image = 'registry.example/zonebridge-agent:1';
let world: OperatorWorld;
let installer: MemoryInstaller;

beforeEach(async () => {
  world = await OperatorWorld.start({ web: pushed('web') });
  installer = new MemoryInstaller();
  world.principal = installer.principal;
});

afterEach(async () => world.stop());

function json(...argv: string[]) {
  return world.json(argv, { installer: () => installer });
}

test('rights that the configuration does not name any more are taken back, those of others stay', async () => {
  const labels = { 'app.kubernetes.io/managed-by': 'zonebridge' };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const put = (kind: string, metadata: KubernetesObject['metadata']): string => {
    const object = { apiVersion, kind, metadata: { uid: `uid-${kind}`, ...metadata } };
    installer.objects.set(objectTitle(object), object);
    return objectTitle(object);
  };
  const left = [
    put('RoleBinding', { name: 'zonebridge-agent-gates', namespace: 'former', labels }),
    put('ClusterRole', { name: 'zonebridge-agent-gates', labels }),
  ];
  const others = [
    put('Role', { name: 'zonebridge-agent-of-mine', namespace: 'former' }),
    put('ClusterRoleBinding', { name: 'something', labels }),
  ];
  expect(await json('onboard', 'shop', '--image', image, '--dry-run')).toMatchObject({
    result: { removes: left },
  });
  const done = await json('onboard', 'shop', '--image', image, '--yes', '--no-wait');
  expect(done).toMatchObject({ result: { done: { removed: left } } });
  for (const title of left) expect(installer.objects.has(title)).toBe(false);
  for (const title of others) expect(installer.objects.has(title)).toBe(true);
  expect(await json('onboard', 'shop', '--image', image, '--dry-run')).toMatchObject({
    result: { removes: [] },
  });
});

test('with networkReport: false the agent reads nothing of the network, and has no right to', async () => {
  await json('onboard', 'shop', '--image', image, '--yes', '--no-wait');
  const rights = () => [...installer.objects.keys()].filter((title) => title.includes('network-report'));
  const settings = () =>
    JSON.stringify([...installer.objects.values()].filter(({ kind }) => kind === 'ConfigMap'));
  expect(rights().length).toBeGreaterThan(0);
  expect(settings()).not.toContain('ZONEBRIDGE_NETWORK_REPORT');
  const file = join(world.folder, 'zonebridge.yaml');
  const { clusters, ...rest } = parse(await readFile(file, 'utf8')) as { clusters: { shop: object } };
  const shop = { ...clusters.shop, networkReport: false };
  await writeFile(file, stringify({ ...rest, clusters: { ...clusters, shop } }));
  await json('onboard', 'shop', '--image', image, '--yes', '--no-wait');
  expect(rights()).toEqual([]);
  expect(settings()).toContain('"ZONEBRIDGE_NETWORK_REPORT":"off"');
  expect((await world.run(['apply', '--yes'])).code).toBe(0);
  expect((await world.run(['status'])).stdout).toMatch(
    /shop: pods arrive not known: `networkReport: false` in the configuration/,
  );
});
