import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { type Cli, examples } from '../cli.ts';

export function selectorCommand(cli: Cli): Command {
  const test = new Command('test')
    .summary('does a selector match these labels?')
    .description(
      'Reads JSON lines {"selector": ..., "labels": {...}} from standard input and answers each with one line: true, false or error: ...\n' +
        "A selector is a text in Calico's grammar or a Kubernetes LabelSelector object.",
    )
    .addHelpText(
      'after',
      examples(
        [
          `echo '{"selector":"app == \\"shop\\"","labels":{"app":"shop"}}' | zonebridge selector test`,
          'one question; prints true',
        ],
        ['zonebridge selector test < questions.jsonl', 'many questions, answered line by line as they come'],
      ),
    )
    .action(() => answerLines(cli));
  return new Command('selector')
    .summary('try out selectors')
    .description('Tries out selectors, without a cluster.')
    .addHelpText('after', examples(['zonebridge selector test --help', 'how to ask']))
    .addCommand(test);
}

/** Blank lines get an answer, too: answer n always belongs to line n. */
async function answerLines({ io }: Cli): Promise<void> {
  const { selectorLine } = await import('../../core/model/selector/index.ts');
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Infinity })) {
    if (!io.stdout.write(`${selectorLine(line)}\n`)) await once(io.stdout, 'drain');
  }
}
