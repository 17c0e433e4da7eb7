import picocolors from 'picocolors';
import type { CliIo } from './io.ts';
import { type Cell, fittedTable, onOneLine } from './table.ts';

export interface Table {
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
}

/**
 * What a command says. Without `--json` everything readable goes to standard output. With it standard output holds one
 * JSON object, written last by `result`, and what is meant for people goes to standard error.
 */
export class Output {
  readonly json: boolean;
  readonly colors: ReturnType<typeof picocolors.createColors>;
  readonly #io: CliIo;

  constructor(io: CliIo, json: boolean) {
    this.#io = io;
    this.json = json;
    const { env, stdout } = io;
    const wanted = !json && stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
    this.colors = picocolors.createColors(wanted);
  }

  /** A line for people. Text from outside goes through `safe` first; tables do that themselves. */
  line(text = ''): void {
    const stream = this.json ? this.#io.stderr : this.#io.stdout;
    stream.write(`${text}\n`);
  }

  /** Progress and warnings: never part of what a script reads. */
  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  /** Columns cut to the width of the terminal; in full when the output is no terminal. */
  table({ head, rows }: Table): void {
    const { stdout } = this.#io;
    // Some pseudo terminals say 0.
    const width = stdout.isTTY === true && !this.json ? stdout.columns || 80 : Infinity;
    this.line(fittedTable({ head, rows, width, colors: this.colors }));
  }

  /** The one object of `--json`; nothing otherwise. Call it once, last. */
  result(value: object): void {
    if (this.json) this.#io.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Text from outside (labels, names, messages) as it may be shown on a terminal. */
  safe(text: string): string {
    return onOneLine(text);
  }
}
