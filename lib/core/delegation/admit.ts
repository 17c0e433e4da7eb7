import { z } from 'zod';
import { isZonebridgeError } from '../errors.ts';
import type { AddressGroup, BrakeSettings, GroupTarget, SelectorSource } from '../model/address-group.ts';
import { compileSelector } from '../model/selector/index.ts';
import { type GroupRequest, groupSpec } from './request.ts';

/** What the platform lets namespaces publish by themselves. */
export interface Delegation {
  name: string;
  /** Keys of clusters; all when left out. */
  clusters?: readonly string[] | undefined;
  /** Over the labels of namespaces. */
  namespaces: SelectorSource;
  /** Names of their groups begin with it. */
  prefix: string;
  usedIn: readonly ('allow' | 'deny')[];
  /** Of each group. */
  maxMembers: number;
  /** Of each namespace. */
  maxGroups: number;
  /** Addresses outside are never published. */
  ranges?: readonly string[] | undefined;
  brakes: BrakeSettings;
  /** Firewalls they may name, each with how a group is kept there. */
  publish: readonly GroupTarget[];
}

/** Why a resource was accepted or not, as a condition of Kubernetes has it. */
export type Reason =
  | 'Accepted'
  | 'NamespaceNotAllowed'
  | 'FirewallNotAllowed'
  | 'UseNotAllowed'
  | 'TooManyGroups'
  | 'TooManyMembers'
  | 'InvalidSpec'
  | 'NameNotPossible';

export interface Verdict {
  cluster: string;
  request: GroupRequest;
  reason: Reason;
  message: string;
  /** Set when it was accepted. */
  group: AddressGroup | undefined;
  /** The one that its namespace has; undefined when there is none. */
  delegation: Delegation | undefined;
}

export interface Admission {
  delegations: readonly Delegation[];
  /** Names of groups of the configuration itself. */
  taken: ReadonlySet<string>;
  /** Resources by the key of their cluster. */
  requests: ReadonlyMap<string, readonly GroupRequest[]>;
  /** Groups of resources that are there already, whatever became of their resources: each one takes a place of its namespace. */
  active: readonly AddressGroup[];
}

/** Longest name of a group, and its form. */
const groupName = /^[a-z0-9][a-z0-9.-]{0,62}$/;

/**
 * Judges every AddressGroup resource: which may be groups, and why not. The first delegation whose namespaces match decides. A group takes
 * addresses of pods of its own namespace and cluster and of no other, whatever its selector says. What is a group already
 * keeps its place, the oldest of the others come next: nobody gets one more by asking for what is refused, or by a deletion that waits. Nothing
 * depends on the order in which resources are told.
 */
export function admit({ delegations, taken, requests, active }: Admission): Verdict[] {
  const compiled = delegations.map((one) => ({ one, selector: compileSelector(one.namespaces) }));
  return [...requests]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([cluster, all]) => {
      const own = active.flatMap(({ resource }) => (resource?.cluster === cluster ? resource : []));
      const wished = new Set(all.map(placeOf));
      const counts = new Map<string, number>();
      const count = ({ namespace }: { namespace: string }) =>
        counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
      // Those whose resource is gone, until they have left.
      for (const resource of own) if (!wished.has(placeOf(resource))) count(resource);
      const there = new Set(own.map(placeOf));
      const byTurn = (a: GroupRequest, b: GroupRequest): number =>
        Number(there.has(placeOf(b))) - Number(there.has(placeOf(a))) || byAge(a, b);
      return all.toSorted(byTurn).map((request) => {
        const found = compiled.find(
          ({ one, selector }) =>
            (one.clusters?.includes(cluster) ?? true) && selector.matches(request.namespaceLabels),
        )?.one;
        const place = { cluster, request, taken };
        const verdict = judge(found, place, counts.get(request.namespace) ?? 0);
        if (verdict.group || there.has(placeOf(request))) count(request);
        return verdict;
      });
    });
}

function placeOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

function byAge(a: GroupRequest, b: GroupRequest): number {
  return a.created - b.created || (a.uid < b.uid ? -1 : 1);
}

interface Place {
  cluster: string;
  request: GroupRequest;
  taken: ReadonlySet<string>;
}

function judge(delegation: Delegation | undefined, place: Place, before: number): Verdict {
  const { cluster, request } = place;
  const no = (reason: Reason, message: string): Verdict => ({
    cluster,
    request,
    reason,
    message,
    group: undefined,
    delegation,
  });
  if (delegation === undefined)
    return no('NamespaceNotAllowed', 'no delegation of the platform lets this namespace publish');
  const { maxGroups, maxMembers, prefix, publish, ranges, brakes } = delegation;
  const read = groupSpec.safeParse(request.spec);
  if (!read.success) return no('InvalidSpec', z.prettifyError(read.error).slice(0, 300));
  const { selector, firewalls, usedIn, maxMembers: size } = read.data;
  const fault = selectorFault(selector);
  if (fault !== undefined) return no('InvalidSpec', fault);
  const foreign = firewalls.find((id) => !publish.some(({ firewall }) => firewall === id));
  if (foreign !== undefined) {
    const allowed = publish.map(({ firewall }) => firewall).join(', ');
    return no('FirewallNotAllowed', `${foreign} is none of the firewalls it may name: ${allowed}`);
  }
  if (!delegation.usedIn.includes(usedIn))
    return no('UseNotAllowed', `usedIn may be ${delegation.usedIn.join(' or ')}`);
  if (size > maxMembers) return no('TooManyMembers', `maxMembers may be ${maxMembers} at most`);
  if (before >= maxGroups)
    return no(
      'TooManyGroups',
      `a namespace may have ${maxGroups}; those that are there count, then the oldest`,
    );
  const name = `${prefix}${cluster}.${request.namespace}.${request.name}`;
  if (!groupName.test(name))
    return no('NameNotPossible', `the group would be called ${name}, more than 63 characters`);
  if (place.taken.has(name)) return no('NameNotPossible', `${name} is a group of the platform`);
  const group: AddressGroup = {
    name,
    addresses: 'pod',
    select: selector,
    // The API server itself sets this label, and nobody can set another one.
    namespaces: `kubernetes.io/metadata.name == '${request.namespace}'`,
    clusters: [cluster],
    usedIn,
    ...(ranges === undefined ? {} : { ranges }),
    maxMembers: size,
    owner: `${cluster}/${request.namespace}`,
    brakes,
    resource: { uid: request.uid, cluster, namespace: request.namespace, name: request.name },
    publish: publish.filter(({ firewall }) => firewalls.includes(firewall)),
  };
  return { cluster, request, reason: 'Accepted', message: `published as ${name}`, group, delegation };
}

function selectorFault(selector: z.output<typeof groupSpec>['selector']): string | undefined {
  try {
    compileSelector(selector);
    return undefined;
  } catch (error) {
    if (isZonebridgeError(error)) return `the selector cannot be read: ${error.message}`.slice(0, 300);
    throw error;
  }
}
