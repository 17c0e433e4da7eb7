/** Machines and network interfaces of a cloud account, as far as their addresses matter. */
export interface Compute {
  /** All instances of one region that carry the tags, in every page; throws when the listing is not complete. */
  instances(tags: TagFilter): Promise<Instance[]>;
  /** One instance; undefined when there is none of that id. */
  instance(id: string): Promise<Instance | undefined>;
  /** All network interfaces whose description is exactly this, or begins with it; throws when the listing is not complete. */
  interfaces(description: { is: string } | { begins: string }): Promise<NetworkInterface[]>;
}

/** Tag key to the values that count; `*` alone stands for any value. All keys must match. */
export type TagFilter = Readonly<Record<string, readonly string[]>>;

export interface Instance {
  id: string;
  /** `pending`, `running`, `stopping`, `stopped`, `shutting-down` or `terminated`. */
  state: string;
  /** Hostile text. */
  tags: Readonly<Record<string, string>>;
  /** The primary private address and all IPv6 addresses of each of its interfaces, as EC2 writes them. */
  addresses: readonly string[];
}

export interface NetworkInterface {
  description: string;
  /** `in-use` once something answers on it. */
  status: string;
  /** Made by a service of AWS; anybody may give one of his own the description of another. */
  managed: boolean;
  /** Every private and IPv6 address of it. */
  addresses: readonly string[];
  /** IPv4 addresses by which the internet reaches it: Elastic IPs, and those that AWS lent it. */
  publicAddresses: readonly string[];
}

/** Whether an instance carries the tags; asked again of what a filtered listing answered. */
export function carries(tags: Instance['tags'], wanted: TagFilter): boolean {
  return Object.entries(wanted).every(([key, values]) => {
    const value = Object.hasOwn(tags, key) ? tags[key] : undefined;
    return value !== undefined && (values.includes('*') || values.includes(value));
  });
}
