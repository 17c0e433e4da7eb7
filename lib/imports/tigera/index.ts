import { ZonebridgeError } from '../../core/errors.ts';
import { readDevices } from './devices.ts';
import { exampleFillIns, writeDocument } from './document.ts';
import type { FillIn, Finding } from './finding.ts';
import { firewallsOf, type ImportedFirewall } from './firewalls.ts';
import { importedGroup, type ImportedGroup, limitFillIns } from './groups.ts';
import { leftovers } from './leftovers.ts';
import type { ReadObjects } from './objects.ts';
import type { ImportOptions } from './options.ts';
import { groupOf, isPolicy, policyKind, policyLabels, policyVersion, type PolicyGroup } from './policies.ts';
import { controllerNamespace, isSettings, panoramaNamespace, readSettings } from './settings.ts';

export type { FillIn, Finding } from './finding.ts';
export type { ImportOptions } from './options.ts';
export { readAnswers, readText, type ReadObjects } from './objects.ts';

/** What has to be listed in a cluster; no Secret is among it. */
export const neededKinds = [
  { apiVersion: 'v1', kind: 'ConfigMap', namespace: controllerNamespace },
  { apiVersion: 'v1', kind: 'ConfigMap', namespace: panoramaNamespace },
  { apiVersion: 'apps/v1', kind: 'Deployment', namespace: controllerNamespace },
  { apiVersion: policyVersion, kind: policyKind, namespace: undefined },
];

/** What is listed besides, so that it can be told; the open-source edition lacks some of them, and older releases others. */
export const furtherKinds = [
  { apiVersion: 'apps/v1', kind: 'Deployment', namespace: panoramaNamespace },
  ...['Tier', 'StagedGlobalNetworkPolicy', 'GlobalNetworkSet', 'GlobalThreatFeed', 'EgressGatewayPolicy'].map(
    (kind) => ({ apiVersion: policyVersion, kind, namespace: undefined }),
  ),
  { apiVersion: 'operator.tigera.io/v1', kind: 'EgressGateway', namespace: undefined },
];

/** The new configuration, and everything that a person has to know about it. */
export interface Imported {
  yaml: string;
  firewalls: readonly ImportedFirewall[];
  groups: readonly ImportedGroup[];
  /** What is not in the configuration; never approximated. */
  notCarried: readonly Finding[];
  /** What is in it as an example or an assumption. */
  fillIn: readonly FillIn[];
  /** Policies that were read, and how many of them the controller makes groups of. */
  policies: { read: number; selected: number };
}

/**
 * Makes a configuration that yields the same groups with the same object names and members as Calico's firewall controller. Pure.
 * Throws `import/unreadable` for objects that cannot be read (nothing is imported from a part), `import/nothing-found` without its settings.
 */
export function importTigera({ objects, problems, unlisted }: ReadObjects, options: ImportOptions): Imported {
  if (problems.length > 0)
    throw new ZonebridgeError(
      'import/unreadable',
      `${problems.length} of them: ${problems.slice(0, 10).join('; ')}`,
    );
  const findings: Finding[] = unlisted.map((kind) => ({ place: 'cluster', what: kind, reason: refusedList }));
  const settings = readSettings(objects, findings);
  const devices = [
    ...readDevices('fortigate', settings.fortigates, findings),
    ...readDevices('fortimanager', settings.managers, findings),
  ];
  if (!settings.fortigates && !settings.managers)
    throw new ZonebridgeError(
      'import/nothing-found',
      `${objects.length} objects hold no list of its firewalls`,
    );
  const firewalls = firewallsOf(devices, options, findings);
  const policies = objects.filter(isPolicy);
  const { policies: selector, addresses } = settings;
  const selected = selector ? policies.filter((policy) => selector.matches(policyLabels(policy))) : [];
  const found = selected.flatMap((policy) => groupOf(policy, { ...options, findings }) ?? []);
  const groups =
    addresses === undefined
      ? []
      : unique(found, findings).flatMap(
          (from) => importedGroup(from, { firewalls, addresses, options }, findings) ?? [],
        );
  const configMaps = new Set(objects.filter(isSettings).map(({ name }) => name));
  const consumed = { policies: new Set(selected), devices, configMaps };
  const notCarried = [...findings, ...leftovers(objects, consumed, settings.eastWest)];
  const fillIn = [
    ...(options.part ? [] : exampleFillIns),
    ...firewalls.flatMap((one) => one.fillIn),
    ...groups.flatMap((one) => one.fillIn),
    ...(groups.length === 0 ? [] : limitFillIns),
  ];
  const yaml = writeDocument({ firewalls, groups, findings: notCarried }, options, fillIn);
  const counts = { read: policies.length, selected: selected.length };
  return { yaml, firewalls, groups, notCarried, fillIn, policies: counts };
}

const refusedList =
  'the cluster refuses to list them: look yourself whether there are any, nothing of them is here';

/** Two policies never fill one object: which of them the controller would take is not documented. */
function unique(read: readonly PolicyGroup[], findings: Finding[]): PolicyGroup[] {
  // A policy that was read twice, as from two files, is one.
  const found = [...new Map(read.map((one) => [JSON.stringify({ ...one, place: '' }), one])).values()];
  const byObject = Map.groupBy(found, ({ object }) => object.toLowerCase());
  return found.filter(({ object, place }) => {
    const all = byObject.get(object.toLowerCase()) ?? [];
    if (all.length === 1) return true;
    const reason = `${all.length} policies have the object ${object}; read each policy once, or tell them apart by --object`;
    findings.push({ place, what: 'a policy of the mapping', reason });
    return false;
  });
}
