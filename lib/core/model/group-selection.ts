import { ZonebridgeError, isZonebridgeError } from '../errors.ts';
import { type Ranges, parseRanges } from './address.ts';
import type { AddressGroup, ServiceAddressKind } from './address-group.ts';
import { type EndpointRecord, isServiceKind, type Labels, type ResolvedName } from './endpoint.ts';
import { quoted } from './quoted.ts';
import { type Selector, compileSelector } from './selector/index.ts';

/** An address group with everything parsed, made once per configuration generation. */
export interface CompiledGroup {
  readonly group: AddressGroup;
  readonly select: Selector;
  /** Over namespace labels; undefined for `anyNamespace`. */
  readonly namespaces: Selector | undefined;
  /** Undefined for all clusters. */
  readonly clusters: ReadonlySet<string> | undefined;
  /** Undefined when the clusters' own ranges are enough. */
  readonly ranges: Ranges | undefined;
}

/**
 * Compiles an address group.
 * @throws ZonebridgeError configuration/invalid, selector/invalid or address/invalid, naming the group and the place in it
 */
export function compileGroup(group: AddressGroup): CompiledGroup {
  checkGroup(group);
  const { select, namespaces, clusters, ranges } = group;
  const compiled: CompiledGroup = {
    group,
    select: within(group, 'select', () => compileSelector(select)),
    namespaces:
      namespaces === undefined
        ? undefined
        : within(group, 'namespaces', () => compileSelector(namespaces, { allowGlobal: true })),
    clusters: clusters === undefined ? undefined : new Set(clusters),
    ranges: ranges === undefined ? undefined : within(group, 'ranges', () => parseRanges(ranges)),
  };
  if (compiled.namespaces?.isGlobal && group.addresses !== 'node') {
    throw refuse(
      group,
      `namespaces: global() selects nodes, which have no ${group.addresses} addresses; use addresses: node`,
    );
  }
  return compiled;
}

function checkGroup(group: AddressGroup): void {
  if (group.addresses === 'egress') {
    throw refuse(group, 'addresses: egress is not built yet; pod, node and service are');
  }
  if (group.serviceAddresses !== undefined && group.addresses !== 'service') {
    throw refuse(group, 'serviceAddresses is for addresses: service alone');
  }
  if ((group.namespaces === undefined) === (group.anyNamespace === undefined)) {
    throw refuse(group, 'says neither or both of namespaces and anyNamespace; exactly one is needed');
  }
  // Names are parts of keys that are taken apart at this character.
  if (group.name === '' || group.name.includes('|')) throw refuse(group, 'the name is empty or holds |');
}

function refuse(group: AddressGroup, message: string): ZonebridgeError {
  return new ZonebridgeError('configuration/invalid', `group ${quoted(group.name)}: ${message}`, {
    fields: { group: group.name },
  });
}

/** Adds the group and the place to what went wrong in it. */
function within<T>(group: AddressGroup, place: string, compile: () => T): T {
  try {
    return compile();
  } catch (cause) {
    if (!isZonebridgeError(cause)) throw cause;
    throw new ZonebridgeError(cause.code, `group ${quoted(group.name)}, ${place}: ${cause.message}`, {
      cause,
      fields: { ...cause.fields, group: group.name, place },
    });
  }
}

/** A record as selectors see it. */
export interface Subject {
  readonly record: EndpointRecord;
  readonly labels: Labels;
  /** Undefined for a node, and for a pod whose namespace the agent did not tell. */
  readonly namespaceLabels: Labels | undefined;
}

/** Labels that say what an object is. A label of this name that somebody put on the object never counts. */
const namespaceLabel = 'projectcalico.org/namespace';
const serviceAccountLabel = 'projectcalico.org/serviceaccount';
const orchestratorLabel = 'projectcalico.org/orchestrator';
const builtIn = new Set([namespaceLabel, serviceAccountLabel, orchestratorLabel]);

/** Prepares a record for selection by many groups: its labels with the built-in ones in place of the user's. */
export function selectionSubject(record: EndpointRecord): Subject {
  const own = Object.entries(record.labels).filter(([label]) => !builtIn.has(label));
  if (record.kind === 'node') return { record, labels: Object.fromEntries(own), namespaceLabels: undefined };
  const { namespace, serviceAccount } = record;
  // Calico gives this label to workloads; a service is none.
  const given: [string, string][] = record.kind === 'pod' ? [[orchestratorLabel, 'k8s']] : [];
  if (namespace !== undefined) given.push([namespaceLabel, namespace]);
  if (serviceAccount !== undefined) given.push([serviceAccountLabel, serviceAccount]);
  return {
    record,
    labels: Object.fromEntries([...own, ...given]),
    namespaceLabels: namespaceLabels(record),
  };
}

