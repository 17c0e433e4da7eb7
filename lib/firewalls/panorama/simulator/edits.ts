import { type Element, child, childrenNamed, parseXml } from '../xml.ts';
import { Refusal } from './answer.ts';
import { ensure, findAll, merge, parseXpath, type Step, walk } from './xpath.ts';

export interface Edit {
  action: string;
  xpath: string;
  element?: string | undefined;
  newname?: string | undefined;
  /** Of a move: `top`, `bottom`, or `before` or `after` the rule `dst`. */
  where?: string | undefined;
  dst?: string | undefined;
  /** Of a clone: path of the entry that is copied. */
  from?: string | undefined;
}

const nameLengths: Readonly<Record<string, number>> = { address: 63, 'address-group': 63, tag: 127 };

/** What an edit does to a tree; throws a Refusal, at once for what cannot be read, else when it is applied. */
export function editOf({ action, xpath, element, newname, ...more }: Edit): (tree: Element) => void {
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
    case 'move':
      return (tree) => move(tree, steps, more);
    case 'clone': {
      const from = parseXpath(more.from ?? '');
      return (tree) => clone(tree, steps, { from, newname: newname ?? '' });
    }
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

/** The order of a list, which for rules is the order in which they count. */
function move(tree: Element, steps: readonly Step[], { where, dst }: Pick<Edit, 'where' | 'dst'>): void {
  const [list] = findAll(tree, steps.slice(0, -1));
  const [node] = findAll(tree, steps);
  if (!list || !node) throw new Refusal(7, "Object doesn't exist");
  const others = list.children.filter((one) => one !== node);
  const at = others.findIndex(({ attributes }) => attributes['name'] === dst);
  const places: Readonly<Record<string, number>> = {
    top: 0,
    bottom: others.length,
    before: at,
    after: at + 1,
  };
  const place = places[where ?? ''];
  if (place === undefined) throw new Refusal(17, `Invalid command: move ${where ?? ''}`);
  if ((where === 'before' || where === 'after') && at < 0) throw new Refusal(7, "Object doesn't exist");
  if (list.children.indexOf(node) === place)
    throw new Refusal(14, `${node.attributes['name']} is there already`);
  list.children = others.toSpliced(place, 0, node);
}

/** A copy of an entry under another name, in the list that the path names. */
function clone(
  tree: Element,
  steps: readonly Step[],
  { from, newname }: { from: readonly Step[]; newname: string },
): void {
  const [node] = findAll(tree, from);
  if (!node || newname === '') throw new Refusal(7, "Object doesn't exist");
  const list = ensure(tree, steps);
  if (list.children.some(({ attributes }) => attributes['name'] === newname))
    throw new Refusal(8, `${newname} already exists`);
  checkNames([...steps, { name: 'entry', entry: newname }], []);
  list.children.push({ ...structuredClone(node), attributes: { ...node.attributes, name: newname } });
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
