import { ZonebridgeError } from '../../../lib/core/errors.ts';
import type { Drill } from '../drill.ts';
import type { DrillHub } from '../support/drill-hub.ts';

const ingest = 'zonebridge-test-ingest';

function stateFails(hub: DrillHub): void {
  hub.stateFault = () => {
    throw new ZonebridgeError('store/unavailable', 'DynamoDB did not answer');
  };
}

/** A function's way to the state swallows what it sends: Lambda ends it at its time-out. */
function stateHangs(hub: DrillHub, place: string): void {
  hub.stateFault = async () => {
    if (hub.host.running === place) await hub.host.waitForEver();
  };
}

/** Fails what one function asks of the state; all others go on. */
function stateRefuses(hub: DrillHub, place: string): void {
  hub.stateFault = () => {
    if (hub.host.running === place) throw new ZonebridgeError('store/unavailable', 'DynamoDB did not answer');
  };
}

function stateAnswers(hub: DrillHub): void {
  hub.stateFault = undefined;
}

function lost(alarm: string, fault: string, target: string): Drill {
  return {
    alarm,
    fault,
    start: ({ undeliverable }) => void undeliverable.add(target),
    minutes: 20,
  };
}

async function archiveFails(hub: DrillHub): Promise<void> {
  hub.archive.beforeCreate = () => {
    throw new ZonebridgeError('store/unavailable', 'S3 did not answer');
  };
  await hub.pods(['d', '10.1.0.4']);
}

const answers = 'Hub/AnswersAnswerApprovalFunction';

/** Functions that are called by nobody's schedule. */
const calledFor: Record<string, (hub: DrillHub) => Promise<void>> = {
  [answers]: (hub) => hub.answer(),
  'Network-lan/RotationRotateCredentialFunction': (hub) => hub.rotate(),
};

/** Faults of queues, functions and the state. */
export const plumbingDrills: Drill[] = [
  {
    alarm: 'audit-behind-archive',
    fault: 'the archive takes nothing',
    start: archiveFails,
    minutes: 30,
    mend: ({ archive }) => void (archive.beforeCreate = undefined),
  },
  {
    alarm: 'dead-letters-audit',
    fault: 'the archive takes nothing for a day',
    start: async (hub) => {
      await archiveFails(hub);
      await hub.minutes(1);
      await hub.world.clock.sleep(23 * 60 * 60_000);
    },
    minutes: 5,
  },
  {
    alarm: 'ingest-behind-queue',
    fault: 'ingest gets no invocation',
    start: ({ host }) => void host.throttled.add('Hub/IngestDeltasFunction'),
    minutes: 12,
    mend: ({ host }) => host.throttled.clear(),
  },
  {
    alarm: 'dead-letters-ingest',
    fault: 'the state does not answer for an hour',
    start: stateFails,
    minutes: 60,
  },
  lost('dead-letters-undelivered', 'the bus may not send to the ingest queue', ingest),
  lost('dead-letters-undelivered', 'the scheduler may not invoke the sweep', 'Hub/SweepFunction'),
  lost(
    'dead-letters-undelivered-lan',
    'the schedule may not ask for comparisons',
    'zonebridge-test-reconcile-lan',
  ),
  {
    alarm: 'dead-letters-wake-lan',
    fault: 'a firewall is away for a day',
    start: async (hub) => {
      hub.world.device.fault = () => {
        throw new ZonebridgeError('firewall/unreachable', 'no answer within 5 s');
      };
      await hub.pods(['d', '10.1.0.4']);
      // A day takes long enough without what has nothing to do with this queue.
      hub.host.throttled.add('Hub/SweepFunction').add('Hub/IngestDeltasFunction');
      for (const agent of Object.values(hub.agents)) agent.silent = true;
    },
    minutes: 1440,
  },
  {
    alarm: 'dead-letters-answers',
    fault: 'the state does not take the answer of a ticket system',
    start: async (hub) => {
      stateRefuses(hub, answers);
      await hub.answer();
    },
    minutes: 60,
  },
  {
    alarm: 'dead-letters-reconcile-lan',
    fault: 'the state does not answer comparisons',
    start: stateFails,
    minutes: 60,
  },
  ...Object.entries({
    'ingest-deltas': 'Hub/IngestDeltasFunction',
    'archive-changes': 'Hub/AuditArchiveChangesFunction',
    sweep: 'Hub/SweepFunction',
    'sync-firewall-lan': 'Network-lan/SyncFirewallFunction',
    'reconcile-firewall-lan': 'Network-lan/ReconcileFirewallFunction',
    'serve-lists-edge': 'Network-lan/ListsedgeServeListsFunction',
    'answer-approval': answers,
    'publish-desired': 'Hub/DesiredPublishDesiredFunction',
    'tell-hosts': 'Hub/HostsTellHostsFunction',
    'onboard-clusters': 'Hub/OnboardingOnboardClustersFunction',
    'resolve-names': 'Hub/NamesResolveNamesFunction',
    'rotate-credential-lan': 'Network-lan/RotationRotateCredentialFunction',
  }).map(
    ([name, place]): Drill => ({
      alarm: `function-errors-${name}`,
      fault: 'it gets no answer from the state and runs out of time',
      start: async (hub) => {
        stateHangs(hub, place);
        await hub.pods(['d', '10.1.0.4']);
        await calledFor[place]?.(hub);
      },
      minutes: 60,
      mend: stateAnswers,
    }),
  ),
];
