import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileSystem, Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync, type Metafile } from 'esbuild';
import { type UseCase, useCases } from './rights.ts';

/** Packages in CommonJS call `require`, which an ES module lacks. */
const requireBanner =
  "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);";
const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface CodeRequest {
  /** The file that exports the handler of a function. */
  entryOf: (useCase: UseCase) => string;
  /** What lies beside the code, by its name there; paths from the root of the project. */
  folders: Readonly<Record<string, string>>;
}

/** Of all functions, made together. */
export interface Bundles {
  /** Contents by file name; the entry of a function is called after it. */
  files: ReadonlyMap<string, Uint8Array>;
  outputs: ReadonlyMap<string, Metafile['outputs'][string]>;
  /** Sources with what each imports, also what is left out because nothing of it is used. */
  inputs: Metafile['inputs'];
}

const made = new Map<string, Bundles>();
let folder: string | undefined;

/**
 * Code of one function, as a folder: its entry, and of the parts that functions share those that it reaches. What is imported late stays a
 * file of its own, which nobody reads before it is needed. All functions are bundled by one run, which costs little more than one of them.
 * Nothing is bundled for a stack that is only listed.
 */
export function functionCode(scope: Construct, useCase: UseCase, { entryOf, folders }: CodeRequest): Code {
  if (!Stack.of(scope).bundlingRequired) return Code.fromInline(`// ${useCase}: not bundled`);
  const bundles = bundleFunctions(entryOf);
  const place = mkdtempSync(join(workFolder(), `${useCase}-`));
  for (const name of partsOf(bundles, useCase)) {
    const at = name === `${useCase}.mjs` ? 'index.mjs' : name;
    for (const [file, to] of [
      [name, at],
      [`${name}.map`, `${name}.map`],
    ] as const) {
      const contents = bundles.files.get(file);
      if (contents) writeFileSync(join(place, to), contents);
    }
  }
  for (const [name, from] of Object.entries(folders))
    cpSync(join(projectRoot, from), join(place, name), { recursive: true });
  return Code.fromAsset(place);
}

/** All functions in one run, once for the same sources; also for the test that weighs them. */
export function bundleFunctions(entryOf: CodeRequest['entryOf']): Bundles {
  const entries = Object.fromEntries(useCases.map((each) => [each, entryOf(each)]));
  const key = JSON.stringify(entries);
  const known = made.get(key);
  if (known) return known;
  const { outputFiles, metafile } = buildSync({
    entryPoints: Object.entries(entries).map(([out, file]) => ({ in: file, out })),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    banner: { js: requireBanner },
    outExtension: { '.js': '.mjs' },
    absWorkingDir: projectRoot,
    // Only for the paths in source maps, which so are the same wherever the project lies.
    outdir: join(projectRoot, 'functions'),
    write: false,
    metafile: true,
  });
  const bundles = {
    files: new Map(outputFiles.map(({ path, contents }) => [basename(path), contents])),
    outputs: new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output])),
    inputs: metafile.inputs,
  };
  made.set(key, bundles);
  return bundles;
}

/** Files of a function: its entry, and all that it imports; `atOnce`: without what it imports late. */
export function partsOf({ outputs }: Bundles, useCase: UseCase, which?: 'atOnce'): ReadonlySet<string> {
  const found = new Set([`${useCase}.mjs`]);
  for (const name of found)
    for (const { path, external, kind } of outputs.get(name)?.imports ?? [])
      if (external !== true && !(which === 'atOnce' && kind === 'dynamic-import')) found.add(basename(path));
  return found;
}

function workFolder(): string {
  if (folder === undefined) {
    const made = FileSystem.mkdtemp('zonebridge-functions-');
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}
