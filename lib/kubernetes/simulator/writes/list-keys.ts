import { isObject, type Json } from '../model.ts';

/** What names the members of a list, by the list's field; lists that are not here are replaced as a whole. */
const keys: Readonly<Record<string, readonly string[]>> = {
  addresses: ['type'],
  conditions: ['type'],
  containers: ['name'],
  env: ['name'],
  ephemeralContainers: ['name'],
  hostAliases: ['ip'],
  imagePullSecrets: ['name'],
  initContainers: ['name'],
  ownerReferences: ['uid'],
  podIPs: ['ip'],
  ports: ['containerPort', 'port'],
  secrets: ['name'],
  topologySpreadConstraints: ['topologyKey'],
  volumeDevices: ['devicePath'],
  volumeMounts: ['mountPath'],
  volumes: ['name'],
};

/** The key of a list, if its members have one. */
export function listKey(field: string, members: readonly Json[]): string | undefined {
  return keys[field]?.find((key) => members.some((member) => isObject(member) && member[key] !== undefined));
}
