import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

export interface Source {
  /** Path from the root of the repository, with slashes. */
  path: string;
  text: string;
}

export interface Import {
  from: Source;
  /** Path from the root for our own files, name of the package otherwise (`node:fs`, `zod`, `@noble/hashes`). */
  to: string;
  ours: boolean;
}

/** Every TypeScript file below these folders. */
export function sourcesIn(...folders: string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
      .map((name) => read(join(folder, name))),
  );
}

export function read(path: string): Source {
  return { path: path.replaceAll('\\', '/'), text: readFileSync(join(root, path), 'utf8') };
}

/** Names of what lies directly in a folder. */
export function entriesOf(folder: string, kind: 'folders' | 'files'): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() === (kind === 'folders'))
    .map(({ name }) => name)
    .sort();
}

/** Tests, and helpers of tests that lie beside the source. */
export function isTest({ path }: Source): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/') || /\/test-[a-z-]+\.ts$/.test(path);
}

/** Static, type-only and dynamic imports, and re-exports. */
export function importsOf(source: Source): Import[] {
  const pattern = /(?:^|[;\s])(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g;
  return [...withoutComments(source.text).matchAll(pattern)].map((match) => resolve(source, match[2] ?? ''));
}

function resolve(from: Source, specifier: string): Import {
  if (specifier.startsWith('.')) {
    return { from, to: join(dirname(from.path), specifier).replaceAll('\\', '/'), ours: true };
  }
  const parts = specifier.split('/');
  const to = specifier.startsWith('node:')
    ? specifier
    : parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  return { from, to, ours: false };
}

/** Good enough for rules about words: comments go, strings stay. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, ' ').replaceAll(/(^|[^:'"`\\])\/\/[^\n]*/g, '$1');
}

/** Says how much was looked at; a rule that looked at nothing has not been kept, it has not been checked. */
export function lookedAt(what: string, count: number): void {
  console.log(`looked at ${count} ${what}`);
  if (count === 0) throw new Error(`looked at no ${what}`);
}
