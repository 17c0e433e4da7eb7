import type { Row } from './row.ts';

/** Who points to what inside one VDOM: counted per referring row, so that `q_ref` and "in use" cost one look-up. */
export class References {
  readonly #referrers = new Map<string, Map<Row, number>>();

  add(table: string, key: string, from: Row): void {
    const target = `${table} ${key}`;
    const referrers = this.#referrers.get(target) ?? new Map<Row, number>();
    referrers.set(from, (referrers.get(from) ?? 0) + 1);
    this.#referrers.set(target, referrers);
  }

  remove(table: string, key: string, from: Row): void {
    const target = `${table} ${key}`;
    const referrers = this.#referrers.get(target);
    const left = (referrers?.get(from) ?? 0) - 1;
    if (left > 0) {
      referrers?.set(from, left);
    } else {
      referrers?.delete(from);
    }
    if (referrers?.size === 0) {
      this.#referrers.delete(target);
    }
  }

  /** How often a row is pointed to. */
  count(table: string, key: string): number {
    let count = 0;
    for (const times of this.#referrers.get(`${table} ${key}`)?.values() ?? []) {
      count += times;
    }
    return count;
  }

  referrers(table: string, key: string): Row[] {
    return [...(this.#referrers.get(`${table} ${key}`)?.keys() ?? [])];
  }
}
