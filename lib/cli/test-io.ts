import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { ExitCode } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { run } from './run.ts';

export interface Ran {
  code: ExitCode;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Working folder; the process's own unless given. */
  cwd?: string;
  stdin?: string;
  /** Makes standard output a terminal of so many columns. */
  columns?: number;
  /** The hub instead of AWS. */
  connect?: CliIo['connect'];
  /** Clusters instead of EKS. */
  installer?: CliIo['installer'];
  /** Instead of cdk. */
  cdk?: CliIo['cdk'];
  env?: Record<string, string>;
  /** Says what signals come. */
  signals?: EventEmitter;
}

/** For tests: runs a command line as the process would, with captured streams. */
export async function runCli(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [stdout, stderr] = [collector(), collector()];
  const {
    cwd = process.cwd(),
    stdin = '',
    columns,
    connect,
    installer,
    cdk,
    env = {},
    signals = new EventEmitter(),
  } = options;
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  const code = await run(argv, {
    stdin: Object.assign(Readable.from([stdin]), columns === undefined ? {} : { isTTY: true }),
    stdout: Object.assign(stdout.stream, terminal),
    stderr: stderr.stream,
    cwd,
    env,
    signals,
    ...(connect === undefined ? {} : { connect }),
    ...(installer === undefined ? {} : { installer }),
    ...(cdk === undefined ? {} : { cdk }),
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector() {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'zonebridge-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
