/** The contracts the outside fulfils. Implementations: lib/aws, lib/firewalls, the sandbox and the tests. */

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export interface Random {
  /** 0 <= x < 1 */
  next(): number;
  /** A fresh unguessable id. */
  id(): string;
}

/** The tables of design section 6. */
export type TableName = 'endpoints' | 'memberships' | 'dirty' | 'ledger' | 'control' | 'history';

/** `pk` and `sk` are the attribute names in every table; `control` has `pk` only. */
export interface Key {
  table: TableName;
  pk: string;
  sk?: string;
}

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

/** Attributes of an item without its key. Sets of strings are written by `addToSet` and read as sorted arrays. */
export type Item = { [name: string]: Value };

/** One term of a condition; terms of a list are all required. */
export type Condition =
  | { attribute: string; is: 'absent' | 'present' }
  | { attribute: string; is: '=' | '<' | '<=' | '>'; value: string | number | boolean }
  /** True when the attribute is missing, too. */
  | {
      attribute: string;
      is: 'absent or =' | 'absent or <' | 'absent or <=';
      value: string | number | boolean;
    };

/** One write of one item. `put` replaces the whole item; `update` changes attributes of an existing or new item. */
export type Write =
  | { key: Key; put: Item; if?: readonly Condition[] }
  | { key: Key; update: ItemUpdate; if?: readonly Condition[] }
  | { key: Key; delete: true; if?: readonly Condition[] }
  | { key: Key; check: true; if: readonly Condition[] };

export interface ItemUpdate {
  set?: Item;
  /** Attributes set only where they are missing. */
  setIfAbsent?: Item;
  /** Numbers added to attributes (missing counts as 0). */
  add?: Record<string, number>;
  /** Strings added to a set attribute. */
  addToSet?: Record<string, readonly string[]>;
  remove?: readonly string[];
}

export interface Page {
  items: StoredItem[];
  /** Present when there is more. */
  next?: string;
}

export interface StoredItem {
  key: Key;
  item: Item;
}

export interface Query {
  table: TableName;
  pk: string;
  /** Sort keys that begin with this. */
  prefix?: string;
  limit?: number;
  after?: string;
  /** The full-listing index of `memberships`; reads of an index are eventually consistent. */
  index?: 'by-group';
}

/** State with DynamoDB's semantics: conditional writes, transactions of at most 100 items, consistent reads, paged queries. */
export interface Tables {
  /** Consistent reads, in the order of the keys; undefined where nothing is stored. Retries partial answers until complete or throws `store/unavailable`. */
  read(keys: readonly Key[]): Promise<(Item | undefined)[]>;
  /** Consistent unless an index is named. One page. */
  query(query: Query): Promise<Page>;
  /** Returns the item as it was before. Throws `store/condition-failed`. */
  write(write: Write): Promise<Item | undefined>;
  /** Stores whole items, whatever stood there, in no order: some may be stored when it throws. For what is the same each time. Throws `store/unavailable`. */
  putAll(puts: readonly { key: Key; put: Item }[]): Promise<void>;
  /** All or nothing, at most 100 items. Throws `store/condition-failed` naming the failed terms. */
  transact(writes: readonly Write[]): Promise<void>;
}

/** Objects that are written once and never changed. Keys are paths with slashes. */
export interface Archive {
  /** Stores a new object; false when there is one of this key already. Throws `store/unavailable`. */
  create(key: string, body: Uint8Array): Promise<boolean>;
  /** Undefined when there is no such object. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** Keys that begin with the prefix, in their order, one page of them. */
  list(prefix: string, after?: string): Promise<{ keys: string[]; next?: string }>;
}

/** Sends and postpones messages; `group` makes it the FIFO queue of a network. */
export interface Queues {
  send(message: { queue: string; body: string; group?: string; delaySeconds?: number }): Promise<void>;
}

/** Which value of a secret: in force, being tried by a rotation, or replaced by one. */
export type SecretStage = 'current' | 'pending' | 'previous';

export interface Secrets {
  /** The value in force; may be a kept one. Throws `secret/missing`. */
  read(name: string): Promise<string>;
  /** Asks the service for the value of a stage, never a kept one; undefined when the secret has none. */
  readStage(name: string, stage: SecretStage): Promise<string | undefined>;
  /** The value was refused: the next read asks again instead of using a kept one. */
  forget(name: string): void;
  /** This value was accepted where the current one was not: `read` gives it until kept values grow old. */
  keep(name: string, value: string): void;
}

/** Stores values of secrets that exist. For the operator's command line and the rotation alone. */
export interface SecretStore {
  /** Puts a value in force at once. Throws `hub/missing` when the deployment has made no secret of this name. */
  write(name: string, value: string): Promise<void>;
  /** Stores a value to be tried; the one in force stays. `version` names it, 32 to 64 characters; repeating it changes nothing. */
  stage(name: string, value: string, version: string): Promise<void>;
  /** Puts a staged version in force and keeps the one before as the previous. Repeating it changes nothing. */
  promote(name: string, version: string): Promise<void>;
  /** Has the rotation function of the network do it. */
  startRotation(name: string): Promise<void>;
}

/** An event of the hub: its type and its detail as JSON. */
export interface BusEvent {
  type: string;
  detail: string;
}

/** Where the hub tells others what happens. */
export interface Bus {
  /** Puts all of them, or throws `store/unavailable`: then some may have been told and are told again. */
  put(events: readonly BusEvent[]): Promise<void>;
}

/** Who runs the command line, as AWS knows it. */
export interface Caller {
  /** ARN, or undefined when AWS did not say. */
  principal(): Promise<string | undefined>;
}

/** Named figures about one thing; becomes embedded metrics. Dimensions stay few: firewall or cluster, never pod. */
export interface Telemetry {
  metric(name: string, value: number, dimensions?: Readonly<Record<string, string>>): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
}

/** Fields beside the text of a log line; `message` is the text itself and would be dropped. */
export type LogFields = Readonly<Record<string, unknown>> & { readonly message?: never };
