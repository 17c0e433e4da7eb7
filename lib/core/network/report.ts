import { z } from 'zod';

/**
 * What an agent read about the network of its cluster, as it stands there: what follows from it is decided at the hub (`translation.ts`), so
 * that a newer hub judges better without new agents. Every text is short and every list bounded: the sender may be hostile.
 */

/** Version of the report; hub and agent agree on it in hello. */
export const networkVersion = 1;

const short = z.string().max(120);
const cidr = z.string().max(43);

/** Most entries of a list; what is beyond is left out and counted in `more`. */
export const networkLimits = { ranges: 100, pools: 50, nodeClasses: 20 } as const;

/** What may be unreadable for an agent, because its rights leave it out. */
const part = z.enum(['aws-node', 'node-classes', 'ip-pools', 'cilium-config', 'ip-masq-agent']);
export type NetworkPart = z.infer<typeof part>;

/** DaemonSet `kube-system/aws-node` (Amazon VPC CNI), from the environment of its container. */
const vpcCni = z.strictObject({
  /** Nodes it should run on; absent when nobody has counted them yet. */
  scheduled: z.number().int().nonnegative().optional(),
  /** `AWS_VPC_K8S_CNI_EXTERNALSNAT` as written; absent when not set. */
  externalSnat: short.optional(),
  /** `AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS`, split at commas. */
  excluded: z.array(cidr).max(networkLimits.ranges),
  /** `AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG` is `true`: pods have addresses of other subnets than their nodes. */
  customNetworking: z.boolean(),
  /** `ENABLE_IPv6` is `true`. */
  ipv6: z.boolean(),
});

/** NodeClasses of EKS Auto Mode, where AWS runs the network. */
const autoMode = z.strictObject({
  nodeClasses: z
    .array(z.strictObject({ name: short, snatPolicy: short.optional() }))
    .max(networkLimits.nodeClasses),
});

const pool = z.strictObject({
  name: short,
  cidr,
  natOutgoing: z.boolean(),
  disabled: z.boolean(),
  /** Pods may get addresses of it (`allowedUses`). */
  workload: z.boolean(),
  /** When traffic between nodes is tunnelled, by IP in IP or VXLAN. */
  tunnel: z.enum(['always', 'cross-subnet', 'never']),
});

/** ConfigMap `kube-system/cilium-config`; absent fields are not set there. */
const cilium = z.strictObject({
  ipam: short.optional(),
  routingMode: short.optional(),
  /** `enable-ipv4-masquerade` as written. */
  masquerade: short.optional(),
  nativeRoutingCidr: cidr.optional(),
  /** Set when `enable-ip-masq-agent` is `true`: the ranges of its ConfigMap, absent when it has none. */
  masqAgent: z.strictObject({ except: z.array(cidr).max(networkLimits.ranges).optional() }).optional(),
});

export const networkReport = z.strictObject({
  nodes: z.number().int().nonnegative(),
  /** Of these, nodes of EKS Auto Mode. */
  autoNodes: z.number().int().nonnegative(),
  vpcCni: vpcCni.optional(),
  autoMode: autoMode.optional(),
  /** Calico's address pools; absent when the cluster knows no such objects. */
  pools: z.array(pool).max(networkLimits.pools).optional(),
  cilium: cilium.optional(),
  unread: z.array(z.strictObject({ part, why: short })).max(10),
  /** Entries of lists that were left out. */
  more: z.number().int().nonnegative(),
});
export type NetworkReport = z.infer<typeof networkReport>;
export type AddressPool = z.infer<typeof pool>;
