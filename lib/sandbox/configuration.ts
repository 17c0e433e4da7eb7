import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Guest } from './guest.ts';
import type { FortigateSimulator } from '../firewalls/fortigate/simulator/index.ts';

/** The account of the emulator, and the Region everything runs in. */
export const sandboxAccount = '000000000000';
export const sandboxRegion = 'eu-central-1';
export const sandboxHub = 'sandbox';
export const sandboxCluster = 'shop';
/** Ranges of the simulated nodes and pods; kwok gives pods their addresses from its own range. */
export const sandboxRanges: readonly string[] = ['10.0.0.0/8', '192.168.0.0/16', '172.16.0.0/12'];

/** The entry of a cluster as it stands in zonebridge.yaml; its key is its name, and its Region the one of the sandbox. */
export interface ClusterEntry {
  account: string;
  realm: string;
  ranges: readonly string[];
}

export const sandboxEntry: ClusterEntry = {
  account: sandboxAccount,
  realm: 'default',
  ranges: sandboxRanges,
};

export interface SandboxFirewall {
  simulator: FortigateSimulator;
  version: string;
  /** More fields of its entry, such as `realms` or `callsPerMinute`. */
  fields?: Readonly<Record<string, unknown>>;
}

/** Documents as they stand in zonebridge.yaml, by key. */
export type Groups = Record<string, Record<string, unknown>>;

export interface ConfigurationParts {
  firewalls: Record<string, SandboxFirewall>;
  groups: Groups;
  /** Firewalls of other vendors, by their ids. */
  guests?: Readonly<Record<string, Guest>>;
  /** The one cluster of the sandbox unless given. */
  clusters?: Readonly<Record<string, ClusterEntry>>;
}

/** Writes the configuration of the sandbox, each firewall in a network of its own; `more` are further sections. Returns its path. */
export async function writeConfiguration(
  directory: string,
  { firewalls, groups, guests = {}, clusters = { [sandboxCluster]: sandboxEntry } }: ConfigurationParts,
  more: Record<string, unknown> = {},
): Promise<string> {
  const ids = [...Object.keys(firewalls), ...Object.keys(guests)];
  const document = {
    hub: { name: sandboxHub, account: sandboxAccount, region: sandboxRegion, alarmEmails: [] },
    networks: Object.fromEntries(ids.map((id) => [`net-${id}`, network()])),
    clusters: Object.fromEntries(
      Object.entries(clusters).map(([key, cluster]) => [
        key,
        { ...cluster, region: sandboxRegion, cell: 'a' },
      ]),
    ),
    firewalls: Object.fromEntries([
      ...Object.entries(firewalls).map(([id, firewall]) => [id, entry(id, firewall)]),
      ...Object.entries(guests).map(([id, guest]) => [id, guestEntry(id, guest)]),
    ]),
    groups,
    // There is one person on one machine.
    approvals: { secondPerson: false },
    ...more,
  };
  const path = join(directory, 'zonebridge.yaml');
  await writeFile(path, stringify(document));
  return path;
}

function network(): Record<string, unknown> {
  return {
    vpc: 'vpc-0a1b2c3d4e5f60718',
    // In two zones, as a load balancer wants them.
    subnets: [
      { id: 'subnet-0a1b2c3d4e5f60718', availabilityZone: `${sandboxRegion}a` },
      { id: 'subnet-0a1b2c3d4e5f60719', availabilityZone: `${sandboxRegion}b` },
    ],
    securityGroups: ['sg-0a1b2c3d4e5f60718'],
    endpoints: 'existing',
    sourceRanges: ['127.0.0.1/32'],
  };
}

function entry(id: string, { simulator, version, fields }: SandboxFirewall): Record<string, unknown> {
  return {
    ...common(id, simulator),
    kind: 'fortigate',
    version,
    managedBy: 'none',
    ...fields,
  };
}

function guestEntry(id: string, { kind, simulator }: Guest): Record<string, unknown> {
  return { ...common(id, simulator), kind, ...simulator.settings };
}

function common(
  id: string,
  { caFile, port }: { caFile?: string | undefined; port?: number | undefined },
): Record<string, unknown> {
  const reached = port === undefined ? {} : { address: '127.0.0.1', port, caFile };
  return { network: `net-${id}`, realms: ['default'], ...reached };
}
