import { randomUUID } from 'node:crypto';
import type { Change } from './change.ts';
import { digestOf, formatDigest } from './digest.ts';
import type { Digest } from './digest.ts';
import { checkCircle, checkLists, checkSize, readDraft, readLink } from './draft.ts';
import type { Draft } from './draft.ts';
import { Refusal, databaseRefusal, missingEntry, textOf } from './refusal.ts';
import type { Json, JsonObject } from './refusal.ts';
import { exists, refreshDigest } from './row.ts';
import type { Row } from './row.ts';
import { RowWriter } from './row-writer.ts';
import type { LinkListField, TableSchema } from './schema.ts';
import type { Vdom } from './vdom.ts';
import { checkText } from './values.ts';

/**
 * One configuration table of one VDOM. Every method checks everything first and then changes everything,
 * throws a Refusal without any change, and costs as much as the change, not as the table.
 */
export class ConfigTable {
  readonly schema: TableSchema;
  readonly rows = new Map<string, Row>();
  readonly #vdom: Vdom;
  readonly #writer: RowWriter;
  #digest: Digest;
  #predefinedRows = 0;

  constructor(schema: TableSchema, vdom: Vdom) {
    this.schema = schema;
    this.#vdom = vdom;
    this.#writer = new RowWriter(schema, vdom);
    this.#digest = digestOf(vdom.name, schema.path);
  }

