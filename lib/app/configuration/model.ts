import type { AddressGroup, FirewallBrakes } from '../../core/model/address-group.ts';
import type { PeriodSource } from '../../core/model/calendar.ts';
import type { Delegation } from '../../core/delegation/admit.ts';
import type { GateRules } from '../../core/gates/gate.ts';
import type { Producer } from '../../core/way-back/producers.ts';
import type { AuditSettings } from './audit-settings.ts';

/** A complete, valid configuration; the result of loading zonebridge.yaml, with CA files read in and defaults filled. */
export interface Configuration {
  hub: HubConfiguration;
  networks: Record<string, NetworkConfiguration>;
  clusters: Record<string, ClusterConfiguration>;
  /** EC2 instances beside the clusters. */
  hosts?: Record<string, HostsConfiguration> | undefined;
  firewalls: Record<string, FirewallConfiguration>;
  groups: Record<string, AddressGroup>;
  /** What namespaces may publish by AddressGroup resources, in the order in which they are looked at. */
  delegations?: Record<string, Delegation> | undefined;
  /** As written; `approval-rules.ts` knows the defaults. */
  approvals?: ApprovalSettings | undefined;
  quarantine?: { group: string } | undefined;
  ticketSystems?: Record<string, TicketSystem> | undefined;
}

/** Who releases held changes, and when changes have to wait. */
export interface ApprovalSettings {
  secondPerson?: boolean | undefined;
  ticket?: { required: boolean; pattern?: string | undefined } | undefined;
  validMinutes?: number | undefined;
  freeze?: readonly FreezePeriod[] | undefined;
}

/** A period in which changes wait; of these firewalls, or of all. */
export interface FreezePeriod extends PeriodSource {
  firewalls?: readonly string[] | undefined;
}

/** Who may answer requests for approval by events on the bus. */
export interface TicketSystem {
  source: string;
  account: string;
  /** ARN of the role that sends the answers; the approver of what it approves. */
  principal: string;
}

/** Infrastructure: the account that runs everything. */
export interface HubConfiguration {
  /** Part of every mark on every firewall; never changed. `[a-z][a-z0-9-]{1,19}`. */
  name: string;
  account: string;
  region: string;
  /** Subscribed to the alarm topic. */
  alarmEmails: readonly string[];
  kmsKeyArn?: string | undefined;
  permissionsBoundaryArn?: string | undefined;
  /** After how long a pause, or changes that a freeze holds, raise an alarm. */
  alarmAfter?: { pausedMinutes?: number | undefined; frozenHours?: number | undefined } | undefined;
  /** Image of the agent, and keys of the clusters that get it without a person. */
  onboarding?: { image?: string | undefined; admit?: readonly string[] | undefined } | undefined;
  /** Numbers of the keys for what clusters shall have: the first signs, agents accept all; [1] unless set. */
  signingKeys?: readonly number[] | undefined;
  /** IAM path of all roles, such as `/security/`. */
  rolePath?: string | undefined;
  /** How the audit archive is kept; defaults in audit-settings.ts. */
  audit?: { [K in keyof AuditSettings]?: AuditSettings[K] | undefined } | undefined;
}

/** Where firewalls are reached from. */
export interface NetworkConfiguration {
  vpc: string;
  subnets: readonly { id: string; availabilityZone: string }[];
  /** Security groups that may reach the firewalls. */
  securityGroups: readonly string[];
  /** `create`: the stack makes the VPC endpoints it needs; `existing`: they, or a NAT gateway, are there already. */
  endpoints: 'create' | 'existing';
  /** Route tables of the subnets, for the DynamoDB gateway endpoint; needed with `endpoints: create` alone. */
  routeTables?: readonly string[] | undefined;
  /** Source range the firewalls will see; typed into their trusted hosts. */
  sourceRanges: readonly string[];
}

export interface ClusterConfiguration {
  account: string;
  region: string;
  /** Name of the EKS cluster; the key of the entry unless given. */
  name: string;
  realm: string;
  /** Ranges of its pods, nodes and services; addresses outside are refused. */
  ranges: readonly string[];
  /** Clusters of one realm whose ranges overlap must all say so. */
  sharedRanges: boolean;
  /** Stack that holds it; never changed afterwards. */
  cell: string;
  namespace: string;
  serviceAccount: string;
  /** What Zonebridge may write in the cluster; nothing when left out. */
  writes?: readonly Producer[] | undefined;
  /** Namespaces whose pods may wait for their firewalls. */
  gates?: GateRules | undefined;
  /** The hub looks behind the host names of its AWS load balancers; `public`: for the addresses that the internet sees. */
  resolveNames?: true | 'public' | undefined;
  /** False: the agent tells nothing of the cluster's network. */
  networkReport?: boolean | undefined;
  /** Role of the operator's own in its account that may describe EC2 there; the account stack makes one unless given. */
  readRole?: string | undefined;
  /** OIDC provider of the cluster without `https://`; the role comes by it instead of pod identity. */
  oidcProvider?: string | undefined;
}

/** EC2 instances that carry tags, as the nodes of a cluster that is none. */
export interface HostsConfiguration {
  account: string;
  region: string;
  realm: string;
  /** Ranges of their addresses; anything else is refused. */
  ranges: readonly string[];
  sharedRanges: boolean;
  /** Tag key to the values that count; `*` alone is any value. All keys must match. */
  tags: Record<string, readonly string[]>;
  /** Role of the operator's own in their account that may describe EC2 there; the account stack makes one unless given. */
  readRole?: string | undefined;
}

/** Exactly one of `only` and `never`. */
export interface MaintenanceWindows {
  only?: readonly PeriodSource[] | undefined;
  never?: readonly PeriodSource[] | undefined;
  strict?: boolean | undefined;
}

export interface FirewallConfiguration {
  /** Vendor module. */
  kind: string;
  network: string;
  /** Realms whose addresses mean the same on this firewall. */
  realms: readonly string[];
  reconcileMinutes: number;
  /** How often the credential is renewed; absent: by a person. */
  rotateKeyDays?: number | undefined;
  /** `apply` refuses to write to a version that was not tried by `zonebridge qualify`. */
  requireQualification?: boolean | undefined;
  /** Writes only within these windows, or never within them; removals of dead addresses at any time unless `strict`. */
  maintenance?: MaintenanceWindows | undefined;
  /** Ranges that lie behind it, seen from the clusters: for advice on what it sees alone. */
  destinations?: readonly string[] | undefined;
  /** Calls a minute that we allow ourselves; the module's number when left out. */
  callsPerMinute?: number | undefined;
  /** Limits of the firewall as a whole; complete. The defaults of the brakes when left out. */
  brakes?: FirewallBrakes | undefined;
  /** The module's own fields, already checked by its schema. */
  settings: Record<string, unknown>;
}
