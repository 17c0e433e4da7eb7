import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ZonebridgeError } from '../../core/errors.ts';
import { binary } from './binaries.ts';
import type { Progress } from './go-build.ts';

const stages = join(import.meta.dirname, 'stages.yaml');

export interface KubernetesOptions {
  /** Work folder: certificates, kubeconfig, log, etcd's data (133 MB). A folder of an earlier start is continued. */
  directory: string;
  /** Also run the controller manager: Deployments, namespaces that empty themselves. */
  controllers?: boolean;
  scheduler?: boolean;
  /** Also run kwok: nodes with the annotation `kwok.x-k8s.io/node: fake` run pods. */
  kwok?: boolean;
  /** 0 or absent = any free one. */
  port?: number;
  onProgress?: (progress: Progress) => void;
}

export interface Kubernetes {
  /** Path of the kubeconfig of an administrator. */
  kubeconfig: string;
  /** `https://127.0.0.1:<port>`, its certificate signed by `ca.crt` in the folder. */
  url: string;
  pid: number;
  /** Ends the server and its children; removes the folder unless `keep`. */
  stop(options?: { keep?: boolean }): Promise<void>;
}

/**
 * Starts a real Kubernetes API on 127.0.0.1 and waits until it answers; builds it first when needed (minutes, once).
 * It ends with `stop`, and by itself when this process ends in whatever way.
 * Throws `command/prerequisite` without Go, or with the end of the log when the server does not come up.
 */
export async function startKubernetes(options: KubernetesOptions): Promise<Kubernetes> {
  const begin = performance.now();
  const report = (phase: Progress['phase']) => (message: string) =>
    options.onProgress?.({ phase, message, elapsedMs: Math.round(performance.now() - begin) });
  const kubeone = await binary('kubeone', report('build'));
  const kwok = options.kwok ? await binary('kwok', report('build')) : undefined;

  const { directory } = options;
  await mkdir(directory, { recursive: true });
  if (kwok) await copyFile(stages, join(directory, 'kwok.yaml'));
  const ready = join(directory, 'ready');
  await rm(ready, { force: true });
  report('start')('starting the Kubernetes API');
  const child = launch(kubeone, options, kwok);
  const kubeconfig = await told(ready, child, directory).catch(async (error: unknown) => {
    await end(child);
    throw error;
  });
  const url = /server: "([^"]+)"/.exec(await readFile(kubeconfig, 'utf8'))?.[1] ?? '';
  report('ready')(`the Kubernetes API answers at ${url}`);
  return {
    kubeconfig,
    url,
    pid: child.pid ?? 0,
    async stop({ keep = false } = {}) {
      await end(child);
      if (!keep) await rm(directory, { recursive: true, force: true });
    },
  };
}

function launch(kubeone: string, options: KubernetesOptions, kwok: string | undefined): ChildProcess {
  const args = [
    'up',
    '--dir',
    options.directory,
    '--until-stdin-closes',
    '--port',
    String(options.port ?? 0),
  ];
  if (options.controllers) args.push('--controllers');
  if (options.scheduler) args.push('--scheduler');
  if (kwok) args.push('--kwok', kwok);
  const log = openSync(join(options.directory, 'kubeone.log'), 'w');
  // A process group of its own: Ctrl-C on the terminal reaches only us, and we stop it in order.
  // The pipe to its standard input is what tells it that we are gone, even after kill -9.
  // kwok takes what it shall do from a file in its own folder; without the variable that is in the home of whoever runs this.
  const env = { ...process.env, KWOK_WORKDIR: options.directory };
  const child = spawn(kubeone, args, { detached: true, env, stdio: ['pipe', log, log] });
  closeSync(log);
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  child.stdin?.on('error', () => undefined);
  return child;
}

/** The path that the server writes once it answers. The file is there a moment before its line is, so the whole line counts. */
async function told(ready: string, child: ChildProcess, directory: string): Promise<string> {
  let failure: unknown;
  child.once('error', (error) => {
    failure = error;
  });
  for (let waited = 0; waited < 150_000; waited += 25) {
    const line = await readFile(ready, 'utf8').catch(() => '');
    if (line.endsWith('\n')) return line.trim();
    if (failure || child.exitCode !== null || child.signalCode !== null) break;
    await sleep(25);
  }
  const log = await readFile(join(directory, 'kubeone.log'), 'utf8').catch(() => '');
  throw new ZonebridgeError(
    'command/prerequisite',
    `The Kubernetes API did not start: ${log.slice(-1_500).trim() || String(failure)}`,
    { cause: failure },
  );
}

/** SIGTERM, and SIGKILL to the whole group after 10 s; returns when no process of the group is left. */
async function end(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  child.ref();
  child.kill('SIGTERM');
  for (let waited = 0; signalGroup(pid, 0); waited += 20) {
    if (waited > 10_000) signalGroup(pid, 'SIGKILL');
    await sleep(20);
  }
}

/** False when the group has no process any more. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
