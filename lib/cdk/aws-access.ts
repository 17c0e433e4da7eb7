import type { Modules } from '../app/configuration/json-schema.ts';
import type { FirewallConfiguration } from '../app/configuration/model.ts';
import type { AwsRight } from '../core/firewall.ts';

export interface AwsRights {
  /** Services that the functions of a network reach because a device of theirs is a part of AWS. */
  services: readonly string[];
  reads: readonly AwsRight[];
  writes: readonly AwsRight[];
}

/** What the firewalls of a network ask for that are parts of AWS; what two of them ask for is granted once. */
export function awsRights(
  modules: Modules,
  firewalls: readonly (readonly [string, FirewallConfiguration])[],
): AwsRights {
  const found = firewalls.flatMap(([, { kind, settings }]) => modules[kind]?.awsAccess?.(settings) ?? []);
  return {
    services: [...new Set(found.map(({ service }) => service))],
    reads: once(found.flatMap(({ reads }) => reads)),
    writes: once(found.flatMap(({ writes }) => writes)),
  };
}

function once(rights: readonly AwsRight[]): AwsRight[] {
  return [...new Map(rights.map((right) => [right.sid, right])).values()];
}
