/** A kind of object that a producer writes in clusters. */
export interface WritableKind {
  apiVersion: string;
  kind: string;
  /** The only namespace it is written in; undefined: any. */
  namespace: string | undefined;
  /** `whole`: we make it (bare first, which must do nothing), change and delete it; `status`: somebody else's object, of which we write the status alone. */
  part: 'whole' | 'status';
}

/**
 * Who has something written in clusters, and exactly what: one line for each producer, one overlay of the same name beside the agent's
 * manifests with the rights for it. Producers and their kinds are applied in this order, and pruned in the reverse one: what is referred to
 * stands before what refers to it. The agent refuses everything else, signed or not.
 */
export const producers = {
  /** What firewalls have of each group, for people who look into the cluster and not into AWS. */
  'group-status': [{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'zonebridge-status', part: 'whole' }],
  /** What became of AddressGroup resources. A cluster that names it also has its resources read and made groups. */
  'address-groups': [
    { apiVersion: 'zonebridge.dev/v1alpha1', kind: 'AddressGroup', namespace: undefined, part: 'status' },
  ],
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

/** The kind of an object, when the producer may write it where it is. */
export function kindOf(
  producer: Producer,
  object: { apiVersion: string; kind: string; metadata: { namespace?: string | undefined } },
): WritableKind | undefined {
  const { apiVersion, kind, metadata } = object;
  return kindsOf(producer).find(
    (known) =>
      known.apiVersion === apiVersion &&
      known.kind === kind &&
      (known.namespace === undefined
        ? metadata.namespace !== undefined
        : known.namespace === metadata.namespace),
  );
}
