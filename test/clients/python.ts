import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const cache = fileURLToPath(new URL('../../.cache/python-clients', import.meta.url));

/** A Python with the pinned clients installed, or why there is none. */
export type PythonClients = { python: string } | { missing: string };

/**
 * Makes a virtual environment with the clients of requirements.txt below the project, or finds the one made before:
 * its folder is named by the hash of that file. Without Python the tests are skipped, except where CI is set: there it throws.
 */
export async function preparePythonClients(): Promise<PythonClients> {
  try {
    return { python: await install() };
  } catch (error) {
    const missing = `The independent Python clients cannot be installed: ${String(error)}`;
    if (process.env['CI']) {
      throw new Error(missing, { cause: error });
    }
    return { missing };
  }
}

async function install(): Promise<string> {
  const requirements = join(here, 'requirements.txt');
  const key = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 16);
  const folder = join(cache, key);
  const python = join(folder, 'bin', 'python');
  const marker = join(folder, 'complete');
  if (await exists(marker)) {
    return python;
  }
  await mkdir(cache, { recursive: true });
  await rm(folder, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', folder]);
  const parameters = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--requirement',
    requirements,
  ];
  await run(python, parameters, { timeout: 600_000 });
  await writeFile(marker, '');
  return python;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Runs one of the scripts beside this file with nothing but these variables; returns the JSON it printed. */
export async function runPython(
  python: string,
  script: string,
  environment: Record<string, string>,
): Promise<Record<string, unknown>> {
  const path = { PATH: process.env['PATH'] ?? '' };
  const { stdout } = await run(python, [join(here, script)], {
    env: { ...path, ...environment },
    timeout: 120_000,
  });
  const parsed: unknown = JSON.parse(stdout);
  if (typeof parsed !== 'object' || parsed === null) {
    throw new TypeError(`${script} printed no JSON object: ${stdout.slice(0, 200)}`);
  }
  return { ...parsed };
}
