// Breaks the product on purpose, one way at a time, in copies of the project, and shows which test notices.
// Exit code 1 when a mutant survives, does not compile or does not apply, or when the unbroken copy fails; 2 for wrong usage.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mutants } from './index.ts';
import { type Mutant, mutate } from './mutant.ts';
import { type Verdict, Workshop } from './workshop.ts';

const usage = `npm run mutants [-- --only NAME] [--jobs N] [--json]

  --only NAME  this mutant, or all whose name holds the text; may be repeated
  --jobs N     copies that are tried at the same time (default 2)
  --json       one JSON object as the last line
  --list       only names the mutants`;

interface Result extends Verdict {
  name: string;
  file: string;
  breaks: string;
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        jobs: { type: 'string', default: '2' },
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const jobs = Number(values.jobs);
    if (!Number.isInteger(jobs) || jobs < 1 || jobs > 32)
      throw new RangeError('--jobs is a number from 1 to 32');
    const chosen = mutants.filter(({ name }) => values.only?.some((text) => name.includes(text)) ?? true);
    if (chosen.length === 0) throw new RangeError(`no mutant is named ${values.only?.join(', ')}`);
    return { ...values, jobs, chosen };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return process.exit(2);
  }
}

/** Before anything is copied: a mutant that no longer applies is mended first. */
function requireThatAllApply(chosen: readonly Mutant[]): void {
  const project = join(import.meta.dirname, '..', '..');
  for (const mutant of chosen) mutate(mutant, readFileSync(join(project, mutant.file), 'utf8'));
}

/** The unbroken copy passes; otherwise a failing test would prove nothing. */
async function requireThatNothingFails(workshop: Workshop, chosen: readonly Mutant[]): Promise<void> {
  const files = [...new Set(chosen.flatMap(({ killers }) => killers))];
  const failure = await workshop.failure(files);
  if (failure !== undefined) throw new Error(`a copy that nobody broke fails already: ${failure}`);
}

async function judgeAll(chosen: readonly Mutant[], jobs: number): Promise<Result[]> {
  const results: Result[] = [];
  const complaints = await compile(chosen);
  for (const { name, file, breaks } of chosen) {
    const by = complaints.get(name);
    if (by !== undefined) report(results, { name, file, breaks, verdict: 'invalid', by, seconds: 0 });
  }
  const left = chosen.filter(({ name }) => !complaints.has(name));
  const worker = async (number: number): Promise<void> => {
    const workshop = await Workshop.open();
    const judged: Mutant[] = [];
    try {
      if (number === 0) await requireThatNothingFails(workshop, chosen);
      for (let mutant = left.shift(); mutant; mutant = left.shift()) {
        const { name, file, breaks } = mutant;
        judged.push(mutant);
        report(results, { name, file, breaks, ...(await workshop.judge(mutant)) });
      }
      // What was mended is read as mended: otherwise the last mutants were killed by the first.
      if (judged.length > 0) await requireThatNothingFails(workshop, judged.slice(-10));
    } catch (error) {
      // The others stop, too.
      left.length = 0;
      throw error;
    } finally {
      await workshop.close();
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: jobs }, (_, number) => worker(number)));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}

async function compile(chosen: readonly Mutant[]): Promise<Map<string, string>> {
  const workshop = await Workshop.open();
  try {
    return await workshop.compile(chosen);
  } finally {
    await workshop.close();
  }
}

function report(results: Result[], result: Result): void {
  results.push(result);
  console.log(line(result));
}

function line({ name, verdict, by, seconds, breaks }: Result): string {
  const what = verdict === 'killed' ? `by ${by}` : `${breaks}. ${by}`;
  return `${verdict.padEnd(8)} ${name.padEnd(30)} ${String(seconds).padStart(6)} s  ${what}`;
}

const { chosen, jobs, json, list, help } = options();
if (help) console.log(usage);
else if (list) for (const { name, breaks } of chosen) console.log(`${name.padEnd(30)} ${breaks}`);
else {
  const begin = performance.now();
  try {
    requireThatAllApply(chosen);
    const results = await judgeAll(chosen, Math.min(jobs, chosen.length));
    const of = (verdict: Verdict['verdict']): Result[] => results.filter((one) => one.verdict === verdict);
    const [killed, survived, invalid] = [of('killed'), of('survived'), of('invalid')];
    const seconds = Math.round((performance.now() - begin) / 1000);
    console.log(
      `\n${killed.length} of ${results.length} mutants killed, ${survived.length} survived, ${invalid.length} invalid, in ${seconds} s`,
    );
    const ok = killed.length === results.length;
    if (json) console.log(JSON.stringify({ ok, killed: killed.length, seconds, mutants: results }));
    process.exitCode = ok ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    if (json) console.log(JSON.stringify({ ok: false, error: (error as Error).message }));
    process.exitCode = 1;
  }
}
