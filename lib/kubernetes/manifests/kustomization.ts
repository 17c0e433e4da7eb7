import { z } from 'zod';
import { ZonebridgeError } from '../../core/errors.ts';
import { mergePatch } from './merge-patch.ts';
import { type KubernetesObject, objectTitle } from '../../core/onboarding/kubernetes-object.ts';

/**
 * The part of kustomize that our manifests use: plain resources, and patches that are objects themselves. Anything else is refused, so that
 * what is assembled here is what `kubectl apply -k` assembles (compared with kustomize 5.7.1 by test/end-to-end/kustomize.test.ts).
 */
const kustomization = z.strictObject({
  apiVersion: z.string(),
  kind: z.enum(['Kustomization', 'Component']),
  resources: z.array(z.string()).default([]),
  patches: z.array(z.strictObject({ path: z.string() })).default([]),
});

const object = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/** The documents of a YAML file of a folder; none when there is no such file. */
export type ReadYaml = (folder: string, file: string) => Promise<unknown[]>;

/** Assembles folders in their order: the base first, then features. Throws `configuration/invalid` for what it does not know. */
export async function assemble(read: ReadYaml, folders: readonly string[]): Promise<KubernetesObject[]> {
  let objects: KubernetesObject[] = [];
  for (const folder of folders) {
    const [document] = await read(folder, 'kustomization.yaml');
    const parsed = kustomization.safeParse(document);
    if (!parsed.success) throw unknown(`${folder}/kustomization.yaml`, z.prettifyError(parsed.error));
    for (const file of parsed.data.resources) objects.push(...(await readObjects(read, folder, file)));
    for (const { path } of parsed.data.patches)
      for (const patch of await readObjects(read, folder, path))
        objects = patched(objects, patch, `${folder}/${path}`);
  }
  return objects;
}

async function readObjects(read: ReadYaml, folder: string, file: string): Promise<KubernetesObject[]> {
  const documents = await read(folder, file);
  if (documents.length === 0) throw unknown(`${folder}/${file}`, 'there is nothing in it');
  return documents.map((document) => {
    const parsed = object.safeParse(document);
    if (!parsed.success) throw unknown(`${folder}/${file}`, z.prettifyError(parsed.error));
    return parsed.data as KubernetesObject;
  });
}

function patched(objects: KubernetesObject[], patch: KubernetesObject, where: string): KubernetesObject[] {
  const title = objectTitle(patch);
  if (!objects.some((one) => objectTitle(one) === title))
    throw unknown(where, `there is no ${title} to patch`);
  return objects.map((one) =>
    objectTitle(one) === title ? (mergePatch(one, patch, where) as KubernetesObject) : one,
  );
}

function unknown(where: string, what: string): ZonebridgeError {
  return new ZonebridgeError('configuration/invalid', `${where}: ${what}`);
}
