import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildFlags, type GoBuild, goBuild, goVersion } from './go-build.ts';

const server = join(import.meta.dirname, 'server');

/** Kubernetes version of server/go.mod, which the API reports. */
const version = '1.34.4';
const versionPackage = 'k8s.io/component-base/version';
const [major, minor] = version.split('.');

export type Program = 'kubeone' | 'kwok';

const programs: Record<Program, Omit<GoBuild, 'output'>> = {
  kubeone: {
    module: server,
    target: './kubeone',
    linkerFlags: `-s -w -X ${versionPackage}.gitVersion=v${version} -X ${versionPackage}.gitMajor=${major} -X ${versionPackage}.gitMinor=${minor}`,
  },
  kwok: { module: join(server, 'kwok'), target: 'sigs.k8s.io/kwok/cmd/kwok', linkerFlags: '-s -w' },
};

/** Folder of the built programs for these inputs and this Go: `${XDG_CACHE_HOME:-~/.cache}/zonebridge/kubernetes/<hash>`. */
async function binariesFolder(): Promise<string> {
  const hash = createHash('sha256').update(`${await goVersion()}\n${buildFlags}\n`);
  hash.update(
    Object.values(programs)
      .map((program) => program.linkerFlags)
      .join('\n'),
  );
  const entries = await readdir(server, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    hash.update(`\n${relative(server, file)}\n`).update(await readFile(file));
  }
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'zonebridge', 'kubernetes', hash.digest('hex').slice(0, 16));
}

/** Whether all programs of the API were built here before. */
export async function isBuilt(): Promise<boolean> {
  try {
    const folder = await binariesFolder();
    return Object.keys(programs).every((name) => existsSync(join(folder, name)));
  } catch {
    // Without Go nothing was.
    return false;
  }
}

/**
 * Path of a program, built when it is missing. Two processes that need it at once build it once.
 * Throws `command/prerequisite` without Go or when the build fails.
 */
export async function binary(name: Program, report: (message: string) => void): Promise<string> {
  const folder = await binariesFolder();
  const path = join(folder, name);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const lock = join(folder, `${name}.lock`);
  while (!(await takeLock(lock))) {
    if (existsSync(path)) return path;
    report(`waiting for another process that builds ${name}`);
    await sleep(2_000);
  }
  try {
    if (existsSync(path)) return path;
    // Under the lock, what lies here under a temporary name was left by a build that died.
    const temporary = `${path}.partial`;
    await rm(temporary, { force: true });
    await goBuild({ ...programs[name], output: temporary }, report);
    await rename(temporary, path);
    return path;
  } finally {
    await unlink(lock);
  }
}

/** True when the lock file is ours now; a lock whose process is gone is removed for the next try. */
async function takeLock(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
  const age = Date.now() - ((await stat(lock).catch(() => undefined))?.mtimeMs ?? Date.now());
  // Empty: its process is about to write its id, or died before it could.
  const left = holder > 0 ? !isAlive(holder) : age > 60_000;
  if (left) await rm(lock, { force: true });
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