  /** Changes exactly when the content changes. */
  get revision(): string {
    return formatDigest(this.#digest);
  }

  references(key: string): number {
    return this.#vdom.references.count(this.schema.path, key);
  }

  addPredefined(): void {
    for (const body of this.schema.predefined ?? (this.schema.single ? [{ name: '' }] : [])) {
      const key = textOf(body['name']);
      const uuid = uuidOf(this.#vdom.name, this.schema.path, key);
      const draft = readDraft(body, this.schema, this.#vdom);
      this.#insert(key, draft, uuid).predefined = true;
      this.#predefinedRows += 1;
    }
  }

  /**
   * Puts a stored row back without the checks of a write; `values` makes the row, `lists` links it afterwards.
   * Throws a Refusal when a value or a linked name does not fit this version.
   */
  load(stored: JsonObject, part: 'values' | 'lists'): void {
    const key = textOf(stored[this.schema.key]);
    const lists = Object.entries(stored).filter(([name]) => this.schema.fields[name]?.kind === 'links');
    const values = Object.entries(stored).filter(([name]) => this.schema.fields[name]?.kind !== 'links');
    const draft = readDraft(Object.fromEntries(part === 'lists' ? lists : values), this.schema, this.#vdom);
    const row = this.rows.get(key);
    if (row === undefined) {
      this.#insert(key, draft);
    } else {
      this.#change(row, () => this.#writer.apply(row, draft));
    }
  }

  create(body: JsonObject): Change {
    const key = this.#newKey(body[this.schema.key]);
    if (this.rows.has(key)) {
      throw duplicate(this.#vdom);
    }
    this.#checkNameSpace(key);
    const limit = this.schema.limit ? this.#vdom.settings.limits[this.schema.limit] : Infinity;
    if (this.rows.size - this.#predefinedRows >= limit) {
      throw databaseRefusal(-4, 'maximum number of entries has been reached');
    }
    const draft = readDraft(body, this.schema, this.#vdom);
    checkLists({ key, table: this.schema.path }, draft.lists, this.schema, this.#vdom);
    const row = this.#insert(key, draft);
    return {
      kind: 'create',
      path: this.schema.path,
      key,
      fields: [...draft.values.keys()],
      added: Object.fromEntries([...row.lists].map(([name, links]) => [name, [...links.keys()]])),
    };
  }

  /** Merges top-level fields, replaces lists. Undefined when nothing changed. */
  update(key: string, body: JsonObject): Change | undefined {
    const row = this.#find(key);
    const given = body[this.schema.key];
    const newKey = given === undefined || this.schema.single ? key : textOf(given);
    if (newKey !== key) {
      this.#checkRename(row, newKey, given);
    }
    const draft = readDraft(body, this.schema, this.#vdom);
    checkLists(row, new Map([...row.lists, ...draft.lists]), this.schema, this.#vdom);
    const before = this.#digest;
    const difference = this.#change(row, () => this.#writer.apply(row, draft));
    const change: Change = { kind: 'update', path: this.schema.path, key, ...difference };
    if (newKey !== key) {
      this.#rename(row, newKey);
      return { ...change, kind: 'rename', newKey };
    }
    return this.#digest === before ? undefined : change;
  }

  delete(key: string): Change {
    const row = this.#find(key);
    const uses = this.references(key);
    if (uses > 0) {
      throw databaseRefusal(-23, `The entry is used by other ${uses} entries`);
    }
    if (row.predefined) {
      // Assumption: a built-in object conflicts with the system when somebody deletes it.
      throw databaseRefusal(-7, 'a predefined entry cannot be deleted');
    }
    this.#digest ^= row.digest;
    this.rows.delete(key);
    this.#writer.release(row);
    return { kind: 'delete', path: this.schema.path, key };
  }

  /** Removes every row that nothing refers to: what a DELETE without a key does. */
  purge(): Change[] {
    const free = [...this.rows.values()].filter((row) => !row.predefined && this.references(row.key) === 0);
    return free.map((row) => this.delete(row.key));
  }

  addLink(key: string, list: string, item: Json): Change {
    const row = this.#find(key);
    const field = this.listField(list);
    const { name, table } = readLink(list, field, item, this.#vdom);
    const links = row.lists.get(list) ?? new Map<string, string | undefined>();
    if (links.has(name)) {
      throw duplicate(this.#vdom);
    }
    checkSize(list, field, links.size + 1, this.#vdom);
    if (field.acyclic && table === this.schema.path) {
      checkCircle(row, list, name, this.#vdom);
    }
    this.#change(row, () => {
      this.#writer.link(row, list, name, table);
    });
    return { kind: 'member-add', path: this.schema.path, key, added: { [list]: [name] } };
  }

  removeLink(key: string, list: string, name: string): Change {
    const row = this.#find(key);
    const field = this.listField(list);
    const links = row.lists.get(list);
    if (!links?.has(name)) {
      throw missingEntry();
    }
    checkSize(list, field, links.size - 1, this.#vdom);
    this.#change(row, () => {
      this.#writer.unlink(row, list, name);
    });
    return { kind: 'member-remove', path: this.schema.path, key, removed: { [list]: [name] } };
  }

  /** The field of a child URL; 404 when the table has no such list in this version. */
  listField(list: string): LinkListField {
    const field = Object.hasOwn(this.schema.fields, list) ? this.schema.fields[list] : undefined;
    if (field?.kind !== 'links' || !exists(field, this.#vdom.settings.version)) {
      throw missingEntry();
    }
    return field;
  }

  #find(key: string): Row {
    const row = this.rows.get(key);
    if (row === undefined) {
      throw missingEntry();
    }
    return row;
  }

  #newKey(given: Json | undefined): string {
    if (this.schema.key === 'policyid') {
      const wanted = Number(given ?? 0);
      return wanted > 0 ? String(wanted) : String(Math.max(0, ...[...this.rows.keys()].map(Number)) + 1);
    }
    if (given === undefined || given === '') {
      // The contract lists a missing required attribute under 424.
      throw new Refusal(424, -651, [`${this.schema.key} is required`]);
    }
    return checkText(this.schema.key, given, this.schema.keyMax, -166);
  }

  #checkNameSpace(key: string): void {
    for (const [path, error] of Object.entries(this.schema.sharesNames ?? {})) {
      if (this.#vdom.table(path)?.rows.has(key)) {
        throw databaseRefusal(error, `name ${key} is taken in ${path}`);
      }
    }
  }

  #checkRename(row: Row, newKey: string, given: Json | undefined): void {
    if (row.predefined) {
      throw databaseRefusal(-7, 'a predefined entry cannot be renamed');
    }
    this.#newKey(given);
    if (this.rows.has(newKey)) {
      throw duplicate(this.#vdom);
    }
    this.#checkNameSpace(newKey);
  }

  #insert(key: string, draft: Draft, id: string = randomUUID()): Row {
    const row: Row = {
      table: this.schema.path,
      key,
      values: new Map(),
      lists: new Map(),
      predefined: false,
      valuesDigest: 0n,
      digest: 0n,
    };
    const uuid = this.schema.fields['uuid'];
    if (uuid && exists(uuid, this.#vdom.settings.version)) {
      row.values.set('uuid', id);
    }
    this.rows.set(key, row);
    this.#change(row, () => this.#writer.apply(row, draft));
    return row;
  }

  #rename(row: Row, newKey: string): void {
    const old = { table: this.schema.path, key: row.key };
    const referrers = this.#vdom.references.referrers(old.table, old.key);
    for (const referrer of referrers) {
      this.#vdom.table(referrer.table)?.follow(referrer, old, newKey);
    }
    this.rows.delete(old.key);
    this.rows.set(newKey, row);
    this.#change(row, () => {
      row.key = newKey;
      refreshDigest(row, true);
    });
  }

  /** A row of this table points to something that is being renamed. */
  follow(row: Row, target: { table: string; key: string }, newKey: string): void {
    this.#change(row, () => this.#writer.repoint(row, target, newKey));
  }

  /** Runs a change of one row and carries the difference of its digest over to the table. */
  #change<Result>(row: Row, change: () => Result): Result {
    const before = row.digest;
    const result = change();
    this.#digest ^= before ^ row.digest;
    return result;
  }
}

/** Built-in rows have the same id in every copy of a device. */
function uuidOf(...parts: string[]): string {
  const hex = formatDigest(digestOf(...parts));
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function duplicate(vdom: Vdom): Refusal {
  return new Refusal(vdom.settings.behaviour.duplicateStatus, -5, [
    'A duplicate entry already exists',
    'Command fail. Return code -5',
  ]);
}
