import kept from './kept-seeds.json' with { type: 'json' };
import { planOf } from './plan/generate.ts';
import type { Plan } from './plan/steps.ts';

/** A seed that once found something; it runs for ever. */
export interface KeptSeed {
  seed: number;
  steps: number;
  /** What it found. */
  why: string;
}

export const keptSeeds: readonly KeptSeed[] = kept;

export function keptPlan({ seed, steps }: KeptSeed): Plan {
  return planOf(seed, steps);
}
