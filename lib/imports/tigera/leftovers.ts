import { quoted } from '../../core/model/quoted.ts';
import type { Finding } from './finding.ts';
import { type FoundObject, isMap } from './objects.ts';
import { policyKind, policyVersion } from './policies.ts';
import { controllerNamespace, keys, panoramaNamespace, type Value } from './settings.ts';

/** What else of the former tool is there, and has no counterpart. */
export function leftovers(objects: readonly FoundObject[], eastWest: Value | undefined): Finding[] {
  return [...eastWestOf(eastWest), ...objects.flatMap(leftoverOf)];
}

function eastWestOf(value: Value | undefined): Finding[] {
  if (!value || value.text.trim() === '') return [];
  const reason =
    'rules of a manager are not translated into policies of the cluster: leave that controller and its tier as they are';
  return [{ place: value.place, what: keys.eastWest, reason }];
}

interface Rule {
  fits: (object: FoundObject) => boolean;
  what: string;
  reason: string;
}

const groupLabel = 'tigera.io/address-group';
const egressKinds = ['EgressGateway', 'EgressGatewayPolicy'];

const rules: readonly Rule[] = [
  {
    fits: ({ kind, apiVersion }) => kind === policyKind && apiVersion !== policyVersion,
    what: `a policy that is not ${policyVersion}`,
    reason: 'read it as `kubectl get globalnetworkpolicies.projectcalico.org -o yaml` shows it',
  },
  {
    fits: ({ kind }) => kind === 'StagedGlobalNetworkPolicy',
    what: 'a staged policy',
    reason: 'the controller makes groups of policies that are in force',
  },
  {
    fits: ({ kind, namespace }) => kind === 'ConfigMap' && namespace === panoramaNamespace,
    what: 'the integration with Panorama',
    reason:
      'it takes rules and address groups of Panorama into the cluster, and writes none there: nothing to take over',
  },
  {
    fits: ({ kind, labels }) => kind === 'GlobalNetworkSet' && Object.hasOwn(labels, groupLabel),
    what: `a set with the label ${groupLabel}`,
    reason: 'it stands for an address group of a manager in translated rules; leave it to them',
  },
  {
    fits: ({ kind, labels }) => kind === 'Pod' && Object.hasOwn(labels, groupLabel),
    what: `a pod with the label ${groupLabel}`,
    reason: 'translated rules select it; make a group with that label if a firewall needs its address, too',
  },
  {
    fits: ({ kind }) => egressKinds.includes(kind),
    what: 'an egress gateway',
    reason: 'groups of egress addresses are not built yet',
  },
];

function leftoverOf(object: FoundObject): Finding[] {
  const found = rules.filter(({ fits }) => fits(object));
  const { place } = object;
  return [...found.map(({ what, reason }) => ({ place, what, reason })), ...ofDeployment(object)];
}

/** Settings that the controller takes from its environment instead of the ConfigMaps. */
const environment: Readonly<Record<string, string>> = {
  FW_POLICY_SELECTOR_EXPRESSION:
    'it may say something else than the ConfigMap: put its value there and import once more',
  FW_ADDRESS_SELECTION:
    'it may say something else than the ConfigMap: put its value there and import once more',
  FW_INSECURE_SKIP_VERIFY: 'certificates are always verified here: each firewall needs its `caFile`',
};

function ofDeployment({ kind, namespace, spec, place }: FoundObject): Finding[] {
  if (kind !== 'Deployment' || (namespace ?? controllerNamespace) !== controllerNamespace) return [];
  return environmentOf(spec).flatMap(({ name, value }) => {
    const reason = Object.hasOwn(environment, name) ? environment[name] : undefined;
    const off = name === 'FW_INSECURE_SKIP_VERIFY' && value.toLowerCase() !== 'true';
    return reason === undefined || off ? [] : [{ place, what: `environment ${quoted(name)}`, reason }];
  });
}

/** Variables with a value of their own; those that come from a ConfigMap are read there. */
function environmentOf(spec: FoundObject['spec']): { name: string; value: string }[] {
  const { template } = spec;
  const pod = isMap(template) && isMap(template['spec']) ? template['spec'] : {};
  const containers = Array.isArray(pod['containers']) ? (pod['containers'] as unknown[]) : [];
  return containers.flatMap((container) => {
    const variables =
      isMap(container) && Array.isArray(container['env']) ? (container['env'] as unknown[]) : [];
    return variables.flatMap((one) => {
      if (!isMap(one) || typeof one['name'] !== 'string' || typeof one['value'] !== 'string') return [];
      return [{ name: one['name'], value: one['value'] }];
    });
  });
}
