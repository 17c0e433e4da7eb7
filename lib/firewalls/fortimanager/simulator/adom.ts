import { type JsonObject, notLocked, Refusal } from './refusal.ts';
import { type Changes, Drafts, withChanges } from './drafts.ts';
import { refuseUnmapped, withLocalInterfaces } from './interfaces.ts';
import { type Lock, PartLocks, placeOf } from './locks.ts';
import { isInstalledOn, scopeField } from './install-on.ts';
import { isFor, mappingsOf, naming, onDevice } from './mappings.ts';
import { blockIn, blockOf, blockTable, globalPackageIn, holdsRules, packageIn } from './rule-tables.ts';
import {
  interfaceTable,
  isBuiltIn,
  listOf,
  missingReference,
  type Rows,
  type TableSchema,
  tableSchemas,
} from './table.ts';

type Tables = Map<string, Rows>;
const noRows: Rows = new Map();

/** A device of an ADOM: what was installed on it. */
export interface ManagedDevice {
  name: string;
  vdoms: string[];
  /** Whether it takes installs. */
  online: boolean;
  /** No package was installed on it yet: the manager tells no state of it. */
  isNew?: boolean;
  tables: Tables;
}

/** Everything of one ADOM: its objects, packages, locks and what sessions have not saved yet. */
export class Adom {
  readonly name: string;
  /** The one whose rules are assigned to the others, and that has no devices. */
  readonly isGlobal: boolean;
  #saved: Tables = new Map();
  readonly drafts = new Drafts();
  /** Of the whole ADOM. */
  lock: Lock | undefined;
  /** Of parts of it. */
  readonly parts = new PartLocks();
  /** Addresses by tag (row of `user/adgrp`); not part of the configuration. */
  readonly tags = new Map<string, Set<string>>();
  readonly devices: ManagedDevice[];
  /** Rows that were saved and not installed since, such as `firewall/address/x`, with who changed them. */
  readonly pending = new Map<string, string>();
  /** Changes with any change of an object. */
  revision = 0;

  constructor(name: string, devices: readonly string[] = ['fgt-1'], isGlobal = false) {
    this.name = name;
    this.isGlobal = isGlobal;
    this.devices = devices.map((device) => ({
      name: device,
      vdoms: ['root'],
      online: true,
      tables: new Map(),
    }));
  }

  get dirty(): boolean {
    return this.drafts.has();
  }

  static schema(path: string): TableSchema | undefined {
    const wanted = holdsRules(path) ? 'firewall/policy' : path;
    return tableSchemas.find((schema) => schema.path === wanted);
  }

  /** Whether it can have this table: headers and footers are written in the global ADOM, and read where they were assigned. */
  has(path: string): boolean {
    if (!holdsRules(path)) return Adom.schema(path) !== undefined;
    return this.isGlobal === (globalPackageIn(path) !== undefined);
  }

  hasBlock(name: string): boolean {
    return this.paths().includes(blockTable(name));
  }

  /** Rows as a session sees them: with its own unsaved ones, for everybody else the saved ones. */
  rows(path: string, session?: string): Rows {
    const saved = this.#saved.get(path) ?? noRows;
    return session === undefined ? saved : this.drafts.rows(session, path, saved);
  }

  paths(): string[] {
    return [...new Set([...this.#saved.keys(), ...this.drafts.paths()])];
  }

  hasPackage(name: string): boolean {
    return this.paths().some((path) => path.startsWith(`pkg/${name}/`));
  }

  /** Puts rows into a table, or takes them out; into the draft of the session where rows have to be locked. */
  change(path: string, changes: Changes, by: { session: string; user: string; locking: boolean }): void {
    const mayChange = (key: string): boolean => this.parts.covers(by.session, placeOf(path, key));
    if (by.locking && this.lock?.session !== by.session && ![...changes.keys()].every(mayChange))
      throw notLocked();
    this.revision += 1;
    const saved = this.rows(path);
    if (by.locking) this.drafts.put(by.session, path, { changes, saved });
    else this.#put(path, withChanges(saved, changes), by.user);
  }

  /**
   * Saves what a session changed, or what it changed in a package, with all objects, which have no commit of their own. Of a device nothing
   * lies here.
   */
  save(session: string, user: string, place?: string): void {
    const fits = (path: string, key: string): boolean =>
      place === undefined ||
      (place.startsWith('pkg/') && !path.startsWith('pkg/')) ||
      `${placeOf(path, key)}/`.startsWith(`${place}/`);
    for (const [path, changes] of this.drafts.take(session, fits))
      this.#put(path, withChanges(this.rows(path), changes), user);
  }

  /** Forgets what a session changed, or what it changed in a place. */
  discard(session: string, place?: string): void {
    this.drafts.take(
      session,
      (path, key) => place === undefined || `${placeOf(path, key)}/`.startsWith(`${place}/`),
    );
  }

  /** Forgets what sessions changed whose lock is gone. */
  forgetStrangers(session: string): void {
    for (const other of this.drafts.sessions()) if (other !== session) this.discard(other);
  }

  #put(path: string, rows: Rows, user: string): void {
    this.#note(path, rows, user);
    this.#saved.set(path, rows);
  }

  /** What is saved again, on its own: what is read there stays as it is now. */
  copy(): Adom {
    const copy = new Adom(this.name, [], this.isGlobal);
    // Tables and rows are replaced, never changed.
    copy.#saved = new Map(this.#saved);
    for (const device of this.devices) copy.devices.push({ ...device, tables: new Map(device.tables) });
    for (const [tag, addresses] of this.tags) copy.tags.set(tag, new Set(addresses));
    for (const [object, user] of this.pending) copy.pending.set(object, user);
    copy.revision = this.revision;
    return copy;
  }

  #note(path: string, rows: Rows, user: string): void {
    const before = this.#saved.get(path) ?? new Map<string, JsonObject>();
    for (const key of new Set([...before.keys(), ...rows.keys()])) {
      if (before.get(key) === rows.get(key)) continue;
      this.#waits(path, key, user);
      // With a rule that stands for a block the rules of the block come, or go.
      for (const block of [blockOf(before.get(key)), blockOf(rows.get(key))])
        if (block !== undefined && packageIn(path) !== undefined)
          for (const rule of this.rows(blockTable(block)).keys()) this.#waits(blockTable(block), rule, user);
    }
  }

  /** No device has a normalized interface: what waits for an install are the policies that use it. */
  #waits(path: string, key: string, user: string): void {
    if (path !== interfaceTable) this.pending.set(`${path}/${key}`, user);
    else for (const policy of this.usersOf(path, key)) this.pending.set(`${policy.path}/${policy.key}`, user);
  }

