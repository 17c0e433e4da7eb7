import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
  /** Processes that it started and that still run. */
  leftovers: () => string[];
} {
  // Stands in the environment of what it starts, but for the emulator, which lies in the folder of the demo. Agents of other tests run beside.
  const folder = join(tmpdir(), `zonebridge-demo-test-${randomUUID()}`);
  mkdirSync(folder);
  const child = spawn(process.execPath, ['bin/zonebridge.ts', 'demo', ...args], {
    cwd: project,
    env: { ...process.env, TMPDIR: folder },
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
  return { ended, interrupt: () => child.kill('SIGINT'), seen, leftovers: () => processesOf(folder) };
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

function processesOf(folder: string): string[] {
  const all = ['axeww', '-o', 'pid=,stat=,command='];
  const list = execFileSync('ps', all, { encoding: 'utf8', maxBuffer: 2 ** 26 }).split('\n');
  // What a process was called is enough to know it by; its environment may hold secrets.
  const started = (line: string): boolean => line.includes(folder) || line.includes('.cache/demo/');
  return list.filter((line) => started(line) && !/^ *\d+ Z/.test(line)).map((line) => line.slice(0, 200));
}
