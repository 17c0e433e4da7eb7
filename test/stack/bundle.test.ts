import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { smallConfiguration } from './fixtures/configuration.ts';
import { assemble } from './support.ts';

test('a function is one small ES module with everything in it, and Node runs it', () => {
  const entry = fileURLToPath(new URL('fixtures/handler-with-packages.ts', import.meta.url));
  const hub = 'Zonebridge-prod-Hub';
  const assembly = assemble(smallConfiguration(), { context: { 'aws:cdk:bundling-stacks': [hub] }, entry });
  const asset = readdirSync(assembly.directory).find((name) => name.startsWith('asset.'));
  if (asset === undefined) throw new Error('nothing was bundled');
  const bundle = join(assembly.directory, asset, 'index.mjs');
  const code = readFileSync(bundle, 'utf8');
  const imported = [...code.matchAll(/\bfrom\s*"([^".][^"]*)"/g)].map(([, name = '']) => name);
  expect(imported.filter((name) => !name.startsWith('node:') && name.includes('/'))).toEqual([]);
  expect(code.length).toBeLessThan(2_000_000);
  expect(readdirSync(join(assembly.directory, asset))).toContain('index.mjs.map');

  const call = `const { handler } = await import(${JSON.stringify(pathToFileURL(bundle).href)});
    console.log(JSON.stringify(await handler()));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', call], {
    cwd: join(assembly.directory, asset),
    encoding: 'utf8',
  });
  expect(JSON.parse(output)).toEqual({ region: 'eu-central-1', parsed: { a: 1 } });
});
