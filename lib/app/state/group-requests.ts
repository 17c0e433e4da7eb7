import { type GroupRequests, groupRequests } from '../../core/delegation/request.ts';
import { isZonebridgeError } from '../../core/errors.ts';
import type { Item, Key, Tables } from '../../core/ports.ts';
import { count } from './items.ts';

/** The AddressGroup resources of a cluster, as its agent told them last. */
export interface ToldRequests extends GroupRequests {
  epoch: number;
  /** Counts what the agent process told. */
  number: number;
}

export function requestsKey(cluster: string): Key {
  return { table: 'control', pk: `address-groups|${cluster}` };
}

/** Undefined when nothing was told yet: that is not the same as none. */
export function readRequests(item: Item | undefined): GroupRequests | undefined {
  const { requests, more, others } = item ?? {};
  if (typeof requests !== 'string') return undefined;
  const read = groupRequests.safeParse({ requests: JSON.parse(requests), more, others });
  return read.success ? read.data : undefined;
}

/** Keeps what was told, unless something later came before it. */
export async function noteRequests(
  tables: Tables,
  cluster: string,
  told: ToldRequests & { at: number },
): Promise<void> {
  const key = requestsKey(cluster);
  const [item] = await tables.read([key]);
  const { epoch, number, more, others, at } = told;
  const isNewer =
    epoch > count(item, 'epoch') || (epoch === count(item, 'epoch') && number > count(item, 'number'));
  if (!isNewer) return;
  const revision = count(item, 'revision');
  // As text: the table takes no map with a key above 64 KB or with 32 levels, and a team chooses both; it would keep out all the others.
  const requests = JSON.stringify(told.requests);
  try {
    await tables.write({
      key,
      put: { epoch, number, more, others, requests, at, revision: revision + 1 },
      if: [{ attribute: 'revision', is: 'absent or =', value: revision }],
    });
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
    await noteRequests(tables, cluster, told);
  }
}
