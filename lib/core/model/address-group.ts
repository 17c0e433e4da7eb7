/** Which addresses of the selected endpoints a group publishes. `egress` is refused until it is built. */
export type AddressKind = 'pod' | 'node' | 'service' | 'egress';

/** Addresses of a service: of its load balancer, its `externalIPs`, its virtual ones inside the cluster. */
export type ServiceAddressKind = 'load-balancer' | 'external' | 'cluster';

/** `observe` plans and shows, `add-only` never removes, `sync` does both. No default anywhere. */
export type WriteMode = 'observe' | 'add-only' | 'sync';

/** Who makes the object on the firewall: the security team (`offered`) or we (`own`). No default anywhere. */
export type Creation = 'offered' | 'own';

/** A selector in Calico's text grammar, or a Kubernetes LabelSelector. */
export type SelectorSource = string | LabelSelectorSource;

export interface LabelSelectorSource {
  matchLabels?: Record<string, string> | undefined;
  matchExpressions?: { key: string; operator: string; values?: string[] | undefined }[] | undefined;
}

/** Limits of one group beyond which a person decides (defaults in plan/brakes.ts). */
export interface BrakeSettings {
  /** Net loss in a window is held above max(minimum, share of the size at the window's start). */
  shrink: { minimum: number; share: number };
  /** The same for growth that a configuration change or a new namespace caused. */
  growth: { minimum: number; share: number };
  windowMinutes: number;
}

/** `keep`: for as long as it takes. Otherwise they count as gone after so many hours, through the brakes unless these are bypassed. */
export type OnSilence = 'keep' | { expireAfterHours: number; bypassBrakes: boolean };

/** Limits of a firewall as a whole, over all groups. */
export interface FirewallBrakes {
  /** Net loss in a window is held above max(minimum, share of everything we keep there at the window's start). */
  shrink: { minimum: number; share: number };
  windowMinutes: number;
}

/** A named selection of endpoints, as configured. Its id is its name. */
export interface AddressGroup {
  name: string;
  addresses: AddressKind;
  /** With `addresses: service` alone: which of its addresses; those of the load balancer unless given. */
  serviceAddresses?: readonly ServiceAddressKind[] | undefined;
  /** Which endpoints. */
  select: SelectorSource;
  /** Which namespaces: a selector over namespace labels (`global()` selects nodes themselves), or any. Exactly one of the two. */
  namespaces?: SelectorSource | undefined;
  anyNamespace?: true | undefined;
  /** Names of clusters; absent means all. */
  clusters?: readonly string[] | undefined;
  usedIn: 'allow' | 'deny';
  /** Addresses outside these ranges are never published; absent means the clusters' own ranges. */
  ranges?: readonly string[] | undefined;
  maxMembers: number;
  owner?: string | undefined;
  reviewBy?: string | undefined;
  brakes: BrakeSettings;
  /** `all`: what the configuration changes is decided and shown for all firewalls together; `each` unless given. */
  consistency?: 'each' | 'all' | undefined;
  /** What becomes of addresses whose cluster is not heard any more; `keep` unless given. */
  onSilence?: OnSilence | undefined;
  /** The AddressGroup resource it was made from; undefined for what stands in the configuration itself. */
  resource?: { uid: string; cluster: string; namespace: string; name: string } | undefined;
  /** Where it goes. */
  publish: readonly GroupTarget[];
}

/** One firewall of a group, with how it is kept there. */
export interface GroupTarget {
  firewall: string;
  channel: string;
  create: Creation;
  mode: WriteMode;
  /** Name on the firewall when it must differ from the derived one (for offered objects). */
  object?: string | undefined;
  /** Whole comment of an object of the name `object` that a former tool keeps, and that becomes ours with the first change. */
  adopt?: string | undefined;
  onForeignAdd: 'remove' | 'report';
  /** Pods over a channel that writes configuration: the operator says so, with a ceiling. */
  acceptConfigChurn?: { writesPerHour: number } | undefined;
  /** Limits on this firewall when they differ from the group's; complete. */
  brakes?: BrakeSettings | undefined;
}

/** Realm of what a person put into a group of ours, or what nobody can tell apart: it is no address of any cluster. */
export const foreignRealm = '-';

/** Key of a membership, dirty row and ledger row: group, realm, canonical address. Neither name nor realm may hold `|`. */
export function membershipKey(group: string, realm: string, address: string): string {
  return `${group}|${realm}|${address}`;
}

export function parseMembershipKey(key: string): { group: string; realm: string; address: string } {
  const [group = '', realm = '', ...rest] = key.split('|');
  return { group, realm, address: rest.join('|') };
}
