/** A lock that a session holds; it is never a user's. */
export interface Lock {
  session: string;
  user: string;
  time: number;
}

/**
 * Locks of parts of an ADOM by their place: `pkg/<package>`, `pkg/<package>/firewall/policy/<id>`, `obj/<table>/<name>`, `dev/<device>`.
 * What lies inside a place that somebody locked is locked, too.
 */
export class PartLocks {
  readonly #locks = new Map<string, Lock>();

  at(place: string): Lock | undefined {
    return this.#locks.get(place);
  }

  /** Locks that stand in the way of one at this place: those of it, around it, and inside it. */
  near(place: string): Lock[] {
    const meets = (other: string): boolean =>
      other === place || other.startsWith(`${place}/`) || place.startsWith(`${other}/`);
    return [...this.#locks].filter(([other]) => meets(other)).map(([, lock]) => lock);
  }

  all(): Lock[] {
    return [...this.#locks.values()];
  }

  /** Whether a session locked a place, or what it lies in. */
  covers(session: string, place: string): boolean {
    return [...this.#locks].some(
      ([other, lock]) => lock.session === session && (other === place || place.startsWith(`${other}/`)),
    );
  }

  /** Whether a session locked a package or a policy, without which it may lock no object. */
  hasPackage(session: string): boolean {
    return [...this.#locks].some(([place, lock]) => lock.session === session && place.startsWith('pkg/'));
  }

  set(place: string, lock: Lock): void {
    this.#locks.set(place, lock);
  }

  delete(place: string): void {
    this.#locks.delete(place);
  }

  /** Takes back all locks of a session. */
  drop(session: string): void {
    for (const [place, lock] of this.#locks) if (lock.session === session) this.#locks.delete(place);
  }
}

/** The place of a row, as locks name it. */
export function placeOf(path: string, key: string): string {
  return /^p(kg|block)\//.test(path) ? `${path}/${key}` : `obj/${path}/${key}`;
}
