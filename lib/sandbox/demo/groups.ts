import type { Groups } from '../configuration.ts';

/** Group of pods on the newer firewall and group of nodes on the older one. */
export const pods = { firewall: 'edge', group: 'storefront', channel: 'push' } as const;
export const nodes = { firewall: 'core', group: 'storefront-nodes', channel: 'objects' } as const;
export type Place = typeof pods | typeof nodes;

/** The groups of a storefront in a namespace; `select` can be mistaken on purpose. */
export function storefrontGroups(namespace: string, select = "app == 'storefront'"): Groups {
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
      publish: [{ firewall: pods.firewall, channel: pods.channel, create: 'own', mode: 'sync' }],
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
