import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../lib/core/onboarding/kubernetes-object.ts';
import { binary } from '../../lib/sandbox/kubernetes/binaries.ts';

const run = promisify(execFile);

/** The real kubectl, with the kustomize that is built into it: it lies in the program of the API. Its standard output; throws what it says. */
export async function kubectl(...args: string[]): Promise<string> {
  const program = await binary('kubeone', (message) => console.log(message));
  const { stdout } = await run(program, ['kubectl', ...args], { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** What kustomize makes of a folder, read as kubectl reads it: by YAML 1.1, in which `no` is no text. */
export async function rendered(folder: string): Promise<KubernetesObject[]> {
  const documents = parseAllDocuments(await kubectl('kustomize', folder), { version: '1.1' });
  return documents.map((document) => document.toJS() as KubernetesObject);
}
