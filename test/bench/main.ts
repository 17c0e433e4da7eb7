// Benchmarks by name: `npm run bench -- propagation [--json] [--quick] [--push-only]`. Figures are measured, never asserted.
// --quick: fewer changes, no group of 10,000. --push-only: sizes 10 and 10,000 over push with half the changes, for a machine in a hurry.
import { type BenchOptions, benchPropagation } from './propagation/bench.ts';

const benchmarks: Record<string, (options: BenchOptions) => Promise<void>> = {
  propagation: benchPropagation,
};

const [name = '', ...flags] = process.argv.slice(2);
const bench = benchmarks[name];
const known = ['--json', '--quick', '--push-only'];
if (!bench || flags.some((flag) => !known.includes(flag))) {
  console.error(
    `usage: npm run bench -- ${Object.keys(benchmarks).join('|')} [--json] [--quick] [--push-only]`,
  );
  process.exit(2);
}
await bench({
  json: flags.includes('--json'),
  quick: flags.includes('--quick'),
  pushOnly: flags.includes('--push-only'),
});
process.exit(process.exitCode ?? 0);
