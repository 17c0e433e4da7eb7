import { type Element, childrenNamed, xml } from '../xml.ts';
import { Refusal } from './answer.ts';
import { type Edit, editOf } from './edits.ts';
import { validate } from './validate.ts';
import { findAll, parseXpath, walk } from './xpath.ts';

/** An edit of the candidate configuration that is not committed yet. */
interface Change {
  admin: string;
  /** Device group that it is about; undefined: all firewalls. */
  group: string | undefined;
  apply(tree: Element): void;
}

/**
 * Running and candidate configuration. The candidate is the running one with the pending edits of all administrators, so that a commit
 * can take those of one alone.
 */
export class ConfigStore {
  running: Element = xml('config', {}, [
    xml('shared'),
    xml('devices', {}, [xml('entry', { name: 'localhost.localdomain' })]),
  ]);
  /** Address objects that fit. */
  addressesMax = Infinity;
  /** Members that fit into a static group. */
  groupMembersMax = Infinity;
  #candidate: Element | undefined;
  #pending: Change[] = [];
  readonly #above: (deviceGroup: string) => readonly string[];

  /** `above`: device groups that one inherits from. */
  constructor(above: (deviceGroup: string) => readonly string[] = () => []) {
    this.#above = above;
  }

  get candidate(): Element {
    if (!this.#candidate) {
      this.#candidate = structuredClone(this.running);
      for (const change of this.#pending) change.apply(this.#candidate);
    }
    return this.#candidate;
  }

  /** The same configuration again, on its own. */
  copy(): ConfigStore {
    const copy = new ConfigStore(this.#above);
    // Trees are replaced, never changed.
    copy.running = this.running;
    copy.#candidate = this.candidate;
    copy.#pending = [...this.#pending];
    return copy;
  }

  read(which: 'running' | 'candidate', xpath: string): Element[] {
    return findAll(this[which], parseXpath(xpath));
  }

  hasPending(admins?: readonly string[]): boolean {
    return this.pending(admins).length > 0;
  }

  /** What administrators, those that are named or all, have edited and not committed. */
  pending(admins?: readonly string[]): readonly Change[] {
    return this.#pending.filter(({ admin }) => admins?.includes(admin) ?? true);
  }

  /** One edit, as it will be applied again by a partial commit. Throws a Refusal; then nothing has changed. */
  edit(admin: string, edit: Edit): void {
    const apply = editOf(edit);
    const copy = structuredClone(this.candidate);
    apply(copy);
    if (countAddresses(copy) > Math.max(this.addressesMax, countAddresses(this.candidate)))
      throw new Refusal(12, 'Maximum number of address objects reached');
    this.#candidate = copy;
    const [, group] = /\/device-group\/entry\[@name='([^']*)'\]/.exec(edit.xpath) ?? [];
    this.#pending.push({ admin, group, apply });
  }

  /** Several edits, all or none; `at` is the index of the one that failed. */
  editAll(
    admin: string,
    edits: readonly Edit[],
    strict: boolean,
  ): { at: number; refusal: Refusal } | undefined {
    const before = { candidate: this.candidate, pending: [...this.#pending] };
    if (strict) this.discard(admin);
    for (const [at, edit] of edits.entries()) {
      try {
        this.edit(admin, edit);
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        // What the strict form discarded before stays discarded.
        this.#pending = strict ? before.pending.filter((change) => change.admin !== admin) : before.pending;
        this.#candidate = strict ? undefined : before.candidate;
        return { at, refusal };
      }
    }
    return undefined;
  }

  discard(admin: string): void {
    this.#pending = this.#pending.filter((change) => change.admin !== admin);
    this.#candidate = undefined;
  }

  /** Makes pending edits effective, of some administrators or of all. Returns why it cannot be done. */
  commit(admins?: readonly string[]): string[] {
    const mine = this.pending(admins);
    const next = structuredClone(this.running);
    try {
      for (const change of mine) change.apply(next);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return [error.message];
    }
    const problems = validate(next, this.#above, this.groupMembersMax);
    if (problems.length > 0) return problems;
    this.running = next;
    this.#pending = this.#pending.filter((change) => !mine.includes(change));
    this.#candidate = undefined;
    return [];
  }
}

function countAddresses(tree: Element): number {
  let count = 0;
  walk(tree, (one) => {
    if (one.name === 'address') count += childrenNamed(one, 'entry').length;
  });
  return count;
}
