// Benchmarks by name: `npm run bench -- <name> [options]`. Figures are measured, never asserted.
import { agent } from './agent/agent.ts';
import type { Benchmark } from './benchmark.ts';
import { clusters } from './clusters/clusters.ts';
import { firstSync } from './first-sync/first-sync.ts';
import { lists } from './lists/lists.ts';
import { names } from './names/names.ts';
import { propagation } from './propagation/bench.ts';
import { recovery } from './recovery/recovery.ts';
import { soak } from './soak/soak.ts';

const benchmarks: Readonly<Record<string, Benchmark>> = {
  propagation,
  soak,
  recovery,
  'first-sync': firstSync,
  names,
  lists,
  agent,
  clusters,
};

const [name = '', ...options] = process.argv.slice(2);
const bench = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (!bench || options.includes('--help')) {
  const lines = Object.entries(benchmarks).map(([known, { usage }]) => `  ${known.padEnd(12)} ${usage}`);
  console.error(['usage: npm run bench -- <name> [options]', ...lines].join('\n'));
  process.exit(bench ? 0 : 2);
}
try {
  await bench.run(options);
} catch (error) {
  if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
  console.error(`${error.message}\n${bench.usage}`);
  process.exit(2);
}
process.exit(process.exitCode ?? 0);
