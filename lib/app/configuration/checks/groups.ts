import { holdsPrefix, parseRanges } from '../../../core/model/address.ts';
import type { AddressGroup } from '../../../core/model/address-group.ts';
import { compileSelector } from '../../../core/model/selector/index.ts';
import type { Draft } from '../draft.ts';
import type { Report } from '../report.ts';

/** What decides within one group whether it can work. */
export function checkGroups(draft: Draft, report: Report): void {
  for (const group of draft.groups.values()) {
    checkKind(group, report);
    checkScope(group, report);
    checkHosts(group, draft, report);
    checkModes(group, report);
    checkRanges(group, draft, report);
    if (group.owner === undefined)
      report.warning(['groups', group.name], 'has no owner: nobody is asked at review');
  }
}

function checkKind({ name, addresses, serviceAddresses = [] }: AddressGroup, report: Report): void {
  const at = ['groups', name];
  if (addresses === 'egress')
    report.problem(
      [...at, 'addresses'],
      'addresses: egress is not built yet; pod, node and service can be published so far',
    );
  if (serviceAddresses.length > 0 && addresses !== 'service')
    report.problem(
      [...at, 'serviceAddresses'],
      `is for addresses: service; ${addresses} addresses are published here`,
    );
  for (const [index, kind] of serviceAddresses.entries()) {
    if (serviceAddresses.indexOf(kind) < index)
      report.problem([...at, 'serviceAddresses', index], `${kind} is listed twice`);
  }
}

/** The selectors themselves were read with the fields. */
function checkScope(group: AddressGroup, report: Report): void {
  const at = ['groups', group.name];
  const { namespaces } = group;
  if (namespaces === undefined && group.anyNamespace === undefined) {
    report.problem(
      at,
      'names no namespaces: give a selector in `namespaces`, or `anyNamespace: true` to waive it',
    );
  }
  if (namespaces === undefined) return;
  if (group.anyNamespace === true) {
    report.problem([...at, 'anyNamespace'], 'contradicts `namespaces`: leave one of the two out');
  }
  if (group.addresses !== 'node' && compileSelector(namespaces, { allowGlobal: true }).isGlobal) {
    report.problem(
      [...at, 'namespaces'],
      `global() selects nodes, which have no ${group.addresses} addresses; use \`addresses: node\``,
    );
  }
}

/** Hosts are nodes, and lie in no namespace: a group of hosts alone that asks for anything else would stay empty. */
function checkHosts(
  { name, addresses, clusters = [], namespaces }: AddressGroup,
  draft: Draft,
  report: Report,
): void {
  if (clusters.length === 0 || !clusters.every((key) => draft.declared.hosts.has(key))) return;
  const at = ['groups', name];
  if (addresses !== 'node')
    report.problem([...at, 'addresses'], `hosts have no ${addresses} addresses; use \`addresses: node\``);
  else if (namespaces === undefined || !compileSelector(namespaces, { allowGlobal: true }).isGlobal)
    report.problem(at, 'hosts lie in no namespace; use `namespaces: global()`');
}

function checkModes(group: AddressGroup, report: Report): void {
  if (group.addresses !== 'pod') return;
  for (const [index, { mode }] of group.publish.entries()) {
    if (mode !== 'add-only') continue;
    const message =
      'add-only would keep addresses that belong to other pods within seconds; use sync or observe';
    report.problem(['groups', group.name, 'publish', index, 'mode'], message);
  }
}

/** A range outside every range of the group's clusters could never let an address through. */
function checkRanges(group: AddressGroup, draft: Draft, report: Report): void {
  const names = group.clusters ?? [...draft.declared.clusters];
  const clusters = names.flatMap((name) => draft.origins.get(name) ?? []);
  if (clusters.length < names.length) return;
  const allowed = parseRanges(clusters.map(({ ranges }) => ranges).flat());
  for (const [index, range] of (group.ranges ?? []).entries()) {
    if (holdsPrefix(allowed, range)) continue;
    const message = `${range} is not inside a range of the group's clusters (${allowed.texts.join(', ')})`;
    report.problem(['groups', group.name, 'ranges', index], message);
  }
}
