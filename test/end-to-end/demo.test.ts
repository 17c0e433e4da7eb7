import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

const project = join(import.meta.dirname, '..', '..');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function demo(...args: string[]): {
  ended: Promise<Ended>;
  interrupt: () => void;
  pid: number;
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
    while (!stderr.includes(text)) {
      if (child.exitCode !== null) throw new Error(`the demo ended before it said "${text}":\n${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { ended, interrupt: () => child.kill('SIGINT'), pid: child.pid ?? 0, seen };
}

/** Processes that were started below the folder of the demo or by it. */
async function leftovers(): Promise<string[]> {
  const { execFileSync } = await import('node:child_process');
  const list = execFileSync('ps', ['-eo', 'pid,stat,args'], { encoding: 'utf8' }).split('\n');
  return list.filter((line) => /\.cache\/demo|cluster-agent\/main\.ts/.test(line) && !/ Z/.test(line));
}

async function playsWell(kubernetes: 'real' | 'simulator'): Promise<void> {
  const { code, stdout, stderr } = await demo('--once', '--json', '--kubernetes', kubernetes).ended;
  const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as {
    ok: boolean;
    steps: { name: string; ok: boolean }[];
    propagation: { count: number };
    firewallCallsPerChange: { objects: number; push: number };
  };
  expect(
    result.steps.filter(({ ok }) => !ok),
    stderr,
  ).toEqual([]);
  expect(result).toMatchObject({ ok: true, kubernetes });
  expect(result.steps.length).toBeGreaterThanOrEqual(16);
  expect(result.propagation.count).toBeGreaterThanOrEqual(4);
  expect(code).toBe(0);
  expect(await leftovers()).toEqual([]);
}

await kubernetesOrSkip('the demo with all parts real', () => {
  test('every step of the storefront ends well', async () => playsWell('real'));
});

describe('the demo on the simulated Kubernetes API', () => {
  test('every step of the storefront ends well', async () => playsWell('simulator'));

  test('Ctrl-C in the middle ends everything that was started', async () => {
    const run = demo('--once', '--kubernetes', 'simulator');
    await run.seen('deploying the stacks');
    run.interrupt();
    const { code } = await run.ended;
    expect(code).not.toBe(0);
    expect(await leftovers()).toEqual([]);
  });
});

test('the demo of the package runs this command', () => {
  const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts['demo']).toContain('zonebridge.ts demo');
});
