import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { smallConfiguration } from './fixtures/configuration.ts';
import { assemble } from './support.ts';

test('a function is a small folder of ES modules with everything in it, and Node runs it', () => {
  const entry = fileURLToPath(new URL('fixtures/handler-with-packages.ts', import.meta.url));
  const hub = 'Zonebridge-prod-Hub';
  const assembly = assemble(smallConfiguration(), { context: { 'aws:cdk:bundling-stacks': [hub] }, entry });
  const asset = readdirSync(assembly.directory).find(
    (name) => name.startsWith('asset.') && existsSync(join(assembly.directory, name, 'index.mjs')),
  );
  if (asset === undefined) throw new Error('nothing was bundled');
  const folder = join(assembly.directory, asset);
  const bundle = join(folder, 'index.mjs');
  const files = readdirSync(folder);
  const code = files
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  const imported = [...code.matchAll(/\bfrom\s*"([^"]+)"/g)].map(([, name = '']) => name);
  const own = imported.filter((name) => name.startsWith('./'));
  expect(own.filter((name) => !files.includes(name.slice(2)))).toEqual([]);
  expect(imported.filter((name) => !/^(node:|\.)/.test(name) && name.includes('/'))).toEqual([]);
  expect(code.length).toBeLessThan(2_000_000);
  const maps = files.filter((name) => name.endsWith('.map'));
  expect(maps.length).toBeGreaterThan(0);
  // The same wherever the project lies, or each machine would deploy functions of its own.
  for (const map of maps) expect(readFileSync(join(folder, map), 'utf8')).not.toContain(import.meta.dirname);

  const call = `const { handler } = await import(${JSON.stringify(pathToFileURL(bundle).href)});
    console.log(JSON.stringify(await handler()));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', call], {
    cwd: join(assembly.directory, asset),
    encoding: 'utf8',
  });
  expect(JSON.parse(output)).toEqual({ region: 'eu-central-1', parsed: { a: 1 } });
});
