import type { Arming } from '../../support/hub/crash.ts';

/** Where a point plays: every point has a firewall of its own, whose id is the point's name. */
export interface Place {
  firewall: string;
  /** Port of the simulated firewall; part of its writer key and of its URLs. */
  port: number;
}

/**
 * What happens in the cluster or on the device while the crash is armed; each is also played without a crash, for the end state.
 * `change`: one pod comes, another goes, in three groups. `wide`: a pod comes with 16 addresses, which is more than one
 * transaction holds. `compare`: people edited the firewall, then it is compared.
 */
export type Story = 'change' | 'wide' | 'compare';

export interface CrashPoint {
  name: string;
  story: Story;
  /** When the process ends, in the words of docs/protocol.md. */
  when: string;
  arm(place: Place): Arming[];
  /** The message of the dead run is lost as well, as after its last try; who finishes then. */
  lost?: 'sweep' | 'next change';
}

const writerRow = ({ port }: Place): string => `"writer|fortigate:127.0.0.1:${port}"`;
const newcomer = ({ firewall }: Place): string => `"pod|${firewall}-new`;
const transaction = 'TransactWriteItems';

const ingest = (when: Arming['when'], request: readonly string[], nth = 1): Arming => ({
  function: 'IngestDeltas',
  request,
  when,
  nth,
});
const sync = (when: Arming['when'], request: readonly string[], nth = 1): Arming => ({
  function: 'SyncFirewall',
  request,
  when,
  nth,
});

const sweep = (request: readonly string[]): Arming => ({
  function: 'Sweep',
  request,
  when: 'before',
  nth: 1,
});

const ofIngest: readonly CrashPoint[] = [
  {
    name: 'flag-message',
    story: 'change',
    when: 'the woken flag is set, its message is not sent',
    arm: ({ port }) => [ingest('before', ['SendMessage', `:${port}`])],
  },
  {
    name: 'before-settle',
    story: 'change',
    when: 'ingest has read, and written nothing',
    arm: (place) => [ingest('before', [transaction, newcomer(place)])],
  },
  {
    name: 'settle-wake',
    story: 'change',
    when: 'endpoint, memberships and dirty rows are written in their one transaction, nobody is woken',
    arm: (place) => [ingest('before', ['UpdateItem', writerRow(place)])],
  },
  {
    name: 'message-answer',
    story: 'change',
    when: 'the wake-up is sent, the event is not yet deleted from its queue',
    arm: ({ port }) => [ingest('after', ['SendMessage', `:${port}`])],
  },
  {
    name: 'half-settled',
    story: 'wide',
    when: 'the first of two transactions is written, the rest is todo',
    arm: (place) => [ingest('before', [transaction, newcomer(place)], 2)],
  },
  {
    name: 'half-settled-lost',
    story: 'wide',
    when: 'the rest is todo and the event never comes again',
    arm: (place) => [ingest('before', [transaction, newcomer(place)], 2)],
    lost: 'next change',
  },
];

const ofSync: readonly CrashPoint[] = [
  {
    name: 'wake-lease',
    story: 'change',
    when: 'the wake-up is received, the lease is not taken',
    arm: (place) => [sync('before', ['UpdateItem', writerRow(place)])],
  },
  {
    name: 'lease-plan',
    story: 'change',
    when: 'the lease is taken and the flag cleared, nothing is planned',
    arm: (place) => [sync('after', ['UpdateItem', writerRow(place)])],
  },
  {
    name: 'pending-call',
    story: 'change',
    when: 'the changes are pending, the firewall is not called',
    arm: ({ firewall }) => [sync('after', [transaction, `"${firewall}|`])],
  },
  {
    name: 'between-groups',
    story: 'change',
    when: 'the firewall has the changes of two groups of three',
    arm: ({ port }) => [sync('after', ['POST', `:${port}/`, 'external-resource/dynamic'])],
  },
  {
    name: 'within-group',
    story: 'change',
    when: 'the address object is made, the group does not hold it',
    arm: ({ port }) => [sync('after', ['POST', `:${port}/`, 'cmdb/firewall/address?'])],
  },
  {
    name: 'within-wide',
    story: 'wide',
    when: 'one address object of sixteen is made',
    arm: ({ port }) => [sync('after', ['POST', `:${port}/`, 'cmdb/firewall/address?'])],
  },
  {
    name: 'call-ledger',
    story: 'change',
    when: 'the firewall has everything, the ledger says pending',
    arm: ({ firewall }) => [sync('before', ['PutItem', '-ledger"', `"${firewall}|`])],
  },
  {
    name: 'within-ledger',
    story: 'change',
    when: 'the ledger has the outcome of one group of three',
    arm: ({ firewall }) => [sync('before', ['PutItem', '-ledger"', `"${firewall}|`], 2)],
  },
  {
    name: 'ledger-dirty',
    story: 'change',
    when: 'the ledger has the outcome, the dirty row is there',
    arm: ({ firewall }) => [sync('before', ['DeleteItem', '-dirty"', `"${firewall}|`])],
  },
  {
    name: 'dirty-end',
    story: 'change',
    when: 'everything is settled, the lease is not given back',
    arm: (place) => [sync('before', ['UpdateItem', writerRow(place)], 2)],
  },
];

const ofComparison: readonly CrashPoint[] = [
  {
    name: 'within-compare',
    story: 'compare',
    when: 'one finding of several is written down',
    arm: ({ firewall }) => [
      { function: 'Reconcile', request: [transaction, `"${firewall}|`], when: 'before', nth: 2 },
    ],
  },
  {
    name: 'compare-wake',
    story: 'compare',
    when: 'all findings are written down, nobody is woken',
    arm: (place) => [
      { function: 'Reconcile', request: ['UpdateItem', writerRow(place)], when: 'before', nth: 1 },
    ],
  },
];

/** Ingest dies and its event is lost, so that it is left to the sweep, which dies as well. */
const ofSweep: readonly CrashPoint[] = [
  {
    name: 'sweep-wake',
    story: 'wide',
    when: 'the sweep has finished an endpoint, nobody is woken',
    arm: (place) => [
      ingest('before', [transaction, newcomer(place)], 2),
      // It names what it marked; for what was dirty already it asks to look everywhere.
      sweep(['UpdateItem', writerRow(place), `"${place.firewall}#`]),
    ],
    lost: 'sweep',
  },
  {
    name: 'sweep-message',
    story: 'change',
    when: 'the sweep has set the woken flag for what stayed dirty, its message is not sent',
    arm: (place) => [
      ingest('before', ['UpdateItem', writerRow(place)]),
      sweep(['SendMessage', `:${place.port}`]),
    ],
    lost: 'sweep',
  },
];

/** Every point at which a deployed function is ended. One test each. */
export const crashPoints: readonly CrashPoint[] = [...ofIngest, ...ofSync, ...ofComparison, ...ofSweep];
