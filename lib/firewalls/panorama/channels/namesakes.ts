import { childrenNamed, type Element } from '../xml.ts';
import { commentOf, nodes } from './address-groups.ts';
import type { Place } from './edits.ts';
import { addresses, entry } from './xpaths.ts';

/** Up to so many names are looked at one by one; beyond, one listing tells all. */
const singlyUpTo = 3;

/**
 * Which of these names address objects of somebody else have: a set would turn them into ours, and a removal would take them away. What is not
 * committed counts, too.
 */
export async function namesOfOthers(place: Place, names: readonly string[]): Promise<ReadonlySet<string>> {
  const { client, marks } = place;
  const list = addresses(client.settings);
  const found: Element[] = [];
  if (names.length <= singlyUpTo)
    for (const name of names) found.push(...(await nodes(client, 'get', list + entry(name))));
  else found.push(...childrenNamed((await nodes(client, 'get', list))[0], 'entry'));
  const wanted = new Set(names);
  const others = found
    .map((one) => ({ name: one.attributes['name'] ?? '', comment: commentOf(one) }))
    .filter(({ name, comment }) => wanted.has(name) && !marks.isOurs(name, comment));
  return new Set(others.map(({ name }) => name));
}
