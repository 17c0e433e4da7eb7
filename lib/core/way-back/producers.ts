/** A kind of object that a producer writes in clusters. */
export interface WritableKind {
  apiVersion: string;
  kind: string;
  /** The only namespace it is written in. */
  namespace: string;
}

/**
 * Who has something written in clusters, and exactly what: one line for each producer, one overlay of the same name beside the agent's
 * manifests with the rights for it. Producers and their kinds are applied in this order, and pruned in the reverse one: what is referred to
 * stands before what refers to it. The agent refuses everything else, signed or not.
 */
export const producers = {
  /** What firewalls have of each group, for people who look into the cluster and not into AWS. */
  'group-status': [{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'zonebridge-status' }],
} as const satisfies Record<string, readonly WritableKind[]>;

export type Producer = keyof typeof producers;

export const producerNames = Object.keys(producers) as Producer[];

export function isProducer(name: string): name is Producer {
  return Object.hasOwn(producers, name);
}

/** Kinds of a producer, in the order in which they are applied. */
export function kindsOf(producer: Producer): readonly WritableKind[] {
  return producers[producer];
}
