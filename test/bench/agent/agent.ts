import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ApiKind } from '../../../lib/sandbox/kubernetes/choose.ts';
import type { Benchmark } from '../benchmark.ts';
import { machine, positive, progressFrom } from '../with-rig.ts';
import { measure, type Size } from './measure.ts';

const project = join(import.meta.dirname, '../../..');

/** What the bundled agent takes of the machine it runs on, of the Kubernetes API and of the bus. Its resource requests come from here. */
export const agent: Benchmark = {
  usage:
    'the bundled agent: memory, CPU, start, bytes [--api real|simulator] [--pods 10000] [--changes 10] [--seconds 60] [--churn 20] [--churn-minutes 5] [--flags "..."] [--json]',
  async run(args) {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args,
      options: {
        api: { type: 'string', default: 'real' },
        pods: text,
        changes: text,
        seconds: text,
        churn: text,
        'churn-minutes': text,
        flags: text,
        json: { type: 'boolean' },
      },
    });
    if (values.api !== 'real' && values.api !== 'simulator')
      throw new RangeError('--api takes real or simulator');
    const api: ApiKind = values.api;
    const size: Size = {
      pods: positive(values.pods, 'pods', 10_000),
      changes: positive(values.changes, 'changes', 10),
      seconds: positive(values.seconds, 'seconds', 60),
      churn: positive(values.churn, 'churn', 20),
      churnMinutes: positive(values['churn-minutes'], 'churn-minutes', 5),
    };
    const note = progressFrom(performance.now());
    const directory = await mkdtemp(join(tmpdir(), 'zonebridge-bench-agent-'));
    try {
      const build = ['scripts/build.ts', '--out', directory];
      execFileSync(process.execPath, build, { cwd: project, stdio: 'ignore' });
      const flags = values.flags?.split(' ').filter((flag) => flag !== '') ?? (await imageFlags());
      const bundle = join(directory, 'agent', 'main.mjs');
      const environment = await imageEnvironment();
      const figures = await measure({ api, size, directory, bundle, flags, environment, note });
      const load = Math.round((loadavg()[1] ?? 0) * 10) / 10;
      const result = { api, ...size, ...figures, flags: flags.join(' '), ...machine(), loadAverage: load };
      for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(24)} ${value ?? '-'}`);
      if (values.json) console.log(JSON.stringify(result));
    } finally {
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};

/** Options of Node in the ENTRYPOINT of the image. */
async function imageFlags(): Promise<string[]> {
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(await dockerfile())?.[1] ?? '[]';
  return (JSON.parse(entry) as string[]).slice(1);
}

/** What the image sets for its process. */
async function imageEnvironment(): Promise<Record<string, string>> {
  const set = /^ENV (.*)$/m.exec(await dockerfile())?.[1] ?? '';
  return Object.fromEntries(set.split(' ').map((one) => one.split('='))) as Record<string, string>;
}

async function dockerfile(): Promise<string> {
  return readFile(join(project, 'cluster-agent', 'Dockerfile'), 'utf8');
}
