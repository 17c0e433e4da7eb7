import type { Dice } from '../kernel/dice.ts';

/** Pod addresses of a network: few, so that they are reused; clusters that share a subnet share them. */
export class AddressPool {
  readonly #free: string[];
  readonly #dice: Dice;
  /** Whom to tell when an address is given to somebody else. */
  readonly #listedBy = new Map<string, () => void>();

  constructor(network: string, size: number, dice: Dice) {
    this.#free = Array.from({ length: size }, (_, index) => `${network}.0.${index + 1}`);
    this.#dice = dice;
  }

  /** An address that nobody has: often the one that was given back last, within the same second. */
  take(): string | undefined {
    const address = this.#dice.chance(0.5) ? this.#free.pop() : this.#free.shift();
    if (address !== undefined) {
      this.#listedBy.get(address)?.();
      this.#listedBy.delete(address);
    }
    return address;
  }

  /** `onTaken`: who had it is still listed with it. */
  giveBack(address: string, onTaken?: () => void): void {
    this.#free.push(address);
    if (onTaken) this.#listedBy.set(address, onTaken);
  }
}
