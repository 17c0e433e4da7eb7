import type { Dice } from '../kernel/dice.ts';

/** Pod addresses of a network: few, so that they are reused; clusters that share a subnet share them. */
export class AddressPool {
  readonly #free: string[];
  readonly #dice: Dice;

  constructor(network: string, size: number, dice: Dice) {
    this.#free = Array.from({ length: size }, (_, index) => `${network}.0.${index + 1}`);
    this.#dice = dice;
  }

  /** An address that nobody has: often the one that was given back last, within the same second. */
  take(): string | undefined {
    return this.#dice.chance(0.5) ? this.#free.pop() : this.#free.shift();
  }

  giveBack(address: string): void {
    this.#free.push(address);
  }
}
