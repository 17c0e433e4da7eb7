import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutants } from './index.ts';
import { mutate } from './mutant.ts';

const project = join(import.meta.dirname, '..', '..');

// Whoever changes the product changes the mutant with it: `npm run mutants` needs a text that is there.
test.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s still applies', (_, mutant) => {
  const source = readFileSync(join(project, mutant.file), 'utf8');
  expect(mutate(mutant, source)).not.toBe(source);
  for (const killer of mutant.killers) expect(existsSync(join(project, killer)), killer).toBe(true);
});

test('each has a name of its own, and there are enough', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  expect(mutants.length).toBeGreaterThanOrEqual(30);
});

test('an edit that applies twice, or not at all, is an error', () => {
  const mutant = { name: 'm', breaks: '', file: 'f', edits: [['a', 'b']] as const, killers: [] };
  expect(() => mutate(mutant, 'a a')).toThrow(/occurs 2 times/);
  expect(() => mutate(mutant, 'c')).toThrow(/occurs 0 times/);
});
