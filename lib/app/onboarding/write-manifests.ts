import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ZonebridgeError } from '../../core/errors.ts';
import { type KubernetesObject, objectTitle } from '../../core/onboarding/kubernetes-object.ts';
import { kubernetesYaml } from '../kubernetes-yaml.ts';

/**
 * Writes each object into a file of its own, with a kustomization that lists them. Overwrites what was written before.
 * Throws `configuration/invalid`, before it writes anything, when two objects would share a file.
 */
export async function writeManifests(folder: string, objects: readonly KubernetesObject[]): Promise<void> {
  const files = new Map<string, KubernetesObject>();
  for (const object of objects) {
    const file = fileOf(object);
    if (files.has(file)) {
      const message = `${objectTitle(object)} would be written to ${file} twice`;
      throw new ZonebridgeError('configuration/invalid', message);
    }
    files.set(file, object);
  }
  await mkdir(folder, { recursive: true });
  for (const [file, object] of files) await writeFile(join(folder, file), kubernetesYaml(object));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [...files.keys()],
  };
  await writeFile(join(folder, 'kustomization.yaml'), kubernetesYaml(kustomization));
}

/** The same object may be needed in several namespaces. A namespace has no dot, so names that differ stay different. */
function fileOf({ kind, metadata: { name, namespace } }: KubernetesObject): string {
  const place = namespace === undefined ? '' : `${namespace}.`;
  return `${kind.toLowerCase()}-${place}${name}.yaml`;
}
