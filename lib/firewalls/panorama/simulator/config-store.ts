import { type Element, child, childrenNamed, parseXml, xml } from '../xml.ts';
import { Refusal } from './answer.ts';
import { ensure, findAll, merge, parseXpath, type Step } from './xpath.ts';

/** An edit of the candidate configuration that is not committed yet. */
interface Change {
  admin: string;
  apply(tree: Element): void;
}

export interface Edit {
  action: string;
  xpath: string;
  element?: string | undefined;
  newname?: string | undefined;
}

const nameLengths: Readonly<Record<string, number>> = { address: 63, 'address-group': 63, tag: 127 };

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
  #candidate: Element | undefined;
  #pending: Change[] = [];

  get candidate(): Element {
    if (!this.#candidate) {
      this.#candidate = structuredClone(this.running);
      for (const change of this.#pending) change.apply(this.#candidate);
    }
    return this.#candidate;
  }

  /** The same configuration again, on its own. */
  copy(): ConfigStore {
    const copy = new ConfigStore();
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
    return this.pendingOf(admins).length > 0;
  }

  /** Administrators, among those that are named, with edits that are not committed. */
  pendingOf(admins?: readonly string[]): string[] {
    return this.#pending.map(({ admin }) => admin).filter((admin) => admins?.includes(admin) ?? true);
  }

  /** One edit, as it will be applied again by a partial commit. Throws a Refusal; then nothing has changed. */
  edit(admin: string, edit: Edit): void {
    const apply = editOf(edit);
    const copy = structuredClone(this.candidate);
    apply(copy);
    if (countAddresses(copy) > Math.max(this.addressesMax, countAddresses(this.candidate)))
      throw new Refusal(12, 'Maximum number of address objects reached');
    this.#candidate = copy;
    this.#pending.push({ admin, apply });
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
    const mine = this.#pending.filter(({ admin }) => admins?.includes(admin) ?? true);
    const next = structuredClone(this.running);
    try {
      for (const change of mine) change.apply(next);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return [error.message];
    }
    const problems = validate(next);
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

function editOf({ action, xpath, element, newname }: Edit): (tree: Element) => void {
  const steps = parseXpath(xpath);
  switch (action) {
    case 'set': {
      const parts = parseElements(element);
      return (tree) => {
        checkNames(steps, parts);
        const node = ensure(tree, steps);
        for (const part of parts) merge(node, part);
      };
    }
    case 'edit': {
      const parts = parseElements(element);
      return (tree) => replace(tree, steps, parts);
    }
    case 'delete':
      return (tree) => remove(tree, steps);
    case 'rename':
      return (tree) => rename(tree, steps, newname ?? '');
    default:
      throw new Refusal(17, `Invalid command: ${action}`);
  }
}

function parseElements(text = ''): Element[] {
  try {
    return parseXml(`<set>${text}</set>`).children;
  } catch {
    throw new Refusal(18, 'Malformed command');
  }
}

function checkNames(steps: readonly Step[], parts: readonly Element[]): void {
  const container = steps.findLast(({ name }) => name !== 'entry')?.name ?? '';
  const most = nameLengths[container] ?? 63;
  const names = [
    steps.at(-1)?.entry,
    ...parts.filter(({ name }) => name === 'entry').map((one) => one.attributes['name']),
  ];
  for (const name of names)
    if (name !== undefined && name.length > most)
      throw new Refusal(
        12,
        `${container} -> ${name} can be at most ${most} characters, but current length: ${name.length}`,
      );
}

function replace(tree: Element, steps: readonly Step[], parts: readonly Element[]): void {
  const last = steps.at(-1);
  const [root, ...more] = parts;
  const same =
    root && more.length === 0 && root.name === last?.name && root.attributes['name'] === last.entry;
  if (!same) throw new Refusal(12, 'edit failed, may need to override template object first');
  checkNames(steps, parts);
  const node = ensure(tree, steps);
  Object.assign(node, structuredClone(root));
}

function remove(tree: Element, steps: readonly Step[]): void {
  const last = steps.at(-1);
  const parents = findAll(tree, steps.slice(0, -1));
  const nodes = findAll(tree, steps);
  if (nodes.length === 0) throw new Refusal(7, "Object doesn't exist");
  const name = last?.entry;
  const users = name === undefined || steps.at(-2)?.name === 'tag' ? [] : usersOf(tree, name);
  if (users.length > 0)
    throw new Refusal(10, `${name} cannot be deleted because of references from: ${users.join(', ')}`);
  for (const parent of parents) parent.children = parent.children.filter((one) => !nodes.includes(one));
}

/** Assumption: references follow a rename. */
function rename(tree: Element, steps: readonly Step[], newname: string): void {
  const [node] = findAll(tree, steps);
  if (!node || newname === '') throw new Refusal(7, "Object doesn't exist");
  const old = node.attributes['name'];
  node.attributes['name'] = newname;
  walk(tree, (one) => {
    if (one.name === 'member' && one.text.trim() === old) one.text = newname;
  });
}

/** Names of groups and rules whose members name an object. */
function usersOf(tree: Element, name: string): string[] {
  const users: string[] = [];
  walk(tree, (one) => {
    if (one.name !== 'entry') return;
    const lists = ['static', 'source', 'destination'].map((list) => child(one, list));
    if (lists.some((list) => childrenNamed(list, 'member').some(({ text }) => text.trim() === name)))
      users.push(one.attributes['name'] ?? '');
  });
  return users;
}

export function walk(element: Element, visit: (element: Element) => void): void {
  visit(element);
  for (const one of element.children) walk(one, visit);
}

/** Assumption: a static group needs members that exist. */
function validate(tree: Element): string[] {
  const problems: string[] = [];
  const names = new Set<string>();
  walk(tree, (one) => {
    if (one.name === 'address' || one.name === 'address-group')
      for (const entry of childrenNamed(one, 'entry')) names.add(entry.attributes['name'] ?? '');
  });
  walk(tree, (one) => {
    if (one.name !== 'address-group') return;
    for (const entry of childrenNamed(one, 'entry')) {
      const name = entry.attributes['name'] ?? '';
      const members = childrenNamed(child(entry, 'static'), 'member');
      if (!child(entry, 'dynamic') && members.length === 0)
        problems.push(`address-group -> ${name} is invalid`);
      for (const { text } of members)
        if (!names.has(text.trim()))
          problems.push(`address-group -> ${name} -> static '${text.trim()}' is not a valid reference`);
    }
  });
  return problems;
}
