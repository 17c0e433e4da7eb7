import { ZonebridgeError } from '../core/errors.ts';
import type { TableName } from '../core/ports.ts';
import { auditDefaults } from './configuration/audit-settings.ts';
import { names } from './names.ts';

/** Environment of every function; written by cdk, read here and nowhere else. */
export interface FunctionEnvironment {
  ZONEBRIDGE_HUB: string;
  /** Only for functions of a network. */
  ZONEBRIDGE_NETWORK?: string;
  /** Only for the function that writes the audit archive: its bucket, and how many days the index keeps. */
  ZONEBRIDGE_ARCHIVE?: string;
  ZONEBRIDGE_HISTORY_DAYS?: string;
  /** Only for the function that publishes desired state: its bucket, and the numbers of its keys with commas between, that in force first. */
  ZONEBRIDGE_DESIRED?: string;
  ZONEBRIDGE_SIGNING_KEYS?: string;
  /** Only for a function that serves lists: the entry under `firewalls` whose lists they are. */
  ZONEBRIDGE_LISTS?: string;
}

/** What cdk gives a function. */
export function functionEnvironment(hub: string, network?: string): Record<string, string> {
  return {
    ZONEBRIDGE_HUB: hub,
    ...(network === undefined ? {} : { ZONEBRIDGE_NETWORK: network }),
    POWERTOOLS_SERVICE_NAME: 'zonebridge',
    POWERTOOLS_METRICS_NAMESPACE: names.metricsNamespace,
    NODE_OPTIONS: '--enable-source-maps',
  };
}

/** What only the audit function gets. */
export function archiveEnvironment(bucket: string, historyDays: number): Record<string, string> {
  return { ZONEBRIDGE_ARCHIVE: bucket, ZONEBRIDGE_HISTORY_DAYS: String(historyDays) };
}

/** What only the function that publishes desired state gets. */
export function desiredEnvironment(bucket: string, signingKeys: readonly number[]): Record<string, string> {
  return { ZONEBRIDGE_DESIRED: bucket, ZONEBRIDGE_SIGNING_KEYS: signingKeys.join(',') };
}

/** What only a function that serves lists gets. */
export function listsEnvironment(firewall: string): Record<string, string> {
  return { ZONEBRIDGE_LISTS: firewall };
}

/** Reads the contract; throws `configuration/missing` when a function was deployed without it. */
export function readEnvironment(source: Record<string, string | undefined>): {
  hub: string;
  network: string | undefined;
  archive: string | undefined;
  desired: string | undefined;
  signingKeys: number[] | undefined;
  lists: string | undefined;
  historyDays: number;
} {
  const hub = source['ZONEBRIDGE_HUB'];
  if (!hub) throw new ZonebridgeError('configuration/missing', 'ZONEBRIDGE_HUB is not set');
  return {
    hub,
    network: source['ZONEBRIDGE_NETWORK'],
    archive: source['ZONEBRIDGE_ARCHIVE'],
    desired: source['ZONEBRIDGE_DESIRED'],
    signingKeys: source['ZONEBRIDGE_SIGNING_KEYS']?.split(',').map(Number),
    lists: source['ZONEBRIDGE_LISTS'],
    historyDays: Number(source['ZONEBRIDGE_HISTORY_DAYS'] ?? auditDefaults.historyDays),
  };
}

export const tableNames: readonly TableName[] = [
  'endpoints',
  'memberships',
  'dirty',
  'ledger',
  'control',
  'history',
];
