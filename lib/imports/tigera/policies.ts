import { isZonebridgeError } from '../../core/errors.ts';
import { compileSelector } from '../../core/model/selector/index.ts';
import { quoted } from '../../core/model/quoted.ts';
import type { Finding } from './finding.ts';
import type { FoundObject } from './objects.ts';
import { combinedSelector } from './selectors.ts';

/** A policy that stands for an address group. */
export interface PolicyGroup {
  policy: string;
  /** Name of the address group on the firewall. */
  object: string;
  select: string;
  /** Undefined for pods of any namespace. */
  namespaces: string | undefined;
  place: string;
}

export const policyVersion = 'projectcalico.org/v3';
export const policyKind = 'GlobalNetworkPolicy';
/** The server gives it to each policy. */
export const tierLabel = 'projectcalico.org/tier';

function tierOf(policy: FoundObject): string {
  const { tier } = policy.spec;
  return typeof tier === 'string' && tier !== '' ? tier : 'default';
}

/** Labels of a policy with the one that the server gives it, which files written by people lack. */
export function policyLabels(policy: FoundObject): Record<string, string> {
  return { ...policy.labels, [tierLabel]: tierOf(policy) };
}

/**
 * What a policy of the mapping selects, as a group; a finding where that cannot be said exactly.
 * Assumption: the controller takes what the policy selects, which are all of its three selectors, and no host endpoints.
 */
export function groupOf(
  policy: FoundObject,
  { objects, findings }: { objects: ReadonlyMap<string, string>; findings: Finding[] },
): PolicyGroup | undefined {
  const { name, place, spec } = policy;
  const refuse = (reason: string): undefined => {
    findings.push({ place, what: 'a policy of the mapping', reason });
    return undefined;
  };
  const ignored = ['doNotTrack', 'preDNAT'].find((field) => spec[field] === true);
  if (ignored) return refuse(`${ignored} makes it a policy of host endpoints, which selects no pods`);
  const selectors = ['selector', 'namespaceSelector', 'serviceAccountSelector'].map(
    (field) => spec[field] ?? '',
  );
  if (selectors.some((one) => typeof one !== 'string')) return refuse('one of its selectors is no text');
  const [select = '', namespaces = '', accounts = ''] = selectors.map(String);
  const object = objects.get(name) ?? objectName(name, tierOf(policy));
  if (object === undefined) return refuse(ambiguous(name, tierOf(policy)));
  try {
    const scope = namespaces.trim() === '' ? undefined : namespaces.trim();
    if (scope !== undefined && compileSelector(scope, { allowGlobal: true }).isGlobal)
      return refuse('its namespaceSelector is global(), which selects no pods');
    return { policy: name, object, select: combinedSelector(select, accounts), namespaces: scope, place };
  } catch (error) {
    if (!isZonebridgeError(error)) throw error;
    return refuse(`its selectors cannot be taken as they are: ${error.message}`);
  }
}

/** The object is called like the policy with the prefix of its tier; whether a name without one gets it depends on the release. */
function objectName(name: string, tier: string): string | undefined {
  return name.startsWith(`${tier}.`) ? name : undefined;
}

function ambiguous(name: string, tier: string): string {
  const choices = `${quoted(name, 253)} or ${quoted(`${tier}.${name}`, 300)}`;
  return `depending on the release its object is called ${choices}: look at the firewall and say it by --object`;
}

export function isPolicy({ kind, apiVersion }: FoundObject): boolean {
  return kind === policyKind && apiVersion === policyVersion;
}
