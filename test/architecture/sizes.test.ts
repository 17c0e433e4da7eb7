import { expect, test } from 'vitest';
import { lookedAt, sourcesIn } from './sources.ts';

const sources = sourcesIn('bin', 'lib', 'lambdas', 'cluster-agent', 'scripts', 'test');
const sizes = sources.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));

test('no file has more than 400 lines', () => {
  lookedAt('files', sizes.length);
  expect(sizes.filter(({ lines }) => lines > 400)).toEqual([]);
});

test('half of the files have fewer than 100 lines', () => {
  const sorted = sizes.map(({ lines }) => lines).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  lookedAt(`files, ${median} lines in the middle`, sorted.length);
  expect(median).toBeGreaterThan(0);
  expect(median).toBeLessThan(100);
});
