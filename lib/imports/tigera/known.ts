import type { Device } from './devices.ts';
import { foreign, metadataWith, panoramaReason, soundsFormer } from './former-keys.ts';
import type { FoundObject } from './objects.ts';
import { isPolicy, tierLabel } from './policies.ts';
import { controllerNamespace, keys, panoramaNamespace } from './settings.ts';
import { each, type Entries, fields, type Known, taken } from './untold.ts';
import { environmentIn, workload } from './workload.ts';

/** What the import took, so that the rest of an object can be told. */
export interface Consumed {
  /** Policies of the mapping. */
  policies: ReadonlySet<FoundObject>;
  devices: readonly Device[];
  /** Names of the ConfigMaps of the controller that were read. */
  configMaps: ReadonlySet<string>;
}

/** What is known of an object: what was carried over, what has a reason not to be, and by omission what nobody knows. */
export function knownOf(object: FoundObject, consumed: Consumed): Known {
  const { kind, namespace = controllerNamespace } = object;
  if (isPolicy(object)) return policy(consumed.policies.has(object));
  const integration = () => ({ reason: panoramaReason });
  if (namespace === panoramaNamespace) {
    if (kind === 'ConfigMap' || kind === 'Secret') return withData(integration);
    return workloads.includes(kind) ? workload(integration, consumed.configMaps) : foreign;
  }
  if (namespace !== controllerNamespace) return kind === 'ConfigMap' ? misplaced : foreign;
  if (kind === 'ConfigMap') return withData(settingsIn(object));
  if (kind === 'Secret') return withData(secretIn(object, consumed.devices));
  const { configMaps } = consumed;
  return workloads.includes(kind) ? workload(environmentIn(configMaps), configMaps) : foreign;
}

const workloads = ['Deployment', 'StatefulSet', 'DaemonSet'];

function withData(inside: Entries): Known {
  const own = each('apiVersion kind status type immutable');
  return fields({ ...own, metadata: metadataWith(), ...each('data stringData binaryData', { inside }) });
}

function settingsIn({ name }: FoundObject): Entries {
  const known: readonly string[] = Object.values(keys);
  // Every namespace has this one, by Kubernetes itself.
  const own = name === 'kube-root-ca.crt' ? 'ca.crt' : undefined;
  return (key) => (known.includes(key) || key === own ? taken : undefined);
}

const misplaced: Known = {
  inside: (key, value) => (key === 'data' ? { inside: misplacedKey } : foreign.inside?.(key, value)),
};

function misplacedKey(key: string): Known {
  const reason = `the controller reads the namespace ${controllerNamespace} alone`;
  return soundsFormer(key) ? { reason } : taken;
}

function secretIn({ name }: FoundObject, devices: readonly Device[]): Entries {
  const reason = 'no device names it: if something else needs it, give it there; it is not read here';
  const used = devices.flatMap(({ secret }) => (secret?.name === name ? [secret.key] : []));
  return (key) => (used.includes(key) ? taken : { reason });
}

const inForce: Known = {
  reason: 'the policy is in force in the cluster, too, and stays there; the firewall has rules of its own',
};
const side = fields({
  ...each('nets notNets selector notSelector namespaceSelector ports notPorts domains'),
  services: fields(each('name namespace')),
  serviceAccounts: fields(each('names selector')),
});
const rule = fields({
  ...each('action ipVersion protocol notProtocol'),
  ...each('icmp notICMP', fields(each('type code'))),
  ...each('source destination', side),
  http: fields({ methods: taken, paths: fields(each('exact prefix')) }),
  metadata: metadataWith(),
});

/** Policies that the controller makes no groups of are the cluster's own business, but for what nobody knows. */
function policy(isMapped: boolean): Known {
  const stays = isMapped ? inForce : taken;
  const spec = fields({
    ...each('tier selector namespaceSelector serviceAccountSelector doNotTrack preDNAT'),
    ...each('order types applyOnForward performanceHints', stays),
    ...each('ingress egress', { ...stays, ...rule }),
  });
  return fields({ ...each('apiVersion kind status'), metadata: metadataWith([tierLabel]), spec });
}
