import { warnAboutSharedAddresses } from './checks/addresses.ts';
import { checkAwsAccess } from './checks/aws-access.ts';
import { checkClusters } from './checks/clusters.ts';
import { checkDelegations } from './checks/delegations.ts';
import { warnAboutGates } from './checks/gates.ts';
import { checkGroups } from './checks/groups.ts';
import { checkPairs } from './checks/pairs.ts';
import { checkReferences } from './checks/references.ts';
import { checkServedLists } from './checks/served-lists.ts';
import { checkTargets } from './checks/targets.ts';
import { warnAboutUnused } from './checks/unused.ts';
import type { Draft } from './draft.ts';
import type { Modules } from './json-schema.ts';
import type { Report } from './report.ts';

/** Everything that more than one value decides. Looks at the entries that could be read, so that all problems come at once. */
export function crossCheck(draft: Draft, modules: Modules, report: Report): void {
  checkReferences(draft, report);
  checkNetworks(draft, report);
  checkAwsAccess(draft, modules, report);
  checkPairs(draft, modules, report);
  checkClusters(draft, report);
  checkGroups(draft, report);
  checkTargets(draft, modules, report);
  checkServedLists(draft, modules, report);
  checkDelegations(draft, modules, report);
  warnAboutSharedAddresses(draft, report);
  warnAboutGates(draft, modules, report);
  warnAboutUnused(draft, report);
}

/** A gateway endpoint is nothing without route tables, and route tables are for nothing without it. */
function checkNetworks(draft: Draft, report: Report): void {
  for (const [id, { endpoints, routeTables }] of draft.networks) {
    if (endpoints === 'create' && routeTables === undefined) {
      report.problem(
        ['networks', id],
        '`routeTables` is missing: with endpoints: create the DynamoDB endpoint needs the route tables of the subnets',
      );
    }
    if (endpoints === 'existing' && routeTables !== undefined) {
      report.problem(['networks', id, 'routeTables'], 'is for endpoints: create alone; leave it out');
    }
  }
}
