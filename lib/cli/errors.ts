import path from 'node:path';
import { InvalidConfiguration } from '../app/configuration/invalid-configuration.ts';
import { isZonebridgeError, type Problem, type ZonebridgeError } from '../core/errors.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import type { Output } from './output.ts';
import { onOneLine } from './table.ts';

/** Says what went wrong and what to do, and returns the exit code. With `--json` the object is `{ok: false, error}`. */
export function reportError(error: unknown, io: CliIo, output: Output): ExitCode {
  if (!isZonebridgeError(error)) return reportUnexpected(error, io, output);
  const problems = error instanceof InvalidConfiguration ? relative(error.problems, io.cwd) : undefined;
  if (output.json) output.result({ ok: false, error: asObject(error, problems) });
  else io.stderr.write(asText(error, problems, output));
  return exitCodeOf(error.code);
}

function asObject(error: ZonebridgeError, problems: readonly Problem[] | undefined): object {
  const { code, message, remedy, fields } = error;
  return { code, message, remedy, fields, ...(problems === undefined ? {} : { problems }) };
}

function asText(error: ZonebridgeError, problems: readonly Problem[] = [], output: Output): string {
  const { bold, red } = output.colors;
  const lines = [`${red('error')} ${bold(error.code)}: ${onOneLine(error.message)}`];
  for (const problem of problems) lines.push(...problemLines(problem));
  return `${[...lines, `What to do: ${error.remedy}`].join('\n')}\n`;
}

/** `file:line path`, as editors and terminals recognise it, and below it what is wrong. */
export function problemLines({ file, line, path: place, message }: Problem): string[] {
  const where = [file, line].filter((part) => part !== undefined).join(':');
  return [
    `  ${[where, onOneLine(place)].filter((part) => part !== '').join(' ')}`,
    `      ${onOneLine(message)}`,
  ];
}

/** Files as seen from where the command was started. */
export function relative(problems: readonly Problem[], cwd: string): Problem[] {
  return problems.map((problem) => {
    if (problem.file === undefined) return problem;
    return { ...problem, file: path.relative(cwd, path.resolve(cwd, problem.file)) };
  });
}

/** Neither foreseen nor explained: everything that helps to find it. */
function reportUnexpected(error: unknown, io: CliIo, output: Output): ExitCode {
  const message = error instanceof Error ? error.message : String(error);
  if (output.json) output.result({ ok: false, error: { code: 'unexpected', message } });
  const detail = error instanceof Error ? error.stack : undefined;
  io.stderr.write(`unexpected error: ${detail ?? message}\n`);
  return exitCodes.failed;
}
