import type { z } from 'zod';
import { hostsSchema } from './hosts-schema.ts';
import type { AddressGroup, BrakeSettings } from '../../core/model/address-group.ts';
import { defaultBrakes } from '../../core/plan/brakes.ts';
import type { Delegation } from '../../core/delegation/admit.ts';
import type { ConfigurationFiles } from './files.ts';
import { unknownKey } from './explain.ts';
import { withBrakes } from './brakes.ts';
import { approvalsSchema, quarantineSchema, ticketSystemSchema } from './approvals-schema.ts';
import { parseFirewall } from './firewall-entry.ts';
import type { Modules } from './json-schema.ts';
import type {
  ClusterConfiguration,
  Configuration,
  FirewallConfiguration,
  HostsConfiguration,
  HubConfiguration,
  NetworkConfiguration,
  TicketSystem,
} from './model.ts';
import { type Origin, originsOf } from './origins.ts';
import type { Report } from './report.ts';
import { delegationSchema } from './delegation-schema.ts';
import { hubSchema } from './hub-schema.ts';
import {
  brakesSchema,
  clusterSchema,
  type DocumentBrakes,
  groupSchema,
  keySchemas,
  networkSchema,
  sectionNames,
} from './schema.ts';
import { isMap, type Sources } from './source/sources.ts';

/** What could be read. An entry with a problem is missing here, but its name is in `declared`. */
export interface Draft {
  hub: HubConfiguration | undefined;
  networks: Map<string, NetworkConfiguration>;
  clusters: Map<string, ClusterConfiguration>;
  hosts: Map<string, HostsConfiguration>;
  /** Clusters and hosts that could be read. */
  origins: Map<string, Origin>;
  firewalls: Map<string, FirewallConfiguration>;
  groups: Map<string, AddressGroup>;
  delegations: Map<string, Delegation>;
  approvals: Configuration['approvals'];
  quarantine: Configuration['quarantine'];
  ticketSystems: Map<string, TicketSystem>;
  /** All names of a section, so that a reference to a faulty entry is not a second problem. */
  declared: Record<Section | 'origins', ReadonlySet<string>>;
}

type Section = 'networks' | 'clusters' | 'hosts' | 'firewalls' | 'groups' | 'delegations' | 'ticketSystems';

export interface DraftContext {
  report: Report;
  modules: Modules;
  files: ConfigurationFiles;
}

/** Reads every entry on its own, so that one faulty entry hides no problem of another. */
export async function readDraft(sources: Sources, context: DraftContext): Promise<Draft> {
  const { report } = context;
  for (const name of sources.sections.keys()) {
    const known = sectionNames.some((section) => section === name);
    if (!known) report.problem([name], unknownKey(name, sectionNames));
  }
  if (!sources.sections.has('hub'))
    report.problem(['hub'], '`hub` is missing: the account that runs everything');

  const networks = entries('networks', sources, report);
  const clusters = entries('clusters', sources, report);
  const hosts = entries('hosts', sources, report);
  const firewalls = entries('firewalls', sources, report);
  const groups = entries('groups', sources, report);
  const delegations = entries('delegations', sources, report);
  const ticketSystems = entries('ticketSystems', sources, report);
  const brakes = withBrakes(defaultBrakes, parseBrakes(sources, report));
  const declared = {
    networks: new Set(networks.keys()),
    clusters: new Set(clusters.keys()),
    hosts: new Set(hosts.keys()),
    origins: new Set([...clusters.keys(), ...hosts.keys()]),
    firewalls: new Set(firewalls.keys()),
    groups: new Set(groups.keys()),
    delegations: new Set(delegations.keys()),
    ticketSystems: new Set(ticketSystems.keys()),
  };
  const read = {
    clusters: parseAll(clusters, (value, name) => parseCluster(report, name, value)),
    hosts: parseAll(hosts, (value, name) => report.parse(hostsSchema, value, ['hosts', name])),
  };
  return {
    hub: sources.sections.has('hub')
      ? report.parse(hubSchema, sources.sections.get('hub'), ['hub'])
      : undefined,
    networks: parseAll(networks, (value, name) => report.parse(networkSchema, value, ['networks', name])),
    ...read,
    origins: originsOf(read),
    firewalls: await parseFirewalls(firewalls, context),
    groups: parseAll(groups, (value, name) => parseGroup(report, { name, value, brakes })),
    delegations: parseAll(delegations, (value, name) => parseDelegation(report, { name, value, brakes })),
    approvals: section('approvals', approvalsSchema, { sources, report }),
    quarantine: section('quarantine', quarantineSchema, { sources, report }),
    ticketSystems: parseAll(ticketSystems, (value, name) =>
      report.parse(ticketSystemSchema, value, ['ticketSystems', name]),
    ),
    declared,
  };
}

