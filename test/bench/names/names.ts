import { parseArgs } from 'node:util';
import type { Benchmark } from '../benchmark.ts';
import { positive } from '../with-rig.ts';
import { type Clashes, findClashes } from './clashes.ts';
import { namingOf } from './identities.ts';
import { vendors } from './vendors.ts';

/** Clashes that are printed. */
const shown = 10;

/** Whether different things of ours ever get the same name on a firewall; exit code 1 when they do. */
export const names: Benchmark = {
  usage:
    'names of random objects that clash on a firewall [--firewall KIND] [--identities 10000000] [--seed 1] [--json]',
  async run(args) {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args,
      options: { firewall: text, identities: text, seed: text, json: { type: 'boolean' } },
    });
    const identities = positive(values.identities, 'identities', 10_000_000);
    const seed = positive(values.seed, 'seed', 1);
    const kinds = values.firewall === undefined ? Object.keys(vendors) : [values.firewall];
    const reports = kinds.map((firewall) => reportOf(firewall, identities, seed));
    if (values.json) console.log(JSON.stringify({ seed, firewalls: reports }));
    if (reports.some(({ clashes }) => clashes.length > 0)) process.exitCode = 1;
  },
};

function reportOf(
  firewall: string,
  identities: number,
  seed: number,
): Clashes & { firewall: string; seconds: number } {
  const naming = namingOf(firewall);
  const started = performance.now();
  const found = findClashes(naming, identities, seed, (done) =>
    console.error(`${firewall}: ${done} of ${identities}`),
  );
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `${firewall}: ${identities} identities, ${found.distinct} of them different, in ${seconds} s: ${found.clashes.length} clashes`,
  );
  for (const clash of found.clashes.slice(0, shown)) console.log(clash);
  return { firewall, ...found, seconds };
}
