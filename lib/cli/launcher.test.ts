import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './test-io.ts';

const launcher = fileURLToPath(new URL('../../bin/zonebridge.mjs', import.meta.url));

/** Starts the launcher with this Node, unless another one is given. */
function start(script: string, argv: readonly string[], node = process.execPath): ChildProcess {
  return spawn(node, [script, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** To the launcher a copy in another place is another Node, as the machine's own would be. */
async function anotherNode(): Promise<string> {
  const copy = path.join(await temporaryFolder(), 'node');
  await copyFile(process.execPath, copy);
  return copy;
}

async function output(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => (texts.stdout += chunk));
  child.stderr?.on('data', (chunk) => (texts.stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...texts };
}

describe.each([
  ['the Node of the packages', async () => process.execPath],
  ['another Node', anotherNode],
])('started with %s', (_, findNode) => {
  test('hands arguments and exit code on', async () => {
    const node = await findNode();
    const version = await output(start(launcher, ['--version'], node));
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d/) });
    expect(await output(start(launcher, ['nonsense'], node))).toMatchObject({ code: 2 });
  });

  test('a simulated firewall serves until it is asked to end, and leaves no process behind', async () => {
    const child = start(launcher, ['simulate', 'fortigate', '--version', '7.4.4'], await findNode());
    const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
    const { url, caFile, token, pid } = JSON.parse(line) as Record<string, string> & { pid: number };
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(caFile).toMatch(/\.pem$/);
    expect(token).not.toBe('');
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

test('says what to do when the packages are missing', async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, 'bin'));
  const copy = path.join(folder, 'bin', 'zonebridge.mjs');
  await copyFile(launcher, copy);
  expect(await output(start(copy, ['--version']))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('npm ci'),
  });
});

test('a simulated firewall that cannot be is refused', async () => {
  const { code, stderr } = await output(start(launcher, ['simulate', 'fortigate', '--version', '5.0']));
  expect([code, stderr]).toEqual([2, expect.stringMatching(/command\/usage.*5\.0/)]);
});
