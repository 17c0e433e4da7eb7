import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorCodes } from '../../lib/core/error-codes.ts';
import { pages } from '../../scripts/document.ts';
import { isTest, lookedAt, sourcesIn } from './sources.ts';

const codes = Object.keys(errorCodes);

test('every error code is thrown or told somewhere', () => {
  const sources = sourcesIn('bin', 'lib', 'lambdas', 'cluster-agent').filter(
    (source) => !isTest(source) && source.path !== 'lib/core/errors.ts',
  );
  lookedAt(`files for ${codes.length} codes`, sources.length);
  expect(codes.filter((code) => !sources.some(({ text }) => text.includes(code)))).toEqual([]);
});

test('every error says what to do', () => {
  lookedAt('codes', codes.length);
  for (const [code, [, remedy]] of Object.entries(errorCodes)) {
    expect(code).toMatch(/^[a-z]+\/[a-z-]+$/);
    expect(remedy).toMatch(/^[A-Z].{20,}\.$/);
  }
});

test.each(Object.entries(pages))('%s is what `npm run document` writes', async (path, page) => {
  const committed = readFileSync(join(import.meta.dirname, '..', '..', path), 'utf8');
  expect(committed).toBe(await page());
  if (path === 'docs/errors.md')
    expect(codes.filter((code) => !committed.includes(`\`${code}\``))).toEqual([]);
});
