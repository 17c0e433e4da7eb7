import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const module = fileURLToPath(new URL('go', import.meta.url));
const cache = fileURLToPath(new URL('../../.cache/go-clients', import.meta.url));

/** The program with the pinned libraries, or why there is none. */
export type GoClients = { program: string } | { missing: string };

/** Builds the program below the project, or finds the one built before from the same sources. Without Go the tests are skipped, except where CI is set. */
export async function prepareGoClients(): Promise<GoClients> {
  try {
    return { program: await build() };
  } catch (error) {
    const missing = `The independent Go clients cannot be built: ${String(error)}`;
    if (process.env['CI']) throw new Error(missing, { cause: error });
    return { missing };
  }
}

async function build(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of (await readdir(module)).sort()) hash.update(await readFile(join(module, file)));
  const program = join(cache, hash.digest('hex').slice(0, 16));
  const isThere = await access(program).then(
    () => true,
    () => false,
  );
  if (isThere) return program;
  await mkdir(cache, { recursive: true });
  const fresh = `${program}.${process.pid}`;
  const env = { ...process.env, GOFLAGS: '-buildvcs=false -trimpath -mod=readonly', GOWORK: 'off' };
  await run('go', ['build', '-o', fresh, '.'], { cwd: module, env, timeout: 600_000 });
  await rename(fresh, program);
  return program;
}

/** Runs one of the clients with nothing but these variables; returns the JSON it printed. */
export async function runGo(
  program: string,
  client: string,
  env: Record<string, string>,
): Promise<Record<string, unknown>> {
  const { stdout } = await run(program, [client], { env, timeout: 120_000 });
  return JSON.parse(stdout) as Record<string, unknown>;
}
