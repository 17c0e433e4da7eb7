import type { Delegation } from '../../../core/delegation/admit.ts';
import type { AddressGroup } from '../../../core/model/address-group.ts';
import type { Draft } from '../draft.ts';
import type { Modules } from '../json-schema.ts';
import type { Report } from '../report.ts';
import { checkGroups } from './groups.ts';
import { checkGroupReferences } from './references.ts';
import { checkTargets } from './targets.ts';

/** A delegation has to be as good as the groups that come of it: everything that is asked of a group is asked of one of them. */
export function checkDelegations(draft: Draft, modules: Modules, report: Report): void {
  const samples = [...draft.delegations].map(([name, one]) => [name, sampleOf(name, one)] as const);
  const asGroups = { ...draft, groups: new Map(samples) };
  const found = report.of('delegations', 'groups');
  checkGroupReferences(asGroups, found);
  checkGroups(asGroups, found);
  checkTargets(asGroups, modules, found);
}

function sampleOf(name: string, delegation: Delegation): AddressGroup {
  const { clusters, namespaces, usedIn, maxMembers, ranges, brakes, publish } = delegation;
  return {
    name,
    addresses: 'pod',
    select: 'all()',
    namespaces,
    ...(clusters === undefined ? {} : { clusters }),
    usedIn: usedIn[0] ?? 'allow',
    maxMembers,
    owner: name,
    ...(ranges === undefined ? {} : { ranges }),
    brakes,
    publish,
  };
}
