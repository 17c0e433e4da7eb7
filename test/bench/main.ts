// Benchmarks by name: `npm run bench -- propagation [--json] [--quick]`. Figures are measured, never asserted.
import { benchPropagation } from './propagation/bench.ts';

const benchmarks: Record<string, (options: { json: boolean; quick: boolean }) => Promise<void>> = {
  propagation: benchPropagation,
};

const [name = '', ...flags] = process.argv.slice(2);
const bench = benchmarks[name];
if (!bench || flags.some((flag) => flag !== '--json' && flag !== '--quick')) {
  console.error(`usage: npm run bench -- ${Object.keys(benchmarks).join('|')} [--json] [--quick]`);
  process.exit(2);
}
await bench({ json: flags.includes('--json'), quick: flags.includes('--quick') });
process.exit(process.exitCode ?? 0);