  /** Throws for members and sources that name nothing. */
  checkReferences(schema: TableSchema, row: JsonObject, session: string): void {
    for (const [field, tables] of Object.entries(schema.references)) {
      for (const name of naming(row).flatMap((one) => listOf(one, field))) {
        if (isBuiltIn(tables, name) || tables.some((table) => this.rows(table, session).has(name))) continue;
        throw missingReference(name);
      }
    }
  }

  /** What refers to a row directly. */
  usersOf(path: string, key: string, session?: string): { path: string; key: string; field: string }[] {
    const users: { path: string; key: string; field: string }[] = [];
    for (const table of this.paths()) {
      const schema = Adom.schema(table);
      for (const [field, tables] of Object.entries(schema?.references ?? {})) {
        if (!tables.includes(path)) continue;
        for (const [name, row] of this.rows(table, session))
          if (naming(row).some((one) => listOf(one, field).includes(key)))
            users.push({ path: table, key: name, field });
      }
    }
    return users;
  }

  /** Copies saved rows to a device, or takes them away there; throws when it does not answer. */
  install(device: ManagedDevice, objects: readonly string[]): void {
    if (!device.online) throw new Refusal(-20042, 'device unreachable');
    for (const object of objects) {
      const slash = object.lastIndexOf('/');
      const [path, key] = [object.slice(0, slash), object.slice(slash + 1)];
      const rows = new Map(device.tables.get(path));
      const row = this.#onDevice(device, path, key);
      const place = { device: device.name, vdom: device.vdoms[0] ?? '' };
      if (row && holdsRules(path))
        refuseUnmapped(this.rows(path).get(key) ?? {}, this.rows(interfaceTable), place);
      if (row) rows.set(key, row);
      else rows.delete(key);
      device.tables.set(path, rows);
    }
  }

  /** A saved row as the device gets it. */
  #onDevice({ name, vdoms: [vdom = ''] }: ManagedDevice, path: string, key: string): JsonObject | undefined {
    const row = onDevice(this.rows(path).get(key), name, vdom);
    if (!row || !holdsRules(path)) return row;
    const place = { device: name, vdom };
    if (!this.#reaches(path, row, place)) return undefined;
    const { [scopeField]: _, ...rule } = row;
    return withLocalInterfaces(rule, this.rows(interfaceTable), place);
  }

  /** A device knows rules alone: no block, and those of one only where a package that it gets names it. */
  #reaches(path: string, rule: JsonObject, place: { device: string; vdom: string }): boolean {
    if (blockOf(rule) !== undefined || !isInstalledOn(rule, place)) return false;
    const block = blockIn(path);
    if (block === undefined) return true;
    const standsFor = (row: JsonObject): boolean => blockOf(row) === block && isInstalledOn(row, place);
    return this.paths().some(
      (table) => packageIn(table) !== undefined && [...this.rows(table).values()].some(standsFor),
    );
  }

  /** Rows as a device would have them after an install of everything. */
  rowsFor(device: ManagedDevice, path: string): Rows {
    const keys = [...this.rows(path).keys()];
    return new Map(keys.flatMap((key) => this.#installed(device, path, key)));
  }

  #installed(device: ManagedDevice, path: string, key: string): [string, JsonObject][] {
    const row = this.#onDevice(device, path, key);
    return row ? [[key, row]] : [];
  }

  /** What was saved, concerns a device, and is not installed on it. */
  pendingOn(device: ManagedDevice): string[] {
    return [...this.pending.keys()].filter((object) => {
      const slash = object.lastIndexOf('/');
      const [path, key] = [object.slice(0, slash), object.slice(slash + 1)];
      const row = this.#onDevice(device, path, key);
      const same = JSON.stringify(row) === JSON.stringify(device.tables.get(path)?.get(key));
      return !same && !this.#isForOthers(device, path, key);
    });
  }

  /** Whether mappings for other devices alone name a row: then no install brings it to this one. */
  #isForOthers({ name: device, vdoms: [vdom = ''] }: ManagedDevice, path: string, key: string): boolean {
    const users = this.usersOf(path, key);
    return (
      users.length > 0 &&
      users.every(({ path: table, key: name, field }) => {
        const row = this.rows(table).get(name);
        const mine = mappingsOf(row).some(
          (one) => isFor(one, device, vdom) && listOf(one, field).includes(key),
        );
        return !mine && !listOf(row, field).includes(key);
      })
    );
  }
}
