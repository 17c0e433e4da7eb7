import type { EndpointRecord } from '../model/endpoint.ts';
import { type CompiledGroup, selectionSubject, selectsSubject } from '../model/group-selection.ts';
import { Neighbours, type SharedSource } from './neighbours.ts';

/** {@link Neighbours} of all node groups among some groups, found in one look at every endpoint. */
export class GroupNeighbours {
  readonly #groups: readonly CompiledGroup[];
  readonly #found = new Map<string, Neighbours>();

  constructor(groups: readonly CompiledGroup[]) {
    this.#groups = groups.filter(({ group }) => group.addresses === 'node');
  }

  add(cluster: string, record: EndpointRecord): void {
    if (this.#groups.length === 0) return;
    const subject = selectionSubject(record);
    for (const compiled of this.#groups) {
      if (compiled.clusters?.has(cluster) === false) continue;
      const key = placeOf(compiled.group.name, cluster);
      const neighbours = this.#found.get(key) ?? new Neighbours();
      this.#found.set(key, neighbours);
      neighbours.add(record, selectsSubject(compiled, subject, cluster));
    }
  }

  /** Undefined for a group of other addresses, and where the group has no nodes. */
  of(group: string, cluster: string, options: { hostNetworkOnly: boolean }): SharedSource | undefined {
    const shared = this.#found.get(placeOf(group, cluster))?.result(options);
    return shared && shared.nodes > 0 ? shared : undefined;
  }
}

/** Names of groups and clusters hold no `|`. */
function placeOf(group: string, cluster: string): string {
  return `${group}|${cluster}`;
}
