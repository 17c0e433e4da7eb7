import { afterEach, beforeEach, expect, test } from 'vitest';
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
