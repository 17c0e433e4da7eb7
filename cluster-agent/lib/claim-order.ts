/** A pod with addresses of its own. */
export interface Claimant {
  id: string;
  addresses: readonly string[];
  /** Milliseconds since 1970; undefined when its node has not said so. */
  started: number | undefined;
}

/**
 * Which pod got its addresses after which other one: the hub gives an address that two of them list to the later one, however late it hears of
 * either. On the scale of the sequence, so that a hub can compare it with claims of which it knows the sequence alone.
 */
export class ClaimOrder {
  /** Of those that got their addresses in this epoch. */
  readonly #claims = new Map<string, { since: number; addresses: readonly string[] }>();
  /** Who got an address last. */
  readonly #holders = new Map<string, Claimant>();
  #last = 0;

  /**
   * A new epoch: all that exist had their addresses as it began. Of those that list the same address, whoever started later got it later: it
   * was free before (`status.startTime` of the Kubernetes API).
   */
  begin(pods: Iterable<Claimant>): void {
    this.#claims.clear();
    this.#holders.clear();
    this.#last = 0;
    for (const pod of inConflict(pods)) this.note(pod, 0);
  }

  /**
   * It has these addresses from now on; `sequence` was told last. `isListed`: it was found by a listing, which tells in no order, and did not get
   * them after another one that started later.
   */
  note(pod: Claimant, sequence: number, { isListed = false } = {}): void {
    const { id, addresses, started = 0 } = pod;
    this.forget(id);
    const cameBefore = isListed && addresses.some((one) => (this.#holders.get(one)?.started ?? 0) > started);
    if (!cameBefore) {
      this.#last = Math.max(this.#last, sequence) + 1;
      for (const address of addresses) this.#holders.set(address, pod);
    }
    this.#claims.set(id, { since: cameBefore ? 0 : this.#last, addresses });
  }

  forget(id: string): void {
    for (const address of this.#claims.get(id)?.addresses ?? [])
      if (this.#holders.get(address)?.id === id) this.#holders.delete(address);
    this.#claims.delete(id);
  }

  of(id: string): number {
    return this.#claims.get(id)?.since ?? 0;
  }

  /** Those that got one of its addresses after it. */
  later(id: string, addresses: readonly string[]): string[] {
    const holders = addresses.flatMap((address) => this.#holders.get(address)?.id ?? []);
    return [...new Set(holders)].filter((holder) => holder !== id);
  }
}

/** Those that list an address that another one lists, too, in the order in which they started. */
function inConflict(pods: Iterable<Claimant>): Claimant[] {
  const first = new Map<string, Claimant>();
  const found = new Set<Claimant>();
  for (const pod of pods) {
    for (const address of pod.addresses) {
      const other = first.get(address);
      if (other) found.add(other).add(pod);
      else first.set(address, pod);
    }
  }
  return [...found].sort((a, b) => (a.started ?? 0) - (b.started ?? 0));
}
