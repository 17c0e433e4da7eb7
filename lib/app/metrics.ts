/**
 * Names of our own metrics (namespace `names.metricsNamespace`). Alarms and the dashboard look for exactly one dimension,
 * `firewall`, `cluster` or `network`, with the key of the configuration entry as its value: a further dimension, such as a default
 * `service`, would make a different metric that nobody watches.
 */
export const metrics = {
  /** Age of the oldest change that a firewall does not have yet, in seconds; 0 when in step, or paused by a person. Sent by the sweep every minute. */
  behind: { name: 'BehindSeconds', dimension: 'firewall', unit: 'Seconds' },
  /** Runs in a row that ended in an error; 0 after a success. */
  failures: { name: 'ConsecutiveFailures', dimension: 'firewall', unit: 'Count' },
  /** 1 while the firewall is left alone because it refused us as a whole. Sent by the sweep every minute. */
  circuit: { name: 'CircuitOpen', dimension: 'firewall', unit: 'Count' },
  /** Time for which our own budget of calls has not sufficed, in seconds; 0 when it does. Sent by the sweep every minute. */
  budget: { name: 'BudgetWaitSeconds', dimension: 'firewall', unit: 'Seconds' },
  /** Changes that a brake holds until a person decides. */
  held: { name: 'ChangesHeld', dimension: 'firewall', unit: 'Count' },
  /** Entries that differ from the ledger, found by the last comparison. */
  drift: { name: 'Drift', dimension: 'firewall', unit: 'Count' },
  /** Comparisons in a row of one firewall that ended in an error, or could not read every group; 0 after a whole one. */
  comparisonFailures: { name: 'ComparisonFailures', dimension: 'network', unit: 'Count' },
  /** Days until the certificate of the firewall ends, as the last comparison met it. */
  certificate: { name: 'CertificateDays', dimension: 'firewall', unit: 'Count' },
  /** Addresses of allow groups that are still on the firewall although no endpoint has them any more. */
  staleAllow: { name: 'StaleAllow', dimension: 'firewall', unit: 'Count' },
  /** Time since a cluster's agent was last heard, in seconds. Sent by the sweep every minute. */
  agentSilent: { name: 'AgentSilentSeconds', dimension: 'cluster', unit: 'Seconds' },
  /** Records of a cluster that were set aside. */
  refused: { name: 'RecordsRefused', dimension: 'cluster', unit: 'Count' },
  /** Endpoints that the hub had wrong until a digest, a manifest or a new listing of the agent told: lost events, and what changed while no agent watched. */
  foundLate: { name: 'EndpointsFoundLate', dimension: 'cluster', unit: 'Count' },
  /** 1 when a rotation failed, or when only a key that is not the current one was accepted. */
  rotationTrouble: { name: 'RotationTrouble', dimension: 'firewall', unit: 'Count' },
  /** How long all writes to it have been stopped by a person, in seconds; 0 when they are not. */
  paused: { name: 'PausedSeconds', dimension: 'firewall', unit: 'Seconds' },
  /** How long the oldest change that a freeze holds has waited, in seconds. */
  frozen: { name: 'FrozenSeconds', dimension: 'firewall', unit: 'Seconds' },
  /** Quarantined addresses that now belong to an endpoint of this cluster that was not meant. */
  quarantineReused: { name: 'QuarantineReused', dimension: 'cluster', unit: 'Count' },
  /** How long a generation has been on canary firewalls only, in seconds; sent for these while it is. */
  canaryWaiting: { name: 'CanaryWaitingSeconds', dimension: 'firewall', unit: 'Seconds' },
  /** How long a group with `consistency: all` has lacked something on this firewall that others have, in seconds. */
  halfPublished: { name: 'HalfPublishedSeconds', dimension: 'firewall', unit: 'Seconds' },
  /** Firewalls that fetched a list of this entry and have stopped. Sent with each comparison, where firewalls fetch from us. */
  silentReaders: { name: 'SilentReaders', dimension: 'firewall', unit: 'Count' },
  /** From the agent seeing a change to the firewall having it, in milliseconds. */
  propagation: { name: 'Propagation', dimension: 'firewall', unit: 'Milliseconds' },
} as const;

export type MetricDefinition = (typeof metrics)[keyof typeof metrics];
