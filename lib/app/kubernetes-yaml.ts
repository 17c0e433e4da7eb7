import { stringify } from 'yaml';

/**
 * An object as YAML that Kubernetes' tools read as we mean it: they know YAML 1.1, to which `no`, `0b11` and `2026-01-01`, names that namespaces
 * and labels may have, are no texts unless they are quoted.
 */
export function kubernetesYaml(object: object): string {
  return stringify(object, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
}
