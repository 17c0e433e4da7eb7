import type { Key, Tables } from '../../core/ports.ts';
import { count } from './items.ts';

/**
 * Which endpoints of a cluster have host names, in a partition of its own, so that nobody has to read every endpoint to find them. It lies in
 * the table of the endpoints, and is lost and told again with them.
 */
function namedKey(cluster: string, id: string): Key & { sk: string } {
  return { table: 'endpoints', pk: `${cluster}|named`, sk: id };
}

/** Written before the endpoint itself: an id too many costs a look, one too few would never be resolved. */
export async function noteNamed(tables: Tables, cluster: string, id: string, now: number): Promise<void> {
  await tables.write({ key: namedKey(cluster, id), put: { at: now } });
}

/** Endpoint ids, each with the time at which it was noted last. */
export async function listNamed(tables: Tables, cluster: string): Promise<{ id: string; at: number }[]> {
  const named: { id: string; at: number }[] = [];
  let after: string | undefined;
  do {
    const { table, pk } = namedKey(cluster, '');
    const page = await tables.query({ table, pk, ...(after === undefined ? {} : { after }) });
    named.push(...page.items.map(({ key, item }) => ({ id: key.sk ?? '', at: count(item, 'at') })));
    after = page.next;
  } while (after !== undefined);
  return named;
}

/** It has no names any more, or is gone. */
export async function forgetNamed(tables: Tables, cluster: string, id: string): Promise<void> {
  await tables.write({ key: namedKey(cluster, id), delete: true });
}
