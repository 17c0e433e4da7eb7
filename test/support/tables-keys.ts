import type { Key } from '../../lib/core/ports.ts';

let counter = 0;

/** A partition that no other test of this run uses. */
export function fresh(): string {
  counter += 1;
  return `p${counter}|${process.pid}|${Math.random().toString(36).slice(2)}`;
}

export const dirty = (pk: string, sk: string): Key => ({ table: 'dirty', pk, sk });
export const control = (pk: string): Key => ({ table: 'control', pk });
