import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { demo, resultOf } from '../support/demo-process.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

const project = join(import.meta.dirname, '..', '..');

async function playsWell(kubernetes: 'real' | 'simulator', guests: readonly string[] = []): Promise<void> {
  const more = guests.length === 0 ? [] : ['--firewalls', guests.join(',')];
  const run = demo('--once', '--json', '--kubernetes', kubernetes, ...more);
  const ended = await run.ended;
  const result = resultOf(ended);
  expect(
    result.steps.filter(({ ok }) => !ok),
    ended.stderr,
  ).toEqual([]);
  expect(result).toMatchObject({ ok: true, kubernetes });
  expect(result.steps.length).toBeGreaterThanOrEqual(16);
  for (const kind of guests)
    expect(result.steps.filter(({ name }) => name.endsWith(`, ${kind}`)).length).toBeGreaterThanOrEqual(5);
  expect(result.propagation.count).toBeGreaterThanOrEqual(4);
  expect(ended.code).toBe(0);
  expect(run.leftovers()).toEqual([]);
}

await kubernetesOrSkip('the demo with all parts real', () => {
  test('every step of the storefront ends well', async () => playsWell('real'));
});

describe('the demo on the simulated Kubernetes API', () => {
  test('every step of the storefront ends well, on firewalls of all vendors', async () =>
    playsWell('simulator', ['cisco-fmc', 'panorama', 'fortimanager', 'pull-list']));

  test('Ctrl-C in the middle ends everything that was started', async () => {
    const run = demo('--once', '--kubernetes', 'simulator');
    await run.seen('deploying the stacks');
    run.interrupt();
    const { code } = await run.ended;
    expect(code).not.toBe(0);
    expect(run.leftovers()).toEqual([]);
  });
});

test('the demo of the package runs this command', () => {
  const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts['demo']).toContain('zonebridge.ts demo');
});
