import { type Element, child, childrenNamed } from '../xml.ts';
import { findAll, parseXpath } from './xpath.ts';

const base = "/config/devices/entry[@name='localhost.localdomain']";

/** A place with objects of its own, by its device group; undefined for a virtual system and for what is shared. */
interface Scope {
  deviceGroup: string | undefined;
  node: Element;
}

/**
 * Why a configuration cannot be committed. Assumption: a static group needs members, and they exist where it finds them: in its own place, in
 * the device groups above it, or in what is shared.
 */
export function validate(
  tree: Element,
  above: (deviceGroup: string) => readonly string[],
  membersMax = Infinity,
): string[] {
  const shared = findAll(tree, parseXpath('/config/shared'));
  const groups = findAll(tree, parseXpath(`${base}/device-group/entry`));
  const named = new Map(groups.map((node) => [node.attributes['name'] ?? '', node]));
  const scopes: Scope[] = [
    ...[...shared, ...findAll(tree, parseXpath(`${base}/vsys/entry`))].map((node) => ({
      deviceGroup: undefined,
      node,
    })),
    ...[...named].map(([deviceGroup, node]) => ({ deviceGroup, node })),
  ];
  return scopes.flatMap(({ deviceGroup, node }) => {
    const inherited =
      deviceGroup === undefined ? [] : above(deviceGroup).flatMap((name) => named.get(name) ?? []);
    return problemsOf(node, namesIn([node, ...inherited, ...shared]), membersMax);
  });
}

function namesIn(scopes: readonly Element[]): Set<string> {
  const lists = scopes.flatMap((scope) => [child(scope, 'address'), child(scope, 'address-group')]);
  const entries = lists.flatMap((list) => childrenNamed(list, 'entry'));
  return new Set(entries.map(({ attributes }) => attributes['name'] ?? ''));
}

/** Assumption: the words for a group that is too large. */
function problemsOf(scope: Element, known: ReadonlySet<string>, membersMax: number): string[] {
  return childrenNamed(child(scope, 'address-group'), 'entry').flatMap((group) => {
    const name = group.attributes['name'] ?? '';
    const members = childrenNamed(child(group, 'static'), 'member').map(({ text }) => text.trim());
    if (!child(group, 'dynamic') && members.length === 0) return [`address-group -> ${name} is invalid`];
    if (members.length > membersMax)
      return [`address-group -> ${name} -> static: number of members exceeds the capacity of ${membersMax}`];
    return members
      .filter((member) => !known.has(member))
      .map((member) => `address-group -> ${name} -> static '${member}' is not a valid reference`);
  });
}
