import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';

const project = join(import.meta.dirname, '..', '..');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The demo as its own process. */
export function demo(...args: string[]): {
  ended: Promise<Ended>;
  interrupt: () => void;
  /** Waits until it has said this, on either stream. */
  seen: (text: string) => Promise<void>;
} {
  const child = spawn(process.execPath, ['bin/zonebridge.ts', 'demo', ...args], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code) => resolve({ code, stdout, stderr })),
  );
  const seen = async (text: string): Promise<void> => {
    while (!stderr.includes(text) && !stdout.includes(text)) {
      if (child.exitCode !== null) throw new Error(`the demo ended before it said "${text}":\n${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { ended, interrupt: () => child.kill('SIGINT'), seen };
}

export interface Result {
  ok: boolean;
  kubernetes: string;
  steps: { name: string; ok: boolean; latencyMs?: number; clusterMs?: number }[];
  propagation: { count: number };
  firewallCallsPerChange: { objects: number; push: number };
}

/** The object that `--json` prints last. */
export function resultOf({ stdout }: Ended): Result {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Result;
}

/** Processes that were started below the folder of the demo or by it. */
export function leftovers(): string[] {
  const list = execFileSync('ps', ['-eo', 'pid,stat,args'], { encoding: 'utf8' }).split('\n');
  return list.filter((line) => /\.cache\/demo|cluster-agent\/main\.ts/.test(line) && !/ Z/.test(line));
}
