import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { kubeconfigEntrance, podEntrance } from './entrance.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zonebridge-entrance-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function write(user: Record<string, unknown>, cluster: Record<string, unknown> = {}): Promise<string> {
  const path = join(folder, 'kubeconfig');
  const config = {
    'current-context': 'mine',
    contexts: [
      { name: 'other', context: { cluster: 'c2', user: 'u2' } },
      { name: 'mine', context: { cluster: 'c', user: 'u', namespace: 'agents' } },
    ],
    clusters: [
      { name: 'c2', cluster: { server: 'https://other:6443' } },
      { name: 'c', cluster: { server: 'https://api.test:6443/', ...cluster } },
    ],
    users: [
      { name: 'u2', user: { token: 'of another' } },
      { name: 'u', user },
    ],
  };
  await writeFile(path, stringify(config));
  return path;
}

test('a pod uses its service account, as it is at the moment', async () => {
  await writeFile(join(folder, 'ca.crt'), 'authority');
  await writeFile(join(folder, 'token'), 'one\n');
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  await writeFile(join(folder, 'namespace'), 'zonebridge');
  const pod = await podEntrance(environment, folder);
  expect(pod).toMatchObject({ namespace: 'zonebridge', url: 'https://[fd00::1]:443' });
  expect(await pod.credentials()).toEqual({ ca: 'authority', token: 'one' });
  await writeFile(join(folder, 'token'), 'two');
  expect(await pod.credentials()).toEqual({ ca: 'authority', token: 'two' });
});

test('outside of a pod, without a kubeconfig, it is said what is missing', async () => {
  await expect(podEntrance({})).rejects.toThrow(/KUBECONFIG is not set.*KUBERNETES_SERVICE_HOST/);
});

test('a kubeconfig gives what it holds or names, of its current context', async () => {
  const held = await kubeconfigEntrance(
    await write({ token: 'secret' }, { 'certificate-authority-data': base64('authority') }),
  );
  expect(held).toMatchObject({ url: 'https://api.test:6443', namespace: 'agents' });
  expect(await held.credentials()).toEqual({ ca: 'authority', token: 'secret' });

  await mkdir(join(folder, 'pki'));
  for (const name of ['ca', 'crt', 'key']) await writeFile(join(folder, 'pki', name), `the ${name}`);
  const user = { 'client-certificate': 'pki/crt', 'client-key': join(folder, 'pki/key') };
  const named = await kubeconfigEntrance(await write(user, { 'certificate-authority': 'pki/ca' }));
  expect(await named.credentials()).toEqual({ ca: 'the ca', cert: 'the crt', key: 'the key' });

  const data = { 'client-certificate-data': base64('c'), 'client-key-data': base64('k') };
  expect(await (await kubeconfigEntrance(await write(data))).credentials()).toEqual({ cert: 'c', key: 'k' });

  await writeFile(join(folder, 'token'), 'from a file\n');
  const file = await kubeconfigEntrance(await write({ tokenFile: 'token' }));
  expect(await file.credentials()).toEqual({ token: 'from a file' });
});

test('a context can be named, and what it does not name may be of any form', async () => {
  const path = await write({ exec: { command: 'aws' } }, { server: 'http://localhost:8080' });
  const other = await kubeconfigEntrance(path, 'other');
  expect(other).toMatchObject({ url: 'https://other:6443', namespace: 'default' });
  expect(await other.credentials()).toMatchObject({ token: 'of another' });
  await expect(kubeconfigEntrance(path, 'nowhere')).rejects.toThrow(
    /no complete context "nowhere"; there are other, mine/,
  );
});

test.each([
  ['switches verification off', {}, { 'insecure-skip-tls-verify': true }, /certificate verification/],
  ['asks a program for a token', { exec: { command: 'aws' } }, {}, /starts no program/],
  ['asks a provider for a token', { 'auth-provider': { name: 'gcp' } }, {}, /starts no program/],
  ['has no TLS', { token: 't' }, { server: 'http://api.test' }, /cannot be read/],
])('a kubeconfig that %s is refused', async (_, user, cluster, problem) => {
  await expect(kubeconfigEntrance(await write(user, cluster))).rejects.toMatchObject({
    code: 'configuration/invalid',
    message: expect.stringMatching(problem) as string,
  });
});

test.each([
  ['is missing', undefined],
  ['is no YAML', '{'],
  ['is empty', ''],
  ['has no such context', 'current-context: x\ncontexts: []\nclusters: []\nusers: []\n'],
])('a kubeconfig that %s is refused, naming it', async (_, content) => {
  const path = join(folder, 'other');
  if (content !== undefined) await writeFile(path, content);
  await expect(kubeconfigEntrance(path)).rejects.toMatchObject({
    code: 'configuration/invalid',
    message: expect.stringContaining(path) as string,
  });
});
