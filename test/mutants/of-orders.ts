import type { Mutant } from './mutant.ts';

const approve = 'test/app/approvals.test.ts';
const commands = 'test/app/orders-commands.test.ts';

/** What persons order and decide. */
export const ofOrders: readonly Mutant[] = [
  {
    name: 'decision-over-approval',
    breaks: 'a rejection is written over an approval that came first',
    file: 'lib/app/state/ledger.ts',
    edits: [["same('approvalId', approved?.id)", "...(approved ? [same('approvalId', approved.id)] : [])"]],
    killers: [approve],
  },
  {
    name: 'decision-over-rejection',
    breaks: 'an approval is written over a rejection that came first',
    file: 'lib/app/state/ledger.ts',
    edits: [
      ["same('rejectedBy', rejected?.by)", "...(rejected ? [same('rejectedBy', rejected.by)] : [])"],
      ["same('rejectedAt', rejected?.at)", "...(rejected ? [same('rejectedAt', rejected.at)] : [])"],
    ],
    killers: [approve],
  },
  {
    name: 'hub-guessed',
    breaks: 'an order takes the first of two hub sections',
    file: 'lib/app/configuration/load-hub.ts',
    edits: [['|| another ||', '|| (another?.problems.length ?? 0) > 0 ||']],
    killers: [commands],
  },
  {
    name: 'nobody-quarantined',
    breaks: 'addresses that no workload has can be quarantined',
    file: 'lib/app/commands/quarantine.ts',
    edits: [['  workloadAddress(address);', "  if (address === '') workloadAddress(address);"]],
    killers: [commands],
  },
];
