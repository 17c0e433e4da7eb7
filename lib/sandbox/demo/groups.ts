import type { Groups } from '../configuration.ts';

/** Group of pods on the newer firewall and group of nodes on the older one. */
export const pods = { firewall: 'edge', group: 'storefront', channel: 'push' } as const;
export const nodes = { firewall: 'core', group: 'storefront-nodes', channel: 'objects' } as const;
export type Place = typeof pods | typeof nodes;

interface Storefront {
  namespace: string;
  /** Can be mistaken on purpose. */
  select?: string | undefined;
  /** Firewalls of other vendors that have the pods, too. */
  guests: readonly { firewall: string; channel: string }[];
}

/** The groups of a storefront in a namespace. */
export function storefrontGroups({ namespace, select = "app == 'storefront'", guests }: Storefront): Groups {
  const common = {
    namespaces: `kubernetes.io/metadata.name == '${namespace}'`,
    usedIn: 'allow',
    owner: 'team-shop@example.com',
    reviewBy: '2027-03-01',
  };
  return {
    storefront: {
      ...common,
      addresses: 'pod',
      select,
      maxMembers: 200,
      publish: [pods, ...guests].map(({ firewall, channel }) => ({
        firewall,
        channel,
        create: 'own',
        mode: 'sync',
      })),
    },
    'storefront-nodes': {
      ...common,
      addresses: 'node',
      select: "app == 'storefront'",
      maxMembers: 50,
      publish: [
        {
          firewall: nodes.firewall,
          channel: nodes.channel,
          create: 'own',
          mode: 'sync',
          onForeignAdd: 'remove',
        },
      ],
    },
  };
}
