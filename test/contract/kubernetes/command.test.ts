import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { runCli, temporaryFolder } from '../../../lib/cli/test-io.ts';

const line = z.strictObject({
  url: z.string(),
  caFile: z.string(),
  token: z.string(),
  kubeconfig: z.string(),
  pid: z.int(),
});
const root = join(import.meta.dirname, '../../..');

/** Starts the command; `stop` sends the signal and gives exit code and lines. */
async function start(...args: string[]) {
  const child = spawn(
    process.execPath,
    [join(root, 'bin/zonebridge.ts'), 'simulate', 'kubernetes', ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout }).on('line', (text) => lines.push(text));
  await once(output, 'line');
  const ready = line.parse(JSON.parse(lines[0] ?? ''));
  const config = new KubeConfig();
  config.loadFromFile(ready.kubeconfig);
  const stop = async (signal: NodeJS.Signals) => {
    const exit = once(child, 'exit');
    process.kill(ready.pid, signal);
    return { exit: await exit, lines };
  };
  return { ready, core: config.makeApiClient(CoreV1Api), stop };
}

test('prints one line, serves until it is stopped, and keeps its state', async () => {
  const folder = await temporaryFolder();
  const state = join(folder, 'state.json');
  const options = ['--nodes', '2', '--state', state, '--directory', folder];
  const first = await start(...options);
  expect((await stat(first.ready.kubeconfig)).mode & 0o777).toBe(0o600);
  await first.core.createNamespace({ body: { metadata: { name: 'kept' } } });
  const before = await first.core.readNamespace({ name: 'kept' });
  expect(await first.stop('SIGTERM')).toMatchObject({ exit: [0, null], lines: [expect.any(String)] });
  expect(await readFile(state, 'utf8')).toContain('"kept"');

  const second = await start(...options);
  // The same authority, another token, the same objects at the same versions.
  expect(await second.core.readNamespace({ name: 'kept' })).toEqual(before);
  expect((await second.core.listNode()).items).toHaveLength(2);
  const later = await second.core.createNamespace({ body: { metadata: { name: 'later' } } });
  expect(Number(later.metadata?.resourceVersion)).toBeGreaterThan(Number(before.metadata?.resourceVersion));
  expect(await second.stop('SIGINT')).toMatchObject({ exit: [0, null] });
});

test('says what does not fit before it starts', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'faults.json'), '[{"kind":"nonsense"}]');
  await writeFile(join(folder, 'state.json'), '{"format":7}');
  const cli = async (...args: string[]) => runCli(['simulate', 'kubernetes', ...args], { cwd: folder });
  expect(await cli('--faults', 'faults.json')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('kind'),
  });
  expect(await cli('--state', 'state.json')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('state.json'),
  });
  expect(await cli('--faults', 'nowhere.json')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('nowhere.json'),
  });
  expect(await cli('--state', 'no/folder/state.json')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no/folder/state.json'),
  });
  expect(await cli('--nodes', 'many')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('0 to 9999'),
  });
  expect(await cli('--port', '70000')).toMatchObject({ code: 2, stderr: expect.stringContaining('65535') });
});