/**
 * A missing answer is not an empty answer: without its namespace's labels a pod would match every selector that asks for
 * the absence of one, so it matches none.
 */
function namespaceLabels({ namespace, namespaceLabels }: EndpointRecord): Labels | undefined {
  if (namespace === undefined || namespaceLabels === undefined) return undefined;
  return {
    ...namespaceLabels,
    'kubernetes.io/metadata.name': namespace,
    'projectcalico.org/name': namespace,
  };
}

/**
 * True when a group selects an endpoint of a cluster, whatever addresses it has. Pods: their namespace must match, or the group
 * waives it; services and ingresses likewise. Nodes: only when the namespace selector is `global()`, which in turn selects nothing else.
 */
export function selects(compiled: CompiledGroup, record: EndpointRecord, clusterName: string): boolean {
  return selectsSubject(compiled, selectionSubject(record), clusterName);
}

/** {@link selects} for a record that many groups look at. */
export function selectsSubject(compiled: CompiledGroup, subject: Subject, clusterName: string): boolean {
  if (compiled.clusters !== undefined && !compiled.clusters.has(clusterName)) return false;
  return inScope(compiled, subject) && compiled.select.matches(subject.labels);
}

/** Whether a group looks at pods of this one's cluster and namespace at all, whatever their own labels are. */
export function scopeOf(compiled: CompiledGroup, record: EndpointRecord, clusterName: string): boolean {
  return compiled.clusters?.has(clusterName) !== false && inScope(compiled, selectionSubject(record));
}

function inScope({ namespaces }: CompiledGroup, { record, namespaceLabels }: Subject): boolean {
  if (record.kind === 'node') return namespaces?.isGlobal ?? false;
  if (namespaces === undefined) return true;
  return !namespaces.isGlobal && namespaceLabels !== undefined && namespaces.matches(namespaceLabels);
}

/**
 * The addresses that a selected endpoint brings into a group, as the record gives them.
 *
 * - An endpoint without an address of its own brings nothing, not even its node's: a pod that waits or has ended runs nowhere.
 * - `pod`: the pod's own. A host-network pod has its node's address, which belongs to everything else there, and brings nothing.
 * - `node`: the addresses of the node a pod runs on (also a host-network pod), or the node's own.
 * - `service`: of a service or ingress the addresses of its load balancer, or those that `serviceAddresses` names.
 */
export function publishedAddresses({ group }: CompiledGroup, record: EndpointRecord): readonly string[] {
  if (group.addresses === 'service') return serviceAddresses(group, record);
  if (record.addresses.length === 0) return [];
  if (group.addresses === 'node') {
    return record.kind === 'node' ? record.addresses : (record.nodeAddresses ?? []);
  }
  return group.addresses === 'pod' && record.kind === 'pod' && !record.hostNetwork ? record.addresses : [];
}

function serviceAddresses(group: AddressGroup, record: EndpointRecord): readonly string[] {
  if (!isServiceKind(record.kind)) return [];
  const kinds = serviceAddressKinds(group);
  return [
    ...(kinds.includes('load-balancer') ? balancerAddresses(record) : []),
    ...(kinds.includes('external') ? (record.externalAddresses ?? []) : []),
    ...(kinds.includes('cluster') ? (record.clusterAddresses ?? []) : []),
  ];
}

function balancerAddresses({ addresses, resolved = [] }: EndpointRecord): readonly string[] {
  return [...addresses, ...resolved.flatMap((one) => one.addresses)];
}

/** Which addresses of a service the group wants; none unless it is a group of services. */
export function serviceAddressKinds(
  group: Pick<AddressGroup, 'addresses' | 'serviceAddresses'>,
): readonly ServiceAddressKind[] {
  return group.addresses === 'service' ? (group.serviceAddresses ?? ['load-balancer']) : [];
}

/** Host names of a selected endpoint behind which no address is known, each with the reason if there is one; firewalls get addresses alone. */
export function unresolvedNames(
  { group }: CompiledGroup,
  { hostNames = [], resolved = [] }: EndpointRecord,
): Pick<ResolvedName, 'name' | 'problem'>[] {
  if (!serviceAddressKinds(group).includes('load-balancer')) return [];
  return hostNames.flatMap((name) => {
    const found = resolved.find((one) => one.name === name);
    return found && found.addresses.length > 0 ? [] : [{ name, problem: found?.problem }];
  });
}
