import kept from './kept-seeds.json' with { type: 'json' };
import { plainPlanOf, planOf } from './plan/generate.ts';
import type { Plan } from './plan/steps.ts';

/** A seed that once found something; it runs for ever. */
export interface KeptSeed {
  seed: number;
  steps: number;
  /** From before people ordered and decided anything; its plan has none of that. */
  plain?: boolean;
  /** What it found. */
  why: string;
}

export const keptSeeds: readonly KeptSeed[] = kept;

export function keptPlan({ seed, steps, plain }: KeptSeed): Plan {
  return plain === true ? plainPlanOf(seed, steps) : planOf(seed, steps);
}
