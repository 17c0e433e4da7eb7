const none: ReadonlySet<string> = new Set();

/** Which members belong to a key; a key without members takes no memory. */
export class SetIndex {
  readonly #sets = new Map<string, Set<string>>();

  add(key: string, member: string): void {
    const set = this.#sets.get(key);
    if (set) set.add(member);
    else this.#sets.set(key, new Set([member]));
  }

  delete(key: string, member: string): void {
    const set = this.#sets.get(key);
    if (set?.delete(member) && set.size === 0) this.#sets.delete(key);
  }

  get(key: string): ReadonlySet<string> {
    return this.#sets.get(key) ?? none;
  }
}
