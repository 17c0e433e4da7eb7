import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { KubernetesObject } from '../../core/onboarding/kubernetes-object.ts';

/** Writes each object into a file of its own, with a kustomization that lists them. Overwrites what was written before. */
export async function writeManifests(folder: string, objects: readonly KubernetesObject[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = objects.map(({ kind, metadata }) => `${kind.toLowerCase()}-${metadata.name}.yaml`);
  for (const [index, object] of objects.entries())
    await writeFile(join(folder, files[index] ?? ''), stringify(object));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: files,
  };
  await writeFile(join(folder, 'kustomization.yaml'), stringify(kustomization));
}
