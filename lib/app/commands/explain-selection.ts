import { nameReason } from '../../core/desired/memberships.ts';
import { inRanges, parseAddress } from '../../core/model/address.ts';
import { type EndpointRecord, isServiceKind } from '../../core/model/endpoint.ts';
import {
  type CompiledGroup,
  publishedAddresses,
  serviceAddressKinds,
  selectionSubject,
  type Subject,
  unresolvedNames,
} from '../../core/model/group-selection.ts';
import type { ActiveCluster } from '../state/configurations.ts';

/** Whether a group takes an endpoint, and the deciding reason in words. */
export interface SelectionVerdict {
  group: string;
  selected: boolean;
  reason: string;
  /** Addresses it publishes of the endpoint, and those it refuses with the reason. */
  addresses: readonly string[];
  refused: { address: string; reason: string }[];
}

/** Goes through the same questions as the selection itself, in its order, and stops at the one that says no. */
export function explainSelection(
  compiled: CompiledGroup,
  record: EndpointRecord,
  cluster: ActiveCluster,
): SelectionVerdict {
  const { group } = compiled;
  const no = refusal(compiled, record, cluster);
  if (no !== undefined) return { group: group.name, selected: false, reason: no, addresses: [], refused: [] };
  const published = publishedAddresses(compiled, record);
  const refused = published.flatMap((address) => {
    const reason = outside(compiled, address, cluster);
    return reason === undefined ? [] : [{ address, reason }];
  });
  const bad = new Set(refused.map(({ address }) => address));
  for (const { name, problem } of unresolvedNames(compiled, record))
    refused.push({ address: name, reason: nameReason(name, problem) });
  return {
    group: group.name,
    selected: true,
    reason: `${quotedSelector(compiled.select.text)} matches its labels`,
    addresses: published.filter((address) => !bad.has(address)).map((address) => parseAddress(address).text),
    refused,
  };
}

function refusal(
  compiled: CompiledGroup,
  record: EndpointRecord,
  cluster: ActiveCluster,
): string | undefined {
  const { clusters, select } = compiled;
  if (clusters !== undefined && !clusters.has(cluster.key))
    return `it takes endpoints of ${[...clusters].join(', ')}, not of cluster ${cluster.key}`;
  const subject = selectionSubject(record);
  const scope = outOfScope(compiled, subject);
  if (scope !== undefined) return scope;
  if (!select.matches(subject.labels))
    return `${quotedSelector(select.text)} does not match its labels ${shown(subject.labels)}`;
  return publishesNothing(compiled, record);
}

function outOfScope(compiled: CompiledGroup, subject: Subject): string | undefined {
  const { namespaces } = compiled;
  const { record, namespaceLabels } = subject;
  if (record.kind === 'node') return namespaces?.isGlobal ? undefined : aboutNode(compiled, record);
  if (namespaces === undefined) return undefined;
  if (namespaces.isGlobal) return 'its namespace selector global() takes nodes alone';
  if (namespaceLabels === undefined) return 'the labels of its namespace are not known';
  if (namespaces.matches(namespaceLabels)) return undefined;
  const selector = quotedSelector(namespaces.text);
  return `the namespace selector ${selector} does not match the labels ${shown(namespaceLabels)} of namespace ${record.namespace ?? '?'}`;
}

/** A node counts for itself under `global()` alone; elsewhere through the pods on it, which carry its addresses. */
function aboutNode({ group }: CompiledGroup, { addresses }: EndpointRecord): string {
  if (group.addresses !== 'node')
    return `it publishes the addresses of ${group.addresses}s, and this is a node`;
  const [address] = addresses;
  const look =
    address === undefined
      ? ''
      : `; \`zonebridge explain ${address}\` shows the pods on it and whether it takes them`;
  return `it publishes the addresses of nodes that run pods it selects, so the pods decide, not the node${look}`;
}

function publishesNothing(compiled: CompiledGroup, record: EndpointRecord): string | undefined {
  if (isServiceKind(record.kind)) return serviceWithout(compiled, record);
  if (record.addresses.length === 0) return 'it has no address: it waits for one, or it has ended';
  if (publishedAddresses(compiled, record).length > 0) return undefined;
  if (record.hostNetwork) return 'it runs on the network of its node and has no pod address of its own';
  return `it has no ${compiled.group.addresses} address`;
}

function serviceWithout(compiled: CompiledGroup, record: EndpointRecord): string | undefined {
  const { group } = compiled;
  if (group.addresses !== 'service')
    return `it publishes the addresses of ${group.addresses}s, and this is a ${record.kind}`;
  if (publishedAddresses(compiled, record).length + unresolvedNames(compiled, record).length > 0)
    return undefined;
  return `it has none of the addresses that the group publishes (${serviceAddressKinds(group).join(', ')})`;
}

function outside(compiled: CompiledGroup, text: string, cluster: ActiveCluster): string | undefined {
  const address = parseAddress(text);
  if (!inRanges(address, cluster.ranges))
    return `${address.text} is outside of the ranges ${cluster.ranges.texts.join(', ')} of cluster ${cluster.key}`;
  if (compiled.ranges !== undefined && !inRanges(address, compiled.ranges))
    return `${address.text} is outside of the ranges ${compiled.ranges.texts.join(', ')} of the group`;
  return undefined;
}

function quotedSelector(text: string): string {
  return `\`${text.length > 200 ? `${text.slice(0, 200)}…` : text}\``;
}

const labelsShown = 12;

function shown(labels: Readonly<Record<string, string>>): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const more = all.length > labelsShown ? `, and ${all.length - labelsShown} more` : '';
  return `{${all.slice(0, labelsShown).join(', ')}${more}}`;
}
