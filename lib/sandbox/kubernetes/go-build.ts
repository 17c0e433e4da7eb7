import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { ZonebridgeError } from '../../core/errors.ts';

/** What a build or a start is doing, for a person who waits. */
export interface Progress {
  phase: 'wait' | 'build' | 'start' | 'ready';
  message: string;
  /** Milliseconds since `startKubernetes` was called. */
  elapsedMs: number;
}

export interface GoBuild {
  /** Folder of the module. */
  module: string;
  /** Package within it. */
  target: string;
  output: string;
  linkerFlags: string;
}

const flags = '-buildvcs=false -trimpath';

/** Version and platform of the installed Go, such as `go version go1.26.8 linux/amd64`. Throws `command/prerequisite`. */
export async function goVersion(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('go', ['version']);
    return stdout.trim();
  } catch (cause) {
    throw new ZonebridgeError(
      'command/prerequisite',
      'The Kubernetes API of the sandbox is built with Go 1.24 or newer, and `go version` does not run here.',
      { cause },
    );
  }
}

/**
 * Builds one program; `report` is called at least every 5 s with what was done so far.
 * Throws `command/prerequisite` with the end of Go's output.
 */
export async function goBuild(build: GoBuild, report: (message: string) => void): Promise<void> {
  const args = ['build', '-v', '-mod=readonly', '-ldflags', build.linkerFlags, '-o', build.output];
  const child = spawn('go', [...args, build.target], {
    cwd: build.module,
    env: { ...process.env, GOFLAGS: flags, GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const end = () => child.kill();
  process.once('exit', end);
  let downloads = 0;
  let packages = 0;
  let tail = '';
  const name = build.target.split('/').at(-1) ?? build.target;
  const tell = () => report(`${name}: ${downloads} modules downloaded, ${packages} packages compiled`);
  const timer = setInterval(tell, 5_000);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) {
      if (line.startsWith('go: downloading ')) downloads++;
      else if (/^[\w.-]+(\/[\w.~-]+)*$/.test(line)) packages++;
    }
    tail = (tail + text).slice(-2_000);
  });
  tell();
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    if (code !== 0) throw new Error(tail.trim());
    tell();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ZonebridgeError('command/prerequisite', `Building ${name} failed: ${message}`, { cause });
  } finally {
    clearInterval(timer);
    process.removeListener('exit', end);
  }
}

/** Flags that every build gets; part of the key of the cache. */
export const buildFlags = flags;
