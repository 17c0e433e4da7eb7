import { ZonebridgeError } from '../errors.ts';
import { digest } from '../model/content-hash.ts';
import type { CompiledGroup } from '../model/group-selection.ts';
import { unselected } from '../model/selector/requirements.ts';

/** An object of the Kubernetes API, ready to be written as YAML. */
export interface PolicyObject {
  apiVersion: string;
  kind: string;
  metadata: Record<string, unknown>;
  spec: Record<string, unknown>;
}

export interface KeepOut {
  group: CompiledGroup;
  /** What lies behind the firewalls; canonical ranges of both families, at least one. */
  destinations: readonly string[];
  /** Address families of the cluster's pods; a policy speaks of these alone. */
  families: readonly (4 | 6)[];
  /** Namespaces that have pods, and whether the group may select pods of them. For `kubernetes` alone: Calico covers all there ever are. */
  namespaces: readonly { name: string; inScope: boolean }[];
}

const labels = { 'app.kubernetes.io/managed-by': 'zonebridge' };

/**
 * Kubernetes policies that let every pod but those of the group reach everything but the destinations. They can only allow, and what another
 * policy allows stays allowed. One policy for each namespace, or for each alternative of what the group does not select in it.
 * @throws ZonebridgeError policy/not-expressible
 */
export function kubernetesPolicies({ group, destinations, families, namespaces }: KeepOut): PolicyObject[] {
  const others = unselected(group.group.select);
  if (!others && namespaces.some(({ inScope }) => inScope))
    throw new ZonebridgeError(
      'policy/not-expressible',
      `Kubernetes has no words for the pods that ${group.select.text} does not select`,
    );
  const name = objectName(group.group.name);
  const outside = families.map((family) => {
    const cidr = family === 4 ? '0.0.0.0/0' : '::/0';
    const except = destinations.filter((range) => range.includes(':') === cidr.includes(':'));
    return { ipBlock: except.length === 0 ? { cidr } : { cidr, except } };
  });
  const egress = [{ to: [...outside, { namespaceSelector: {} }] }];
  return namespaces.flatMap(({ name: namespace, inScope }) => {
    const selectors = inScope ? (others ?? []).map((matchExpressions) => ({ matchExpressions })) : [{}];
    return selectors.map((podSelector, index) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `${name}-${index + 1}`, namespace, labels },
      spec: { podSelector, policyTypes: ['Egress'], egress },
    }));
  });
}

/** Between the tier of Calico's own components and that of Kubernetes policies. */
const tierOrder = 300;
const tier = 'zonebridge';
/** Longest selector of a policy. */
const longestSelector = 1024;

/**
 * Calico policies in a tier of their own that deny the destinations to every pod but those of the group, and pass on everything else: no other
 * policy can allow it again. Needs tiers (open-source Calico 3.29). Pods alone: a selector without a namespace would take hosts, too.
 * Source: projectcalico/calico, types of policies and tiers; tigera/docs on tiered policy.
 * @throws ZonebridgeError policy/not-expressible
 */
export function calicoPolicies({
  group,
  destinations,
  families,
}: Omit<KeepOut, 'namespaces'>): PolicyObject[] {
  const { select, namespaces } = group;
  const denied = families.flatMap((family) => {
    const nets = destinations.filter((range) => range.includes(':') === (family === 6));
    return nets.length === 0 ? [] : [{ action: 'Deny', destination: { nets } }];
  });
  const egress = [...denied, { action: 'Pass' }];
  const pods = 'projectcalico.org/orchestrator == "k8s"';
  const scopes: Record<string, unknown>[] = [];
  if (namespaces?.isGlobal) scopes.push({ selector: pods });
  else {
    scopes.push({ selector: `${pods} && !(${select.text})` });
    if (namespaces) scopes.push({ selector: pods, namespaceSelector: `!(${namespaces.text})` });
  }
  if (scopes.flatMap((scope) => Object.values(scope)).some((text) => String(text).length > longestSelector))
    throw new ZonebridgeError(
      'policy/not-expressible',
      `a selector of Calico has at most ${longestSelector} characters`,
    );
  const name = objectName(group.group.name);
  return [
    {
      apiVersion: 'projectcalico.org/v3',
      kind: 'Tier',
      metadata: { name: tier },
      spec: { order: tierOrder },
    },
    ...scopes.map((scope, index) => ({
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalNetworkPolicy',
      // The prefix is required before 3.32, and allowed since.
      metadata: { name: `${tier}.${name}-${index + 1}`, labels },
      spec: { tier, order: 100, ...scope, types: ['Egress'], egress },
    })),
  ];
}

/** Different groups never share a name; one label, because Calico takes no more. */
function objectName(group: string): string {
  const plain = group
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/-$/, '');
  return `keep-out-${plain === group ? plain : `${plain}-${digest(group).slice(0, 8)}`}`;
}
