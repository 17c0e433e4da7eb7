import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimFolder } from './claim-folder.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'zonebridge-test-'));
});
afterEach(() => rm(home, { recursive: true }));

test('a folder that a running process has is refused, and free again when the process is gone', async () => {
  const folder = join(home, 'cache', 'demo');
  const other = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)']);
  await once(other, 'spawn');
  await (await claimFolder(folder))();
  await writeFile(`${folder}.pid`, String(other.pid));
  await expect(claimFolder(folder)).rejects.toMatchObject({ code: 'demo/folder-in-use' });
  await expect(claimFolder(folder)).rejects.toThrow(`process ${other.pid}`);
  other.kill('SIGKILL');
  await once(other, 'exit');
  const release = await claimFolder(folder);
  expect(await readdir(join(home, 'cache'))).toEqual(['demo.pid']);
  await release();
  expect(await readdir(join(home, 'cache'))).toEqual([]);
});

test('what is no process id holds nothing', async () => {
  for (const text of ['', 'nonsense', '-1', '0', '1e99']) {
    await writeFile(join(home, 'demo.pid'), text);
    await (await claimFolder(join(home, 'demo')))();
  }
});
