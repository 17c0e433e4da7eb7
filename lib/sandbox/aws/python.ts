import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ZonebridgeError } from '../../core/errors.ts';

export interface PythonOptions {
  /** File of pinned packages with hashes. */
  requirements: string;
  /** Folder that keeps environments, one for each content of `requirements`. */
  cache: string;
  /** Hears what is going on, line by line. */
  progress?: (line: string) => void;
  /** Command to look for; `python3` unless told. */
  python?: string;
}

/**
 * Path of a Python that has the packages; makes the virtual environment when it is not there yet (some seconds).
 * Throws `command/prerequisite` with what to install.
 */
export async function ensurePython(options: PythonOptions): Promise<string> {
  const wanted = await readFile(options.requirements);
  const version = await pythonVersion(options.python ?? 'python3');
  const name = createHash('sha256').update(`${version}\n`).update(wanted).digest('hex').slice(0, 16);
  const home = join(options.cache, name);
  const python = join(home, 'bin', 'python');
  if (await exists(python)) return python;
  const building = join(options.cache, `.${name}-${process.pid}`);
  await mkdir(options.cache, { recursive: true });
  try {
    options.progress?.('Preparing a Python environment for the AWS emulator (once)');
    await run(options.python ?? 'python3', ['-m', 'venv', building], {
      hint: 'Install the venv module of Python (on Debian and Ubuntu: apt install python3-venv).',
    });
    await run(join(building, 'bin', 'python'), pipArguments(options.requirements), {
      hint: 'The Python packages of the sandbox could not be installed: check the network and the pip settings.',
      ...(options.progress ? { progress: options.progress } : {}),
    });
    await moveInto(building, home);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return python;
}

function pipArguments(requirements: string): string[] {
  const quiet = ['--disable-pip-version-check', '--no-input', '--progress-bar', 'off'];
  return ['-m', 'pip', 'install', ...quiet, '--require-hashes', '-r', requirements];
}

/** Another process may have made the same environment meanwhile; then its work counts. */
async function moveInto(building: string, home: string): Promise<void> {
  try {
    await rename(building, home);
  } catch (error) {
    if (!(await exists(join(home, 'bin', 'python')))) throw error;
  }
}

async function pythonVersion(python: string): Promise<string> {
  const hint = 'The sandbox runs the AWS emulator by Python: install Python 3.10 or newer as python3.';
  const code = 'import sys; print("%d.%d" % sys.version_info[:2]); sys.exit(sys.version_info < (3, 10))';
  return run(python, ['-c', code], { hint });
}

/** Standard output; throws `command/prerequisite` with the hint and the last lines when the command is missing or fails. */
async function run(
  command: string,
  parameters: string[],
  options: { hint: string; progress?: (line: string) => void },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      all += text;
      for (const line of text.split('\n')) if (line.trim() !== '') options.progress?.(line.trim());
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      all += text;
    });
    const fail = (reason: string, cause?: unknown) => {
      reject(new ZonebridgeError('command/prerequisite', `${options.hint} (${reason})`, { cause }));
    };
    child.on('error', (error) => fail(error.message, error));
    child.on('close', (code) => {
      if (code === 0) resolve(output.trim());
      else fail(`${command} ended with ${code}: ${all.trim().split('\n').slice(-4).join(' ')}`);
    });
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
