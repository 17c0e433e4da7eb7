import { compileSelector, type Selector } from '../../core/model/selector/index.ts';
import { isZonebridgeError } from '../../core/errors.ts';
import { quoted } from '../../core/model/quoted.ts';
import type { Finding } from './finding.ts';
import type { FoundObject } from './objects.ts';

/** Where the former controller lives. */
export const controllerNamespace = 'tigera-firewall-controller';
/** Where its integration with Panorama lived. */
export const panoramaNamespace = 'tigera-firewall-integration';

const prefix = 'tigera.firewall.';
/** The keys that we know what to do with. */
export const keys = {
  policySelector: `${prefix}policy.selector`,
  addressSelection: `${prefix}addressSelection`,
  fortigates: `${prefix}fortigate`,
  managers: `${prefix}fortimgr`,
  eastWest: `${prefix}fortimanager-policies`,
} as const;

export interface Value {
  text: string;
  place: string;
}

/** What the ConfigMaps of the controller say. */
export interface Settings {
  /** Over the labels of policies; undefined when it cannot be told which policies become groups. */
  policies: Selector | undefined;
  addresses: 'pod' | 'node' | undefined;
  fortigates: Value | undefined;
  managers: Value | undefined;
  eastWest: Value | undefined;
}

/**
 * Reads the settings by their keys, whatever ConfigMap of the controller's namespace they stand in: guides rename them, and an early one put
 * all of them into one. A key that says two different things is not guessed.
 */
export function readSettings(objects: readonly FoundObject[], findings: Finding[]): Settings {
  const values = new Map<string, Value[]>();
  for (const { data, place } of objects.filter(isSettings))
    for (const [key, text] of Object.entries(data))
      values.set(key, [...(values.get(key) ?? []), { text, place }]);
  const one = (key: string) => single(key, values.get(key) ?? [], findings);
  return {
    policies: policySelector(one(keys.policySelector), findings),
    addresses: addressSelection(one(keys.addressSelection), findings),
    fortigates: one(keys.fortigates),
    managers: one(keys.managers),
    eastWest: one(keys.eastWest),
  };
}

export function isSettings({ kind, namespace = controllerNamespace }: FoundObject): boolean {
  return kind === 'ConfigMap' && namespace === controllerNamespace;
}

function single(key: string, values: readonly Value[], findings: Finding[]): Value | undefined {
  const [first, ...others] = values;
  const other = others.find(({ text }) => text.trim() !== first?.text.trim());
  if (!first || !other) return first;
  const reason = `${other.place} says something else; give only the one that the controller reads`;
  findings.push({ place: first.place, what: key, reason });
  return undefined;
}

/** Assumption: a bare name is a tier, as in an early guide of the former tool; a name alone is no selector. */
const bareTier = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

function policySelector(value: Value | undefined, findings: Finding[]): Selector | undefined {
  const what = keys.policySelector;
  if (!value) {
    findings.push({
      place: 'settings',
      what,
      reason: 'it is not there: nobody can tell which policies are groups',
    });
    return undefined;
  }
  const text = value.text.trim();
  if (text === '') {
    findings.push({ place: value.place, what, reason: 'it is empty; write all() if all policies are meant' });
    return undefined;
  }
  try {
    return compileSelector(bareTier.test(text) ? `projectcalico.org/tier == '${text}'` : text);
  } catch (error) {
    if (!isZonebridgeError(error)) throw error;
    findings.push({ place: value.place, what, reason: `it cannot be read, ${error.message}` });
    return undefined;
  }
}

function addressSelection(value: Value | undefined, findings: Finding[]): 'pod' | 'node' | undefined {
  const text = value?.text.trim();
  if (text === 'pod' || text === 'node') return text;
  const reason =
    text === undefined
      ? 'it is not there, and its default is not documented: say pod or node in the ConfigMap'
      : `it is ${quoted(text)} and neither pod nor node`;
  findings.push({ place: value?.place ?? 'settings', what: keys.addressSelection, reason });
  return undefined;
}
