/** Physical names that several stacks, the functions and the command line must agree on without asking each other. */

const prefix = (hub: string) => `zonebridge-${hub}`;

/** Type of the events by which ticket systems answer requests for approval. */
export const answerDetailType = 'approval-answer';

export const names = {
  hubStack: (hub: string) => `Zonebridge-${hub}-Hub`,
  networkStack: (hub: string, network: string) => `Zonebridge-${hub}-Network-${network}`,
  clustersStack: (hub: string, cell: string) => `Zonebridge-${hub}-Clusters-${cell}`,
  accountStack: (hub: string, account: string) => `Zonebridge-${hub}-Account-${account}`,
  bus: (hub: string) => prefix(hub),
  /** Source of the events that the hub itself puts on its bus. */
  hubSource: 'zonebridge.hub',
  /** Answers of ticket systems to requests for approval. */
  answerQueue: (hub: string) => `${prefix(hub)}-answers`,
  table: (hub: string, table: string) => `${prefix(hub)}-${table}`,
  /** Standard queue between the bus and ingest-deltas; also takes the walks of a new configuration. */
  ingestQueue: (hub: string) => `${prefix(hub)}-ingest`,
  /** FIFO queue of wake-ups of a network; message group = writer key. */
  wakeQueue: (hub: string, network: string) => `${prefix(hub)}-wake-${network}.fifo`,
  reconcileQueue: (hub: string, network: string) => `${prefix(hub)}-reconcile-${network}`,
  /** What the hub tells the agent of a cluster. */
  agentQueue: (hub: string, cluster: string) => `${prefix(hub)}-agent-${cluster}`,
  /** Bucket of the audit archive; names of buckets are unique in the world. */
  archiveBucket: ({ name, account, region }: { name: string; account: string; region: string }) =>
    `${prefix(name)}-${account}-${region}`,
  /** Bucket of what clusters shall have. */
  desiredBucket: ({ name, account, region }: { name: string; account: string; region: string }) =>
    `${prefix(name)}-desired-${account}-${region}`,
  /** Alias of a KMS key that signs it, by its number. */
  desiredKey: (hub: string, number = 1) => `alias/${prefix(hub)}-desired${number === 1 ? '' : `-${number}`}`,
  secret: (hub: string, firewall: string) => `zonebridge/${hub}/${firewall}`,
  /** Credential of the administrator that makes keys for a firewall; only the rotation reads it. */
  keyMakerSecret: (hub: string, firewall: string) => `zonebridge/${hub}/${firewall}/key-maker`,
  /** Role the agent of a cluster assumes; in another account also the one that it gets there first. */
  agentRole: (hub: string, cluster: string) => `${prefix(hub)}-agent-${cluster}`,
  /** Role of the function that installs agents; its own access entries name it. */
  onboardingRole: (hub: string) => `${prefix(hub)}-onboarding`,
  /** Role of the function that looks behind the names of load balancers; it takes the role of this name in other accounts. */
  resolverRole: (hub: string) => `${prefix(hub)}-resolver`,
  /** Role of the function that tells of hosts; it takes the role of this name in other accounts. */
  hostsRole: (hub: string) => `${prefix(hub)}-hosts`,
  /** SNS topic of all alarms that call somebody. */
  alarmTopic: (hub: string) => `${prefix(hub)}-alarms`,
  /** Alarm of one kind about one firewall, cluster or queue. */
  alarm: (hub: string, kind: string, subject: string) => `${prefix(hub)}-${kind}-${subject}`,
  /** Partition of `history` with who fetched which list of a firewall; the only one that the function that serves may write. */
  fetches: (firewall: string) => `fetches|${firewall}`,
  metricsNamespace: 'Zonebridge',
} as const;

/** Whose queue it is, by its ARN: the key of a section of hosts. */
export function hostsOfQueue(hub: string, arn: string): string {
  const queue = arn.split(':').at(-1) ?? '';
  const start = names.agentQueue(hub, '');
  return queue.startsWith(start) ? queue.slice(start.length) : '';
}
