import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Locked {
  version: string;
  resolved?: string;
  integrity?: string;
  license?: string;
  hasInstallScript?: boolean;
  dev?: boolean;
  /** It lies inside of the package around it, under that one's checksum. */
  inBundle?: boolean;
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
const own = read('package.json') as Record<'dependencies' | 'devDependencies', Record<string, string>>;
const lock = read('package-lock.json') as { packages: Record<string, Locked> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');

/** Licences under which a package may come with ours: no duty beyond naming it, or one we meet by leaving its files as they are. */
const permitted = new Set([
  'Apache-2.0',
  'MIT',
  'MIT-0',
  'ISC',
  '0BSD',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'Unlicense',
  'PSF-2.0',
  'MIT OR Apache-2.0',
  // The first of the two is taken.
  '(MIT OR GPL-3.0-or-later)',
]);
/** Licences for tools that are not shipped. */
const permittedForTools = new Set(['MPL-2.0']);
/** Packages that run something when they are installed, and why they may. */
const installers: Readonly<Record<string, string>> = {
  'node_modules/esbuild': 'checks that the binary of this machine runs',
  'node_modules/node': 'puts the binary of Node 24 in place',
};
/** Where a package comes from unless the lock file says otherwise. */
const registry = 'https://registry.npmjs.org/';
/** All packages below `dependencies`; a new one is a decision, and so is a new number here. */
const runtimeBudget = 190;

test('every package has a licence that is permitted', () => {
  expect(locked.length).toBeGreaterThan(200);
  const wrong = locked.filter(
    ([, { license = 'none', dev }]) => !permitted.has(license) && !(dev && permittedForTools.has(license)),
  );
  expect(wrong.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
});

test('only the named packages run something when they are installed', () => {
  const found = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
  expect(found.sort()).toEqual(Object.keys(installers).sort());
});

test('every package is pinned: an exact version, a checksum, no other place than the registry', () => {
  const versions = Object.values({ ...own.dependencies, ...own.devDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  const fetched = locked.filter(([, { inBundle }]) => !inBundle);
  const loose = fetched.filter(
    ([, { resolved = registry, integrity = '' }]) =>
      !resolved.startsWith(registry) || !integrity.startsWith('sha512-'),
  );
  expect(loose.map(([path]) => path)).toEqual([]);
});

test('the packages that run in production stay within their number', () => {
  const runtime = locked.filter(([, { dev }]) => !dev);
  expect(runtime.length).toBeGreaterThan(50);
  expect(runtime.length).toBeLessThanOrEqual(runtimeBudget);
});
