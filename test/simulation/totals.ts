import type { Outcome } from './run.ts';

export interface Summary {
  seeds: number;
  violations: number;
  /** Seeds that failed. */
  failed: number[];
  simulatedHours: number;
  wallSeconds: number;
  hoursPerSecond: number;
  millisecondsPerSeed: number;
  steps: number;
  events: number;
  /** From when people began to approve, after the faults, until everything was right, minutes. */
  convergedMinutes: { most: number; mean: number };
  /** How often each fault really happened. */
  faults: Record<string, number>;
}

/** Adds up outcomes. */
export class Totals {
  readonly #began = performance.now();
  readonly #faults = new Map<string, number>();
  readonly #failed: number[] = [];
  readonly #converged: number[] = [];
  #seeds = 0;
  #steps = 0;
  #events = 0;
  #simulatedMs = 0;

  add(outcome: Outcome): void {
    this.#seeds += 1;
    this.#steps += outcome.steps;
    this.#events += outcome.events;
    this.#simulatedMs += outcome.simulatedMs;
    if (outcome.violation) this.#failed.push(outcome.seed);
    if (outcome.convergedMs !== undefined) this.#converged.push(outcome.convergedMs / 60_000);
    for (const [fault, count] of Object.entries(outcome.faults))
      this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + count);
  }

  end(): Summary {
    const wallSeconds = (performance.now() - this.#began) / 1000;
    const simulatedHours = this.#simulatedMs / 3_600_000;
    const sum = this.#converged.reduce((total, one) => total + one, 0);
    return {
      seeds: this.#seeds,
      violations: this.#failed.length,
      failed: this.#failed.sort((a, b) => a - b),
      simulatedHours: rounded(simulatedHours),
      wallSeconds: rounded(wallSeconds),
      hoursPerSecond: rounded(simulatedHours / wallSeconds),
      millisecondsPerSeed: rounded((1000 * wallSeconds) / Math.max(1, this.#seeds)),
      steps: this.#steps,
      events: this.#events,
      convergedMinutes: {
        most: Math.max(0, ...this.#converged),
        mean: rounded(sum / Math.max(1, this.#converged.length)),
      },
      faults: Object.fromEntries([...this.#faults].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }
}

export function summaryOf(summary: Summary): string {
  const { seeds, violations, failed, simulatedHours, wallSeconds, hoursPerSecond, steps, faults } = summary;
  const count = Object.values(faults).reduce((total, one) => total + one, 0);
  const which = failed.length === 0 ? '' : ` (seeds ${failed.slice(0, 20).join(', ')})`;
  return (
    `${seeds} seeds, ${violations} violations${which}, ${simulatedHours} simulated hours in ${wallSeconds} s ` +
    `(${hoursPerSecond} hours per second), ${steps} steps, ${count} faults`
  );
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
