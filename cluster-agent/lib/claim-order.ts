/**
 * Which pod got its addresses after which other one: the hub gives an address that two of them list to the later one, however late it hears of
 * either. On the scale of the sequence, so that a hub can compare it with claims of which it knows the sequence alone.
 */
export class ClaimOrder {
  /** Of those that got their addresses in this epoch. */
  readonly #since = new Map<string, number>();
  #last = 0;

  /** A new epoch: all that exist had their addresses as it began. */
  clear(): void {
    this.#since.clear();
    this.#last = 0;
  }

  /** It has its addresses from now on; `sequence` was told last. */
  note(id: string, sequence: number): void {
    this.#last = Math.max(this.#last, sequence) + 1;
    this.#since.set(id, this.#last);
  }

  forget(id: string): void {
    this.#since.delete(id);
  }

  of(id: string): number {
    return this.#since.get(id) ?? 0;
  }
}
