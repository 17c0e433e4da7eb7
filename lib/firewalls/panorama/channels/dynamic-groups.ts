import type { ObjectUse } from '../../../core/firewall.ts';
import { printable } from '../../shared/printable.ts';
import { incomplete, type PanoramaClient } from '../client.ts';
import { type Element, textAt, xml } from '../xml.ts';

/**
 * Dynamic address groups of the firewall whose filter asks for a tag. A Panorama evaluates none of them, so nobody can tell there
 * (assumption). Groups that no committed rule uses are not evaluated either, and need not be known.
 */
export async function groupsWithTag(client: PanoramaClient, tag: string): Promise<ObjectUse> {
  const { device, targets } = client.settings;
  if (device === 'panorama' && !targets) return { count: undefined, users: [] };
  const asked = xml('show', {}, [xml('object', {}, [xml('dynamic-address-group', {}, [xml('all')])])]);
  const { result } = await client.op(asked);
  if (!result) throw incomplete('op show object dynamic-address-group');
  const users = entriesWithFilter(result)
    .filter((entry) => tagsInFilter(textAt(entry, 'filter') ?? '').includes(tag))
    .map((entry) => ({
      where: 'dynamic address group',
      // The name stands in an element or an attribute, depending on the version.
      key: printable(textAt(entry, 'group-name') ?? entry.attributes['name'] ?? ''),
      field: 'filter',
    }));
  return { count: users.length, users };
}

function entriesWithFilter(element: Element): Element[] {
  const below = element.children.flatMap(entriesWithFilter);
  return element.name === 'entry' && textAt(element, 'filter') !== undefined ? [element, ...below] : below;
}

/** Tags a filter names, quoted or not; `and`, `or` and parentheses stand between them. */
export function tagsInFilter(filter: string): string[] {
  const words = filter.matchAll(/'([^']*)'|"([^"]*)"|([^\s()'"]+)/g);
  return [...words].flatMap(([, single, double, bare]) => {
    if (bare !== undefined) return /^(and|or)$/i.test(bare) ? [] : [bare];
    return [single ?? double ?? ''];
  });
}
