import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { GoBuild } from '../sandbox/kubernetes/go-build.ts';
import { binary } from '../sandbox/kubernetes/binaries.ts';
import type { Cli } from './cli.ts';
import { chooseGround } from './demo-ground.ts';

const go = vi.hoisted(() => ({ isThere: true }));

vi.mock('../sandbox/kubernetes/go-build.ts', () => ({
  buildFlags: '',
  goVersion: async () => {
    if (!go.isThere) throw new Error('no Go');
    return 'go1.25';
  },
  goBuild: async ({ output }: GoBuild) => writeFileSync(output, ''),
}));

let cache = '';
const before = process.env['XDG_CACHE_HOME'];
const said: string[] = [];
const cli = { output: { note: (line: string) => said.push(line) } } as unknown as Cli;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'zonebridge-ground-'));
  process.env['XDG_CACHE_HOME'] = cache;
  go.isThere = true;
  said.length = 0;
});

afterEach(() => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = before;
  rmSync(cache, { recursive: true, force: true });
});

test('the real API is played on where it was built before, whole; otherwise the simulated one; it is said which', async () => {
  const untold = 'Kubernetes: the simulated API; it was not built here, `--kubernetes real` does that';
  expect(await chooseGround(cli, {})).toEqual({ api: 'simulator' });
  await binary('kubeone', () => undefined);
  expect(await chooseGround(cli, {})).toEqual({ api: 'simulator' });
  await binary('kwok', () => undefined);
  expect(await chooseGround(cli, {})).toEqual({ api: 'real' });
  expect(said).toEqual([untold, untold, 'Kubernetes: a real API (kube-apiserver)']);
});

test('without Go the simulated one is played on', async () => {
  for (const program of ['kubeone', 'kwok'] as const) await binary(program, () => undefined);
  go.isThere = false;
  expect(await chooseGround(cli, {})).toEqual({ api: 'simulator' });
});

test('what is asked for counts, whatever was built', async () => {
  expect(await chooseGround(cli, { kubernetes: 'real' })).toEqual({ api: 'real' });
  expect(await chooseGround(cli, { kubernetes: 'simulator' })).toEqual({ api: 'simulator' });
  expect(said).toEqual(['Kubernetes: a real API (kube-apiserver)', 'Kubernetes: the simulated API']);
});
