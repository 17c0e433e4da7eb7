import { parseArgs } from 'node:util';
import type { Benchmark } from '../benchmark.ts';
import { positive } from '../with-rig.ts';
import { findClashes } from './clashes.ts';

/** Clashes that are printed. */
const shown = 10;

/** Whether different things ever get the same name on a FortiGate; exit code 1 when they do. */
export const names: Benchmark = {
  usage:
    'names of random groups, shards, feeds and addresses that clash [--identities 10000000] [--seed 1] [--json]',
  async run(args) {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args,
      options: { identities: text, seed: text, json: { type: 'boolean' } },
    });
    const identities = positive(values.identities, 'identities', 10_000_000);
    const seed = positive(values.seed, 'seed', 1);
    const started = performance.now();
    const found = findClashes(identities, seed, (done) => console.error(`${done} of ${identities}`));
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(
      `${found.identities} identities, ${found.distinct} of them different, in ${seconds} s: ${found.clashes.length} clashes`,
    );
    for (const clash of found.clashes.slice(0, shown)) console.log(clash);
    if (values.json) console.log(JSON.stringify({ ...found, seed, seconds }));
    if (found.clashes.length > 0) process.exitCode = 1;
  },
};
