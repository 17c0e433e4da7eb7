import CliTable from 'cli-table3';
import type picocolors from 'picocolors';

type Tone = 'good' | 'bad' | 'warn' | 'dim';

/** A value of a table; texts may come from outside, they are made harmless here. */
export type Cell = string | number | boolean | undefined | { text: string; tone: Tone };

export interface TableRequest {
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** Characters of the terminal, or Infinity. */
  width: number;
  colors: ReturnType<typeof picocolors.createColors>;
}

const gap = 2;
/** Below this a column is not cut any further: it would not be readable. */
const narrowest = 8;

/** A table without lines around it, no wider than asked for; long texts are wrapped. */
export function fittedTable({ head, rows, width, colors }: TableRequest): string {
  const texts = [head, ...rows.map((row) => row.map(cellText))];
  const natural = head.map((_, column) => Math.max(...texts.map((row) => (row[column] ?? '').length)));
  const widths = fit(natural, width - 1);
  const wrapped = (text: string, column: number, paint: (line: string) => string) =>
    lines(text, widths[column] ?? 0)
      .map(paint)
      .join('\n');
  const table = new CliTable({
    chars: noLines,
    head: head.map((title, column) => wrapped(title, column, colors.bold)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    colWidths: widths.map((column) => column + gap),
  });
  for (const row of rows) {
    table.push(row.map((cell, column) => wrapped(cellText(cell), column, painter(cell, colors))));
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Takes from the widest column, again and again, until everything fits. */
function fit(natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  let surplus = widths.reduce((sum, column) => sum + column + gap, 0) - width;
  while (surplus > 0) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) break;
    widths[widths.indexOf(widest)] = widest - 1;
    surplus--;
  }
  return widths;
}

function cellText(cell: Cell): string {
  if (cell === undefined) return '-';
  return onOneLine(typeof cell === 'object' ? cell.text : String(cell));
}

function painter(cell: Cell, colors: TableRequest['colors']): (line: string) => string {
  if (typeof cell !== 'object') return (line) => line;
  return { good: colors.green, bad: colors.red, warn: colors.yellow, dim: colors.dim }[cell.tone];
}

/** Wrapped before it is painted: the table would cut into the colours. */
function lines(text: string, width: number): string[] {
  const characters = Array.from(text);
  const count = Math.max(1, Math.ceil(characters.length / width));
  return Array.from({ length: count }, (_, n) => characters.slice(n * width, (n + 1) * width).join(''));
}

/** Control and direction characters as escapes: a label must not be able to move the cursor or hide a line. */
export function onOneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

const noLines = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
