import { stripVTControlCharacters } from 'node:util';
import * as fc from 'fast-check';
import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { fittedTable } from './table.ts';

const plain = picocolors.createColors(false);
const colors = picocolors.createColors(true);
const head = ['firewall', 'state', 'what'];

test('columns are as wide as their longest text', () => {
  const rows = [
    ['edge-1', { text: 'in step', tone: 'good' as const }, 3],
    ['core-1', undefined, true],
  ];
  expect(fittedTable({ head, rows, width: Infinity, colors: plain })).toBe(
    ['firewall  state    what', 'edge-1    in step  3', 'core-1    -        true'].join('\n'),
  );
  const painted = fittedTable({ head, rows, width: Infinity, colors });
  expect(painted).toContain('\u001b[32min step');
  expect(stripVTControlCharacters(painted)).toContain('edge-1    in step  3');
});

test('no line is longer than the terminal, and no letter is lost', () => {
  const cell = fc.stringMatching(/^[a-z-]{0,80}$/);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }),
      fc.integer({ min: 34, max: 120 }),
      (rows, width) => {
        const table = fittedTable({ head, rows, width, colors: plain });
        for (const line of table.split('\n')) expect(line.length).toBeLessThan(width);
        const letters = (text: string) => text.replaceAll(/\s/g, '').split('').sort().join('');
        expect(letters(table)).toBe(letters([...head, ...rows.flat()].join('')));
      },
    ),
  );
});

test('no text of a cell can steer the terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const table = fittedTable({
        head: ['x'],
        rows: [[{ text, tone: 'bad' }]],
        width: Infinity,
        colors: plain,
      });
      expect(table).toMatch(/^[^\p{Cc}\p{Cf}]*\n[^\p{Cc}\p{Cf}]*$/u);
    }),
  );
});
