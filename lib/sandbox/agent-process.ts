import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { names } from '../app/names.ts';
import { ZonebridgeError } from '../core/errors.ts';
import { clusterSource } from '../core/model/messages.ts';
import { sandboxHub, sandboxRegion } from './configuration.ts';

const project = join(import.meta.dirname, '..', '..');

export interface AgentProcess {
  pid: number;
  /** Where /healthz, /readyz and /metrics answer. */
  url: string;
  stop(): Promise<void>;
}

/** Starts the agent of a cluster as its own process, as it would run in a pod; what it says is added to the file `log`. */
export async function startAgent(request: {
  cluster: { account: string; name: string };
  log: string;
  kubeconfig: string;
  environment: Record<string, string>;
}): Promise<AgentProcess> {
  const { account, name } = request.cluster;
  const child = spawn(process.execPath, [join(project, 'cluster-agent', 'main.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...request.environment,
      KUBECONFIG: request.kubeconfig,
      ZONEBRIDGE_BUS: names.bus(sandboxHub),
      ZONEBRIDGE_QUEUE: names.agentQueue(sandboxHub, name),
      ZONEBRIDGE_SOURCE: clusterSource({ account, region: sandboxRegion, name }),
      ZONEBRIDGE_PORT: '0',
    },
  });
  const log = createWriteStream(request.log, { flags: 'a' });
  child.stderr.pipe(log, { end: false });
  const port = await firstPort(child, request.log, (line) => log.write(`${line}\n`));
  return { pid: child.pid ?? 0, url: `http://127.0.0.1:${port}`, stop: () => stopChild(child) };
}

async function firstPort(child: ChildProcess, file: string, keep: (line: string) => void): Promise<number> {
  const { stdout } = child;
  if (!stdout) throw new ZonebridgeError('command/prerequisite', 'the agent has no output');
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new ZonebridgeError('command/prerequisite', `the agent ended with ${code}; see ${file}`)),
    );
    createInterface({ input: stdout }).on('line', (line) => {
      keep(line);
      const port = /"port":(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 3000);
  await gone;
  clearTimeout(patience);
}
