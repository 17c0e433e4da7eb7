import CliTable from 'cli-table3';
import type picocolors from 'picocolors';

export type Tone = 'good' | 'bad' | 'warn' | 'dim';

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
  const table = new CliTable({
    chars: noLines,
    head: head.map((title) => colors.bold(title)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    colWidths: widths.map((column) => column + gap),
    wordWrap: true,
    wrapOnWordBoundary: false,
  });
  for (const row of rows) table.push(row.map((cell) => toned(cell, colors)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Takes from the widest column until everything fits. */
function fit(natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, column) => sum + column + gap, 0);
  while (total() > width) {
    const widest = widths.indexOf(Math.max(...widths));
    const column = widths[widest] ?? 0;
    if (column <= narrowest) break;
    widths[widest] = Math.max(narrowest, column - (total() - width), secondWidest(widths, widest));
    if (widths[widest] === column) widths[widest] = column - 1;
  }
  return widths;
}

function secondWidest(widths: readonly number[], widest: number): number {
  return Math.max(narrowest, ...widths.filter((_, index) => index !== widest));
}

function cellText(cell: Cell): string {
  if (cell === undefined) return '-';
  return onOneLine(typeof cell === 'object' ? cell.text : String(cell));
}

function toned(cell: Cell, colors: TableRequest['colors']): string {
  const text = cellText(cell);
  if (typeof cell !== 'object') return text;
  const paint = { good: colors.green, bad: colors.red, warn: colors.yellow, dim: colors.dim }[cell.tone];
  return paint(text);
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
