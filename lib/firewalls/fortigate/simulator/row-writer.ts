import type { Change } from './change.ts';
import type { Draft } from './draft.ts';
import type { Json } from './refusal.ts';
import { linkDigest, refreshDigest } from './row.ts';
import type { Links, Row } from './row.ts';
import type { TableSchema } from './schema.ts';
import { defaultValue } from './values.ts';
import type { Vdom } from './vdom.ts';

/**
 * Changes rows and keeps their digests and the reference counts right. Nothing is checked here, that is done.
 * The table carries the difference of the row's digest over to its own.
 */
export class RowWriter {
  readonly #schema: TableSchema;
  readonly #vdom: Vdom;

  constructor(schema: TableSchema, vdom: Vdom) {
    this.#schema = schema;
    this.#vdom = vdom;
  }

  /** Applies a draft and says what changed. */
  apply(row: Row, draft: Draft): Pick<Change, 'fields' | 'added' | 'removed'> {
    const fields: string[] = [];
    for (const [name, value] of draft.values) {
      if (this.#set(row, name, value)) {
        fields.push(name);
      }
    }
    refreshDigest(row, false);
    const added: Record<string, string[]> = {};
    const removed: Record<string, string[]> = {};
    for (const [list, links] of draft.lists) {
      const difference = this.#replaceList(row, list, links);
      if (difference.gone.length > 0) {
        removed[list] = difference.gone;
      }
      if (difference.fresh.length > 0) {
        added[list] = difference.fresh;
      }
    }
    return { fields, added, removed };
  }

  link(row: Row, list: string, name: string, table: string | undefined): void {
    const links: Links = row.lists.get(list) ?? new Map<string, string | undefined>();
    links.set(name, table);
    row.lists.set(list, links);
    row.digest ^= linkDigest(row, list, name);
    if (table !== undefined) {
      this.#vdom.references.add(table, name, row);
    }
  }

  unlink(row: Row, list: string, name: string): void {
    const links = row.lists.get(list);
    const table = links?.get(name);
    links?.delete(name);
    row.digest ^= linkDigest(row, list, name);
    if (table !== undefined) {
      this.#vdom.references.remove(table, name, row);
    }
  }

  /** Takes back every reference of a row that goes away. */
  release(row: Row): void {
    for (const [list, links] of row.lists) {
      for (const name of links.keys()) {
        this.unlink(row, list, name);
      }
    }
    for (const name of row.values.keys()) {
      this.#countScalar(row, name, -1);
    }
  }

  /** Follows the rename of something this row points to. The order of lists stays. */
  repoint(row: Row, target: { table: string; key: string }, newKey: string): void {
    for (const [name, value] of row.values) {
      if (value === target.key && this.#scalarTarget(name, value) === target.table) {
        this.#countScalar(row, name, -1);
        row.values.set(name, newKey);
        this.#vdom.references.add(target.table, newKey, row);
      }
    }
    for (const [list, links] of row.lists) {
      if (links.get(target.key) === target.table) {
        this.#vdom.references.remove(target.table, target.key, row);
        this.#vdom.references.add(target.table, newKey, row);
        const renamed = [...links].map(
          ([name, table]) => [name === target.key ? newKey : name, table] as const,
        );
        row.lists.set(list, new Map(renamed));
      }
    }
    refreshDigest(row, true);
  }

  /** Sets one value; a default is not kept, so that writing back what was read changes nothing. */
  #set(row: Row, name: string, value: Json): boolean {
    const field = this.#schema.fields[name];
    const normal = JSON.stringify(field === undefined || field.kind === 'links' ? '' : defaultValue(field));
    const wanted = JSON.stringify(value);
    const before = row.values.get(name);
    if (wanted === (before === undefined ? normal : JSON.stringify(before))) {
      return false;
    }
    this.#countScalar(row, name, -1);
    if (wanted === normal) {
      row.values.delete(name);
    } else {
      row.values.set(name, value);
    }
    this.#countScalar(row, name, 1);
    return true;
  }

  #replaceList(row: Row, list: string, links: Links): { gone: string[]; fresh: string[] } {
    const old = row.lists.get(list);
    const gone = [...(old?.keys() ?? [])].filter((name) => !links.has(name));
    const fresh = [...links.keys()].filter((name) => !old?.has(name));
    for (const name of gone) {
      this.unlink(row, list, name);
    }
    for (const name of fresh) {
      this.link(row, list, name, links.get(name));
    }
    row.lists.set(list, links);
    return { gone, fresh };
  }

  #scalarTarget(name: string, value: string): string | undefined {
    const field = this.#schema.fields[name];
    return field?.kind === 'link'
      ? field.tables.find((path) => this.#vdom.table(path)?.rows.has(value))
      : undefined;
  }

  #countScalar(row: Row, name: string, by: 1 | -1): void {
    const value = row.values.get(name);
    const table = typeof value === 'string' && value !== '' ? this.#scalarTarget(name, value) : undefined;
    if (typeof value !== 'string' || table === undefined) {
      return;
    }
    if (by === 1) {
      this.#vdom.references.add(table, value, row);
    } else {
      this.#vdom.references.remove(table, value, row);
    }
  }
}
