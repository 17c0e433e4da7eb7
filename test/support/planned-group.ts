import type { AddressGroup, GroupTarget } from '../../lib/core/model/address-group.ts';
import { defaultBrakes } from '../../lib/core/plan/brakes.ts';

/** Where a group goes in the tests of the plan. */
export const target: GroupTarget = {
  firewall: 'edge',
  channel: 'objects',
  create: 'own',
  mode: 'sync',
  onForeignAdd: 'remove',
};

/** A group of pods with the usual brakes. */
export const group: AddressGroup = {
  name: 'web',
  addresses: 'pod',
  select: 'all()',
  anyNamespace: true,
  usedIn: 'allow',
  maxMembers: 100,
  brakes: defaultBrakes,
  publish: [target],
};
