import { type ChildProcess, spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { devNull } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ZonebridgeError } from '../../core/errors.ts';
import { ensurePython } from './python.ts';

const project = join(import.meta.dirname, '..', '..', '..');
const region = 'eu-central-1';
const secondsToStop = 3;
const secondsToStart = 60;

export interface MinistackOptions {
  /** Existing or new folder for the log and for temporary files, which are removed at the end. */
  directory: string;
  /** A free one unless told. */
  port?: number;
  /** Hears what is going on while Python packages are installed. */
  progress?: (line: string) => void;
  /** Further settings of the emulator, such as `LOG_LEVEL`. */
  settings?: Record<string, string>;
}

export interface Ministack {
  endpoint: string;
  /** For every process that shall speak to the emulator; keeps the credentials and profiles of the user out. */
  environment: Record<string, string>;
  /** Leader of the process group that holds the emulator and its Lambda workers. */
  pid: number;
  logFile: string;
  /** Resolves when the emulator is gone for any reason. */
  ended: Promise<void>;
  /** Ends everything that was started; may be called again. */
  stop(): Promise<void>;
}

/**
 * Starts the AWS emulator on 127.0.0.1. It ends with `stop`, and also when this process dies in any way.
 * Throws `command/prerequisite` when Python is missing or the emulator does not come up.
 */
export async function startMinistack(options: MinistackOptions): Promise<Ministack> {
  const python = await ensurePython({
    requirements: join(import.meta.dirname, 'requirements.txt'),
    cache: join(project, '.cache', 'ministack'),
    ...(options.progress ? { progress: options.progress } : {}),
  });
  const port = options.port ?? (await freePort());
  await mkdir(options.directory, { recursive: true });
  const temporary = await mkdtemp(join(options.directory, 'ministack-'));
  // Its Lambda workers are CommonJS scripts made below this folder, which may lie inside a package of ES modules.
  await writeFile(join(temporary, 'package.json'), '{"type":"commonjs"}\n');
  const logFile = join(options.directory, 'ministack.log');
  const log = await open(logFile, 'a');
  const child = spawn(
    python,
    [join(import.meta.dirname, 'supervise.py'), String(secondsToStop), python, '-m', 'ministack'],
    {
      cwd: options.directory,
      env: emulatorEnvironment(port, temporary, options.settings ?? {}),
      // Its input stays open as long as we live. A group of its own: Ctrl-C reaches us first.
      stdio: ['pipe', log.fd, log.fd],
      detached: true,
    },
  );
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  await log.close();
  const stop = async () => {
    await stopGroup(child, ended);
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 });
  };
  // Whoever asks for TLS also trusts the certificate it names.
  const scheme = options.settings?.['USE_SSL'] === '1' ? 'https' : 'http';
  const endpoint = `${scheme}://127.0.0.1:${port}`;
  try {
    await answers(endpoint, join(temporary, `ministack-${port}.pid`), ended);
  } catch (error) {
    await stop();
    const lines = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join(' | ');
    throw new ZonebridgeError('command/prerequisite', `The AWS emulator did not start: ${lines}`, {
      cause: error,
    });
  }
  return { endpoint, environment: clientEnvironment(endpoint), pid: child.pid ?? 0, logFile, ended, stop };
}

/** Nothing of ours but what is needed: Lambda workers inherit this. */
function emulatorEnvironment(
  port: number,
  temporary: string,
  settings: Record<string, string>,
): NodeJS.ProcessEnv {
  const search = [
    join(project, 'node_modules', '.bin'),
    dirname(process.execPath),
    process.env['PATH'] ?? '',
  ];
  return {
    // The node found first runs the functions.
    PATH: search.join(delimiter),
    HOME: temporary,
    // Code of functions and the file of process ids go there.
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    PYTHONUNBUFFERED: '1',
    // Handlers of custom resources find the SDK.
    NODE_PATH: join(project, 'node_modules'),
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    MINISTACK_REGION: region,
    SFTP_ENABLED: '0',
    IOT_MTLS_ENABLED: '0',
    LOG_LEVEL: 'WARNING',
    ...settings,
  };
}

function clientEnvironment(endpoint: string): Record<string, string> {
  const direct = [process.env['NO_PROXY'] ?? process.env['no_proxy'] ?? '', '127.0.0.1', 'localhost'];
  const exceptions = direct.filter((host) => host !== '').join(',');
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    // A sandbox never speaks to the account of its user.
    AWS_SESSION_TOKEN: '',
    AWS_PROFILE: '',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    NO_PROXY: exceptions,
    no_proxy: exceptions,
  };
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new TypeError('No port was given'));
      });
    });
  });
}

/** The emulator writes the file once it found its port free: what answers then is ours and no stranger. */
async function answers(endpoint: string, pidFile: string, ended: Promise<void>): Promise<void> {
  let gone = false;
  void ended.then(() => {
    gone = true;
  });
  for (let tries = 0; tries < secondsToStart * 10; tries++) {
    if (gone) throw new Error('it ended');
    const healthy = await access(pidFile)
      .then(() => fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(2000) }))
      .then(
        (answer) => answer.ok,
        () => false,
      );
    if (healthy) return;
    await delay(100);
  }
  throw new Error(`no answer within ${secondsToStart} s`);
}

/** First asks the supervisor, which ends the emulator and then the group; whatever is left after that is killed. */
async function stopGroup(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.stdin?.destroy();
  const { pid } = child;
  if (pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  await Promise.race([ended, delay((secondsToStop + 2) * 1000, undefined, { ref: false })]);
  // Killed processes need a moment to go; who waits for a parent that never collects them stays visible, so not for ever.
  for (let tries = 0; tries < 10 && signalGroup(pid); tries++) await delay(20);
  await ended;
}

/** False when nothing is left of the group. */
function signalGroup(pid: number): boolean {
  try {
    return process.kill(-pid, 'SIGKILL');
  } catch {
    return false;
  }
}
