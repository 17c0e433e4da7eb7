import { Refusal } from './refusal.ts';

export interface Entry {
  cidr: string;
  description: string | undefined;
}

/** A change under way. `fails`: it ends so, with this message, and changes nothing. */
export interface Change {
  word: 'create' | 'modify' | 'delete';
  until: number;
  done: () => void;
  fails?: string | undefined;
}

/** Versions that are kept (Amazon VPC User Guide: with a new one beyond them the oldest goes). */
const versionsMax = 1_000;

/** A prefix list as it is stored, with all its versions. */
export class StoredList {
  readonly id: string;
  readonly family: 4 | 6;
  readonly owner: string;
  name: string;
  maxEntries: number;
  tags: Map<string, string>;
  /** IPAM fills it. */
  ipam = false;
  version = 1;
  state = 'create-complete';
  stateMessage: string | undefined;
  #change: Change | undefined;
  #versions = new Map<number, readonly Entry[]>([[1, []]]);

  constructor(given: Pick<StoredList, 'id' | 'name' | 'family' | 'owner' | 'maxEntries' | 'tags'>) {
    this.id = given.id;
    this.name = given.name;
    this.family = given.family;
    this.owner = given.owner;
    this.maxEntries = given.maxEntries;
    this.tags = new Map(given.tags);
  }

  /** Entries of a version, sorted by CIDR as text. */
  entries(version = this.version): readonly Entry[] {
    const found = this.#versions.get(version);
    if (!found)
      throw new Refusal(
        'InvalidParameterValue',
        `The version (${version}) does not exist for the prefix list (${this.id}).`,
      );
    return found;
  }

  /** Entries of the version in force, without a new one. */
  put(entries: readonly Entry[]): void {
    this.#versions.set(this.version, entries);
  }

  /** A new version with these entries. */
  next(entries: readonly Entry[]): void {
    this.version += 1;
    this.#versions.set(this.version, entries);
    this.#versions.delete(this.version - versionsMax);
  }

  /** Throws `IncorrectState` while another change is under way. */
  checkIdle(): void {
    if (!this.#change) return;
    throw new Refusal(
      'IncorrectState',
      `The request cannot be processed for the prefix list (${this.id}) in the current state (${this.state}).`,
    );
  }

  begin(change: Change): void {
    this.checkIdle();
    this.#change = change;
    this.state = `${change.word}-in-progress`;
    this.stateMessage = undefined;
  }

  /** Ends what is due; true when the list is deleted. */
  settle(now: number): boolean {
    const change = this.#change;
    if (!change || now < change.until) return false;
    this.#change = undefined;
    this.state = `${change.word}-${change.fails === undefined ? 'complete' : 'failed'}`;
    this.stateMessage = change.fails;
    if (change.fails === undefined) change.done();
    return this.state === 'delete-complete';
  }

  copy(): StoredList {
    const copy = new StoredList(this);
    copy.version = this.version;
    copy.ipam = this.ipam;
    copy.state = this.state;
    copy.stateMessage = this.stateMessage;
    copy.#versions = new Map(this.#versions);
    return copy;
  }
}
