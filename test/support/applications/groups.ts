import type { Truth } from './truth.ts';

/** A group as a user writes it, and the same in the words of the Kubernetes API. */
export interface ApplicationGroup {
  name: string;
  channel: 'push' | 'objects';
  document: Record<string, unknown>;
  truth: Truth;
}

const firewall = 'edge';

/** One that holds what the truth says. */
export function group(
  name: string,
  truth: Truth,
  { channel = 'push', ...document }: Record<string, unknown> & { channel?: 'push' | 'objects' },
): ApplicationGroup {
  const target = { firewall, channel, create: 'own', mode: 'sync' };
  // One that a person put there shall not stay, as with the groups of the other channel.
  const publish = [channel === 'objects' ? { ...target, onForeignAdd: 'remove' } : target];
  return { name, channel, truth, document: { usedIn: 'allow', maxMembers: 200, ...document, publish } };
}

export const named = (namespace: string): string => `kubernetes.io/metadata.name == '${namespace}'`;
export const name = (namespace: string): string => `kubernetes.io/metadata.name=${namespace}`;
/** A whole application comes at once, in a namespace that is new: more than the brake on growth lets pass unless it is told. */
export const brakes = { growth: { minimum: 60, share: 0.3 } };

const onlineBoutique: ApplicationGroup[] = [
  group(
    'boutique-frontend',
    { kind: 'pods', namespaces: name('boutique'), select: 'app=frontend' },
    { addresses: 'pod', select: "app == 'frontend'", namespaces: named('boutique') },
  ),
  group(
    'boutique-cart',
    { kind: 'pods', namespaces: name('boutique'), select: 'app in (cartservice,redis-cart)' },
    { addresses: 'pod', select: "app in {'cartservice', 'redis-cart'}", namespaces: named('boutique') },
  ),
  group(
    'boutique-checkout-nodes',
    { kind: 'nodes of pods', namespaces: name('boutique'), select: 'app=checkoutservice' },
    {
      addresses: 'node',
      select: "app == 'checkoutservice'",
      namespaces: named('boutique'),
      channel: 'objects',
    },
  ),
  group(
    'boutique-door',
    { kind: 'load balancers', namespaces: name('boutique'), select: 'app=frontend' },
    { addresses: 'service', select: "app == 'frontend'", namespaces: named('boutique'), channel: 'objects' },
  ),
  group(
    'boutique-services',
    { kind: 'virtual addresses', namespaces: name('boutique'), select: 'app' },
    {
      addresses: 'service',
      serviceAddresses: ['cluster'],
      select: 'has(app)',
      namespaces: named('boutique'),
      brakes,
    },
  ),
];

const bookinfo: ApplicationGroup[] = [
  group(
    'reviews-without-stars-in-red',
    { kind: 'pods', namespaces: name('bookinfo'), select: 'app=reviews,version in (v1,v2)' },
    {
      addresses: 'pod',
      select: {
        matchLabels: { app: 'reviews' },
        matchExpressions: [{ key: 'version', operator: 'In', values: ['v1', 'v2'] }],
      },
      namespaces: { matchLabels: { 'kubernetes.io/metadata.name': 'bookinfo' } },
    },
  ),
  group(
    'bookinfo-backends',
    { kind: 'pods', namespaces: name('bookinfo'), select: 'version,app notin (productpage,reviews)' },
    {
      addresses: 'pod',
      select: {
        matchExpressions: [
          { key: 'version', operator: 'Exists' },
          { key: 'app', operator: 'NotIn', values: ['productpage', 'reviews'] },
        ],
      },
      namespaces: named('bookinfo'),
    },
  ),
];

const sockShop: ApplicationGroup[] = [
  group(
    'sock-front-end',
    { kind: 'pods', namespaces: name('sock-shop'), select: 'name=front-end' },
    { addresses: 'pod', select: "name == 'front-end'", namespaces: named('sock-shop') },
  ),
  group(
    'sock-databases',
    {
      kind: 'pods',
      namespaces: name('sock-shop'),
      select: 'name in (carts-db,catalogue-db,orders-db,session-db,user-db)',
    },
    { addresses: 'pod', select: "name ends with '-db'", namespaces: named('sock-shop') },
  ),
];

const acrossApplications: ApplicationGroup[] = [
  group(
    'shops',
    { kind: 'pods', namespaces: 'team=shop', select: '' },
    { addresses: 'pod', select: 'all()', namespaces: "team == 'shop'", brakes },
  ),
  group(
    'edge-nodes',
    { kind: 'nodes', select: 'role=edge' },
    { addresses: 'node', select: "role == 'edge'", namespaces: 'global()', channel: 'objects' },
  ),
];

/** What somebody who runs these applications would have on a firewall. */
export const applicationGroups: readonly ApplicationGroup[] = [
  ...onlineBoutique,
  ...bookinfo,
  ...sockShop,
  ...acrossApplications,
];
