import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { writeManifests } from '../../lib/app/onboarding/write-manifests.ts';
import { temporaryFolder } from '../../lib/cli/test-io.ts';
import { type KubernetesObject, objectTitle } from '../../lib/core/onboarding/kubernetes-object.ts';
import { sandboxEntry, sandboxRegion } from '../../lib/sandbox/configuration.ts';
import { MemoryInstaller } from '../support/memory-installer.ts';
import { OperatorWorld } from '../support/operator-world.ts';

test('the written files are what would be applied, also where two namespaces have gates', async () => {
  const world = await OperatorWorld.start({});
  try {
    const gate = { timeoutSeconds: 120, whenLate: 'open' };
    const gates = { checkout: gate, basket: gate };
    const shop = { ...sandboxEntry, region: sandboxRegion, cell: 'a', gates };
    await world.write({}, {}, { clusters: { shop } });
    const installer = new MemoryInstaller();
    world.principal = installer.principal;
    const argv = ['onboard', 'shop', '--yes', '--image', 'registry.example/agent:1', '--manifests', 'out'];
    const { result } = await world.json(argv, { installer: () => installer });
    const folder = String(result['files']);
    const read = async (file: string): Promise<unknown> => parse(await readFile(join(folder, file), 'utf8'));
    const { resources } = (await read('kustomization.yaml')) as { resources: string[] };
    expect(new Set(resources).size).toBe(resources.length);
    expect((await readdir(folder)).sort()).toEqual([...resources, 'kustomization.yaml'].sort());
    const written = (await Promise.all(resources.map(read))) as KubernetesObject[];
    const applied = (result['objects'] as { object: string }[]).map(({ object }) => object);
    expect(written.map(objectTitle)).toEqual(applied);
    for (const namespace of ['basket', 'checkout'])
      expect(applied).toContain(`RoleBinding ${namespace}/zonebridge-agent-gates`);
  } finally {
    await world.stop();
  }
});

test('names that are no text in YAML 1.1, which kubectl reads, are written as texts', async () => {
  const folder = await temporaryFolder();
  const object = (namespace: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'on', namespace },
    data: { yes: 'off' },
  });
  const objects = ['no', '0b11', '2026-01-01'].map(object);
  await writeManifests(folder, objects);
  const read = async (file: string): Promise<unknown> =>
    parse(await readFile(join(folder, file), 'utf8'), { version: '1.1' });
  const { resources } = (await read('kustomization.yaml')) as { resources: string[] };
  expect(await Promise.all(resources.map(read))).toEqual(objects);
});

test('two objects that would share a file are refused before anything is written', async () => {
  const metadata = { name: 'a', namespace: 'b' };
  const twice = ['v1', 'v2'].map((apiVersion) => ({ apiVersion, kind: 'ConfigMap', metadata }));
  const folder = await temporaryFolder();
  await expect(writeManifests(folder, twice)).rejects.toMatchObject({ code: 'configuration/invalid' });
  expect(await readdir(folder)).toEqual([]);
});
