// Lets the unit layer of one copy of the project run again and again. It starts once for all mutants, because starting and reading
// the whole project costs more than most tests; what was changed is read anew. A process of its own, so that it can be ended when a
// mutant goes round for ever.
import { relative } from 'node:path';
import process from 'node:process';
import { inspect } from 'node:util';
import { createVitest, type TestModule, type Vitest } from 'vitest/node';

/** What to run, and what is different from the last time. */
export interface Question {
  changed: readonly string[];
  /** Texts that the paths of test files hold; none: the whole layer. */
  files: readonly string[];
}

/** `failed`: the test that noticed. `error`: the question could not be answered. */
export interface Answer {
  failed?: string;
  error?: string;
}

const folder = process.argv[2] ?? '';
/** What ended in the run that is under way: vitest itself remembers former runs, too. */
const ended: TestModule[] = [];
const vitest = await createVitest({
  root: folder,
  config: 'vitest.mutants.config.ts',
  project: ['unit'],
  watch: false,
  bail: 1,
  reporters: [{ onTestModuleEnd: (module) => void ended.push(module) }],
});
await vitest.standalone();
process.on('message', (question: Question) => void answer(vitest, question));
process.on('disconnect', () => void vitest.close().then(() => process.exit(0)));
process.send?.({});

async function answer(runner: Vitest, { changed, files }: Question): Promise<void> {
  process.send?.(await look(runner, changed, files).catch((error: unknown) => ({ error: String(error) })));
}

async function look(runner: Vitest, changed: readonly string[], files: readonly string[]): Promise<Answer> {
  for (const file of changed) runner.invalidateFile(file);
  const found = await runner.globTestSpecifications([...files]);
  if (found.length === 0) return { error: `no test is named ${files.join(', ')}` };
  ended.length = 0;
  const { unhandledErrors } = await runner.runTestSpecifications(found);
  if (ended.length === 0) return { error: 'no test ran' };
  const failed = ended.find((one) => !one.ok());
  if (failed) return { failed: nameOf(failed) };
  const [unhandled] = unhandledErrors;
  return unhandled === undefined ? {} : { failed: `unhandled: ${inspect(unhandled).slice(0, 120)}` };
}

function nameOf(module: TestModule): string {
  const file = relative(folder, module.moduleId);
  for (const test of module.children.allTests('failed')) return `${file}: ${test.fullName}`;
  return `${file}: ${module.errors()[0]?.message.slice(0, 120) ?? 'an unnamed failure'}`;
}
