import type { JsonObject } from './refusal.ts';
import type { Rows } from './table.ts';

/** Rows of one table that changed; undefined for one that was taken out. */
export type Changes = ReadonlyMap<string, JsonObject | undefined>;

/** Changes of one session in one table, with the table as that session sees it. */
interface Draft {
  changes: Map<string, JsonObject | undefined>;
  base: Rows;
  rows: Rows;
}

/** What sessions changed and did not save yet. Sessions that locked different things change different rows of one table. */
export class Drafts {
  readonly #bySession = new Map<string, Map<string, Draft>>();

  /** Whether anybody, or one session, has something to save. */
  has(session?: string): boolean {
    return session === undefined ? this.#bySession.size > 0 : this.#bySession.has(session);
  }

  sessions(): string[] {
    return [...this.#bySession.keys()];
  }

  paths(): string[] {
    return [...this.#bySession.values()].flatMap((tables) => [...tables.keys()]);
  }

  /** A table as a session sees it. */
  rows(session: string, path: string, saved: Rows): Rows {
    const draft = this.#bySession.get(session)?.get(path);
    if (!draft) return saved;
    // Meanwhile somebody else saved.
    if (draft.base !== saved) {
      draft.base = saved;
      draft.rows = withChanges(saved, draft.changes);
    }
    return draft.rows;
  }

  put(session: string, path: string, { changes, saved }: { changes: Changes; saved: Rows }): void {
    const tables = this.#bySession.get(session) ?? new Map<string, Draft>();
    const all = new Map([...(tables.get(path)?.changes ?? []), ...changes]);
    const rows = withChanges(this.rows(session, path, saved), changes);
    tables.set(path, { changes: all, base: saved, rows });
    this.#bySession.set(session, tables);
  }

  /** Takes out what a session changed in those tables and rows, to save it or to forget it. */
  take(session: string, fits: (path: string, key: string) => boolean): Map<string, Changes> {
    const taken = new Map<string, Changes>();
    const tables = this.#bySession.get(session) ?? new Map<string, Draft>();
    for (const [path, draft] of tables) {
      const ours = [...draft.changes].filter(([key]) => fits(path, key));
      if (ours.length === 0) continue;
      taken.set(path, new Map(ours));
      const left = new Map([...draft.changes].filter(([key]) => !fits(path, key)));
      // No saved table is this one: the rows are made anew when they are looked at.
      if (left.size > 0) tables.set(path, { changes: left, base: new Map(), rows: new Map() });
      else tables.delete(path);
    }
    if (tables.size === 0) this.#bySession.delete(session);
    return taken;
  }
}

export function withChanges(rows: Rows, changes: Changes): Rows {
  const next = new Map(rows);
  for (const [key, row] of changes) {
    if (row) next.set(key, row);
    else next.delete(key);
  }
  return next;
}
