import type { Call } from './call.ts';
import { type JsonObject, textOf } from './refusal.ts';

/** One object of the manager; `fields` as they are shown, without links and metadata. */
export interface Row {
  id: string;
  name: string;
  fields: JsonObject;
  user: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  /** Made by the system: nobody may change it. */
  system: boolean;
}

/** Objects of one type in one domain, by id and by name. */
export class Table {
  readonly path: string;
  readonly type: string;
  readonly #rows = new Map<string, Row>();
  readonly #names = new Map<string, string>();

  constructor(path: string, type: string) {
    this.path = path;
    this.type = type;
  }

  get rows(): readonly Row[] {
    return [...this.#rows.values()];
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  named(name: string): Row | undefined {
    return this.#rows.get(this.#names.get(name) ?? '');
  }

  /** One that stands in the way of a name. */
  inWayOf(name: string, nameCase: 'exact' | 'ignored'): Row | undefined {
    const plain = name.toLowerCase();
    const other =
      nameCase === 'exact' ? undefined : this.rows.find((row) => row.name.toLowerCase() === plain);
    return this.named(name) ?? other;
  }

  /** The same rows in a table of its own; they are replaced, never changed. */
  copy(): Table {
    const copy = new Table(this.path, this.type);
    for (const row of this.rows) copy.put(row);
    return copy;
  }

  put(row: Row): void {
    const before = this.#rows.get(row.id);
    if (before) this.#names.delete(before.name);
    this.#rows.set(row.id, row);
    this.#names.set(row.name, row.id);
  }

  delete(row: Row): void {
    this.#rows.delete(row.id);
    this.#names.delete(row.name);
  }
}

/** A new object by whoever calls. */
export function stored({ manager, user }: Pick<Call, 'manager' | 'user'>, fields: JsonObject): Row {
  const name = textOf(fields['name']);
  return { id: manager.newId(), name, fields, user, timestamp: Date.now(), system: false };
}

/** Ids of objects that a list of references names. */
export function referencedIds(value: JsonObject[string]): string[] {
  const list = Array.isArray(value) ? value : [];
  return list.flatMap((entry) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? [textOf(entry['id'])] : [],
  );
}
