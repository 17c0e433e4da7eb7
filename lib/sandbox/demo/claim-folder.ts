import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ZonebridgeError } from '../../core/errors.ts';

/**
 * Makes a folder this process's own until the function that it returns is called: whoever begins empties it. Throws `demo/folder-in-use`
 * while another process that is still there has it.
 */
export async function claimFolder(folder: string): Promise<() => Promise<void>> {
  const file = `${folder}.pid`;
  const holder = Number(await readFile(file, 'utf8').catch(() => ''));
  if (holder !== process.pid && isThere(holder))
    throw new ZonebridgeError(
      'demo/folder-in-use',
      `process ${holder} has ${folder} already: end that demo first (Ctrl-C), or start this one from another folder`,
    );
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, String(process.pid));
  return () => rm(file, { force: true });
}

/** Signal 0 asks without sending; a process of somebody else answers by a refusal. */
function isThere(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
