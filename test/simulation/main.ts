// Plays the product against simulated clusters, services, firewalls and people, and watches its promises.
// Exit code 1 on any violation, 2 for wrong usage; the last line is a summary, with --json one object.
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runSeeds } from './jobs.ts';
import { planOf, usualSteps } from './plan/generate.ts';
import { type Outcome, runPlan } from './run.ts';
import { cutPlan, shrink } from './shrink.ts';
import { storyOf } from './story.ts';
import { summaryOf, Totals } from './totals.ts';

const usage = `npm run simulate [-- --seeds N] [--from N] [--seed N] [--steps N] [--jobs N] [--follow TEXT] [--json]

  --seeds N      that many seeds, one after the other (default 200)
  --from N       the first of them (default 1)
  --seed N       this one alone, with its story
  --steps N      steps of a seed (default ${usualSteps})
  --jobs N       processes (default: as many as there are processors)
  --follow TEXT  tells every write of a row whose key holds the text, too: an address, a group, the id of a pod
  --json         one JSON object as the last line`;

/** Stops with the words and how to do it right. */
function wrong(words: string): never {
  console.error(`${words}\n\n${usage}`);
  return process.exit(2);
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '200' },
        from: { type: 'string', default: '1' },
        seed: { type: 'string' },
        steps: { type: 'string', default: String(usualSteps) },
        follow: { type: 'string' },
        jobs: { type: 'string', default: String(availableParallelism()) },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    return wrong((error as Error).message);
  }
}

const values = options();

/** Seeds between two words about how far it is. */
const progressEvery = 100;

/** Failing seeds whose story is told; the others are named. */
const storiesMax = 2;

async function main(): Promise<number> {
  const steps = numberOf('steps', values.steps);
  const totals = new Totals();
  const failed: Outcome[] = [];
  if (values.seed === undefined) {
    const from = numberOf('from', values.from);
    const seeds = Array.from({ length: numberOf('seeds', values.seeds) }, (_, index) => from + index);
    let done = 0;
    await runSeeds({ seeds, steps, jobs: numberOf('jobs', values.jobs) }, (outcome) => {
      totals.add(outcome);
      done += 1;
      if (done % progressEvery === 0)
        console.error(`${done} of ${seeds.length} seeds, ${failed.length} violations`);
      if (!outcome.violation) return;
      failed.push(outcome);
      say(`seed ${outcome.seed}: ${outcome.violation.invariant}: ${outcome.violation.message}`);
    });
    for (const outcome of failed.slice(0, storiesMax)) await tellStory(outcome, steps);
  } else {
    const plan = planOf(numberOf('seed', values.seed), steps);
    const outcome = await runPlan(plan, { story: true, follow: values.follow });
    totals.add(outcome);
    for (const line of storyOf(plan, outcome)) say(line);
    if (outcome.violation) await tellStory(outcome, steps);
  }
  const summary = totals.end();
  console.log(values.json ? JSON.stringify(summary) : summaryOf(summary));
  return summary.violations === 0 ? 0 : 1;
}

/** The shortest form of a failing seed that we find, told from its beginning. */
async function tellStory({ seed, violation }: Outcome, steps: number): Promise<void> {
  if (!violation) return;
  const plan = planOf(seed, steps);
  const cut = await shrink(plan, violation.invariant);
  const smaller = cutPlan(plan, cut);
  say('', `shrunk from ${plan.steps.length} steps to ${smaller.steps.length}:`);
  for (const line of storyOf(smaller, await runPlan(smaller, { story: true, follow: values.follow })))
    say(line);
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    return wrong(`--${name} takes a whole number above 0, not ${JSON.stringify(text)}`);
  return value;
}

/** With --json standard output holds the result alone. */
function say(...lines: string[]): void {
  for (const line of lines) (values.json ? console.error : console.log)(line);
}

if (values.help) console.log(usage);
else process.exitCode = await main();
