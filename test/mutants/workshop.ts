import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { Judge } from './judge.ts';
import { type Mutant, mutate } from './mutant.ts';

const project = join(import.meta.dirname, '..', '..');
/** What is not copied: what others made, and what a run leaves behind. */
const leftOut = new Set(['node_modules', '.git', '.cache', 'cdk.out', 'dist', 'coverage']);
/** Would notice every change of the source, and so prove nothing. */
const own = 'test/mutants/**';

export interface Verdict {
  /** `killed`: a test failed. `survived`: none did. `invalid`: it does not compile, so that it proves nothing. */
  verdict: 'killed' | 'survived' | 'invalid';
  /** The test that noticed, or what the compiler said. */
  by: string;
  seconds: number;
}

/** A copy of the project in which things may be broken; the original is only read. */
export class Workshop {
  readonly #folder: string;
  /** Files that the judge has to read anew. */
  readonly #changed = new Set<string>();
  #judge: Judge | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), 'zonebridge-mutants-'));
    await cp(project, folder, {
      recursive: true,
      filter: (path) => !leftOut.has(basename(path)) || relative(project, path).split('/').length > 1,
    });
    await symlink(await realpath(join(project, 'node_modules')), join(folder, 'node_modules'));
    await writeFile(join(folder, 'vitest.mutants.config.ts'), settings);
    return new Workshop(folder);
  }

  async close(): Promise<void> {
    try {
      await this.#judge?.close();
    } finally {
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  /** Breaks the copy, lets the tests look at it, and mends it. */
  async judge(mutant: Mutant): Promise<Verdict> {
    const source = await this.#read(mutant.file);
    const begin = performance.now();
    await this.#write(mutant.file, mutate(mutant, source));
    try {
      const found = await this.#look(mutant.killers);
      return { ...found, seconds: Math.round((performance.now() - begin) / 100) / 10 };
    } finally {
      await this.#write(mutant.file, source);
    }
  }

  /** The copy as it is: nothing may fail. Gives the failing test. */
  async failure(files: readonly string[]): Promise<string | undefined> {
    return this.#test(files);
  }

  /** The likeliest test alone, then the others that it names. What only some other test would notice survived: it names the wrong ones. */
  async #look([first = '', ...others]: readonly string[]): Promise<Omit<Verdict, 'seconds'>> {
    let by = await this.#test([first]);
    if (by === undefined && others.length > 0) by = await this.#test(others);
    return by === undefined ? { verdict: 'survived', by: '' } : { verdict: 'killed', by };
  }

  /**
   * What does not compile, by the name of the mutant: it would fail whatever the tests are worth. Mutants of different files are
   * compiled together, each in a round where its file has no other.
   */
  async compile(mutants: readonly Mutant[]): Promise<Map<string, string>> {
    const complaints = new Map<string, string>();
    const byFile = Map.groupBy(mutants, ({ file }) => file);
    for (let round = 0; [...byFile.values()].some((group) => group.length > round); round++) {
      const together = [...byFile.values()].flatMap((group) => group[round] ?? []);
      const sources = await Promise.all(together.map(({ file }) => this.#read(file)));
      await Promise.all(
        together.map((mutant, index) => this.#write(mutant.file, mutate(mutant, sources[index] ?? ''))),
      );
      // What a mutant leaves unused says nothing about whether it can run.
      const unused = ['--noUnusedLocals', 'false', '--noUnusedParameters', 'false'];
      const { code, output } = await this.#run('tsc', ['-p', '.', '--pretty', 'false', ...unused]);
      await Promise.all(together.map(({ file }, index) => this.#write(file, sources[index] ?? '')));
      const before = complaints.size;
      for (const { name, file } of together) {
        const complaint = output.split('\n').find((line) => line.startsWith(`${file}(`));
        if (complaint !== undefined) complaints.set(name, complaint);
      }
      if (code !== 0 && complaints.size === before)
        throw new Error(`does not compile: ${output.slice(0, 400)}`);
    }
    return complaints;
  }

  #read(file: string): Promise<string> {
    return readFile(join(this.#folder, file), 'utf8');
  }

  #write(file: string, text: string): Promise<void> {
    const path = join(this.#folder, file);
    this.#changed.add(path);
    return writeFile(path, text);
  }

  /** Name of the first test that failed; undefined when all passed. Throws when nothing ran. */
  async #test(files: readonly string[]): Promise<string | undefined> {
    this.#judge ??= await Judge.open(this.#folder);
    const answer = await this.#judge.ask({ changed: [...this.#changed], files });
    this.#changed.clear();
    if (answer === undefined) {
      this.#judge = undefined;
      return 'the tests did not end';
    }
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.failed;
  }

  async #run(tool: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
    const child = spawn(join(this.#folder, 'node_modules', '.bin', tool), args, {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, output }));
    });
  }
}

/** The caches of the tools lie in `node_modules` otherwise, which is that of the original. */
const settings = `import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

const test = base.test ?? {};
for (const project of test.projects ?? [])
  if (typeof project === 'object' && 'test' in project && project.test) project.test.exclude = ['${own}', '**/node_modules/**'];

export default mergeConfig(base, defineConfig({ cacheDir: '.vite' }));
`;
