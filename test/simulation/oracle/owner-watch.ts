import type { Item, Key } from '../../../lib/core/ports.ts';
import { globalEndpointId, parseGlobalEndpointId } from '../../../lib/app/state/endpoints.ts';
import { text } from '../../../lib/app/state/items.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Truth } from './truth.ts';

/** An address stays with the pod that has it, however often another one of its cluster that lost it is told again. */
export function watchOwners(
  kernel: Kernel,
  truth: Truth,
): (key: Key, before: Item | undefined, after: Item | undefined) => void {
  /** What each endpoint lost to another one, as long as the hub knows the endpoint. */
  const lost = new Map<string, Set<string>>();
  return (key, before, after) => {
    if (key.table === 'endpoints' && !after)
      lost.delete(globalEndpointId(key.pk.slice(0, key.pk.lastIndexOf('|')), key.sk ?? ''));
    const [kind, , address = ''] = key.pk.split('|');
    const [from, to] = [text(before, 'endpoint'), text(after, 'endpoint')];
    if (key.table !== 'control' || kind !== 'owner' || !from || !to || from === to) return;
    const holds = truth.holderOf(address) === parseGlobalEndpointId(from).id.replace('pod|', '');
    if (holds && lost.get(to)?.has(address) && clusterOf(from) === clusterOf(to))
      kernel.violate('an address stays with who has it', `${address} went from ${from} back to ${to}`);
    lost.set(from, (lost.get(from) ?? new Set()).add(address));
  };
}

function clusterOf(endpoint: string): string {
  return parseGlobalEndpointId(endpoint).cluster;
}
