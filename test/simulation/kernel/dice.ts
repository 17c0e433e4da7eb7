import { SeededRandom } from '../../support/ports.ts';

/** Everything that chance decides in a simulation, from one seed. */
export class Dice extends SeededRandom {
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(choices: readonly T[]): T | undefined {
    return choices[Math.floor(this.next() * choices.length)];
  }

  /** One of the names, each as likely as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    return (entries.at(-1) as [Name, number])[0];
  }

  /** A time around `usual` milliseconds: mostly near it, now and then many times as long. */
  delay(usual: number): number {
    const kind = this.next();
    const factor = kind < 0.9 ? 0.5 + this.next() : kind < 0.99 ? 1 + 10 * this.next() : 50 * this.next();
    return usual * factor;
  }
}