/** A section that is no map of names; undefined when it is not there, or empty, or wrong. */
function section<T>(
  name: 'approvals' | 'quarantine',
  schema: z.ZodType<T>,
  { sources, report }: { sources: Sources; report: Report },
): T | undefined {
  const value = sources.sections.get(name) ?? undefined;
  return value === undefined ? undefined : report.parse(schema, value, [name]);
}

/** Entries of a section; a name in a wrong form is reported, its entry is checked all the same. */
function entries(section: Section, sources: Sources, report: Report): Map<string, unknown> {
  const value = sources.sections.get(section) ?? {};
  if (!isMap(value)) {
    report.problem([section], 'must be a map of names and their entries');
    return new Map();
  }
  for (const name of Object.keys(value)) report.parse(keySchemas[section], name, [section, name]);
  return new Map(Object.entries(value));
}

function parseAll<T>(
  raw: ReadonlyMap<string, unknown>,
  parse: (value: unknown, name: string) => T | undefined,
) {
  const result = new Map<string, T>();
  for (const [name, value] of raw) {
    const parsed = parse(value, name);
    if (parsed !== undefined) result.set(name, parsed);
  }
  return result;
}

async function parseFirewalls(raw: ReadonlyMap<string, unknown>, context: DraftContext) {
  const result = new Map<string, FirewallConfiguration>();
  for (const [id, value] of raw) {
    const parsed = await parseFirewall(id, value, context);
    if (parsed !== undefined) result.set(id, parsed);
  }
  return result;
}

function parseCluster(report: Report, name: string, value: unknown): ClusterConfiguration | undefined {
  const parsed = report.parse(clusterSchema, value, ['clusters', name]);
  return parsed && { ...parsed, name: parsed.name ?? name };
}

function parseBrakes(sources: Sources, report: Report): DocumentBrakes | undefined {
  const value = sources.sections.get('brakes') ?? undefined;
  return value === undefined ? undefined : report.parse(brakesSchema, value, ['brakes']);
}

function parseGroup(
  report: Report,
  entry: { name: string; value: unknown; brakes: BrakeSettings },
): AddressGroup | undefined {
  const parsed: z.output<typeof groupSchema> | undefined = report.parse(groupSchema, entry.value, [
    'groups',
    entry.name,
  ]);
  if (!parsed) return undefined;
  return { ...parsed, name: entry.name, ...inherited(entry.brakes, parsed) };
}

function parseDelegation(
  report: Report,
  entry: { name: string; value: unknown; brakes: BrakeSettings },
): Delegation | undefined {
  const at = ['delegations', entry.name];
  const parsed: z.output<typeof delegationSchema> | undefined = report.parse(
    delegationSchema,
    entry.value,
    at,
  );
  return parsed && { ...parsed, name: entry.name, ...inherited(entry.brakes, parsed) };
}

/** Brakes of targets and groups, complete: what they leave out comes from the document. */
function inherited(
  document: BrakeSettings,
  { brakes: own, publish }: Pick<z.output<typeof groupSchema>, 'brakes' | 'publish'>,
): Pick<AddressGroup, 'brakes' | 'publish'> {
  const brakes = withBrakes(document, own);
  const targets = publish.map(({ brakes: ofTarget, ...target }) =>
    ofTarget === undefined ? target : { ...target, brakes: withBrakes(brakes, ofTarget) },
  );
  return { brakes, publish: targets };
}
