import type { Mutant } from './mutant.ts';
import { ofAccounts } from './of-accounts.ts';
import { ofAdoption } from './of-adoption.ts';
import { ofDelegations } from './of-delegations.ts';
import { ofDevice } from './of-device.ts';
import { ofDigests } from './of-digests.ts';
import { ofElection } from './of-election.ts';
import { ofFmc } from './of-fmc.ts';
import { ofFortimanager } from './of-fortimanager.ts';
import { ofGates } from './of-gates.ts';
import { ofHearing } from './of-hearing.ts';
import { ofHosts } from './of-hosts.ts';
import { ofImport } from './of-import.ts';
import { ofIngest } from './of-ingest.ts';
import { ofLists } from './of-lists.ts';
import { ofNetwork } from './of-network.ts';
import { ofOnboarding } from './of-onboarding.ts';
import { ofBudgets } from './of-budgets.ts';
import { ofComparison } from './of-comparison.ts';
import { ofOrders } from './of-orders.ts';
import { ofPanorama } from './of-panorama.ts';
import { ofPlan } from './of-plan.ts';
import { ofPrefixLists } from './of-prefix-lists.ts';
import { ofQualify } from './of-qualify.ts';
import { ofShared } from './of-shared.ts';
import { ofSync } from './of-sync.ts';
import { ofWatch } from './of-watch.ts';
import { ofWayBack } from './of-way-back.ts';

export const mutants: readonly Mutant[] = [
  ...ofIngest,
  ...ofDigests,
  ...ofElection,
  ...ofPlan,
  ...ofPanorama,
  ...ofPrefixLists,
  ...ofQualify,
  ...ofShared,
  ...ofSync,
  ...ofDevice,
  ...ofLists,
  ...ofFortimanager,
  ...ofNetwork,
  ...ofHosts,
  ...ofOnboarding,
  ...ofAccounts,
  ...ofBudgets,
  ...ofComparison,
  ...ofOrders,
  ...ofWatch,
  ...ofHearing,
  ...ofWayBack,
  ...ofGates,
  ...ofDelegations,
  ...ofFmc,
  ...ofAdoption,
  ...ofImport,
];
