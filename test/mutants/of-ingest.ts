import type { Mutant } from './mutant.ts';

const races = 'test/app/races.test.ts';
const faults = 'test/app/faults.test.ts';
const path = 'test/app/push-path.test.ts';
const repeated = 'test/app/repeated.test.ts';
const manifests = 'test/app/manifests.test.ts';
const random = 'test/app/random.test.ts';
const memberships = 'lib/core/desired/memberships.test.ts';
const selection = 'lib/core/model/group-selection.test.ts';
const change = 'lib/app/ingest/apply-change.ts';

/** From an agent's record to dirty rows. */
export const ofIngest: readonly Mutant[] = [
  {
    name: 'turns-forgotten',
    breaks: 'what one event tells of pods that list the same address is taken at the same time',
    file: 'lib/app/ingest/turns.ts',
    edits: [['nextTurn.set(address, turn + 1)', 'nextTurn.set(address, turn)']],
    killers: ['test/app/retold.test.ts', 'lib/app/ingest/turns.test.ts'],
  },
  {
    name: 'older-record-taken',
    breaks: 'a late record overwrites a newer one',
    file: change,
    edits: [
      [
        'compareVersions(change.version, stored.version) <= 0',
        'compareVersions(change.version, stored.version) === 0',
      ],
    ],
    killers: [random, path],
  },
  {
    name: 'older-generation-taken',
    breaks: 'a function with an older configuration evaluates an endpoint that has a newer one',
    file: change,
    edits: [['stored.generation > context.active.generation', 'stored.generation < 0']],
    killers: [repeated],
  },
  {
    name: 'todo-not-finished',
    breaks: 'a repeated record does not finish what a crash left',
    file: change,
    edits: [['if (stored.todo.length > 0) {', 'if (stored.todo.length < 0) {']],
    killers: [repeated],
  },
  {
    name: 'repeat-wakes-nobody',
    breaks: 'a repeated record does not wake the firewalls again',
    file: change,
    edits: [['of group?.publish ?? []) context.marks', 'of group?.publish.slice(0, 0) ?? []) context.marks']],
    killers: [repeated],
  },
  {
    name: 'held-stays-when-claimed',
    breaks: 'what is held stays on the firewall when another pod gets the address',
    file: 'lib/app/ingest/evict.ts',
    edits: [["state !== 'absent'", "state === 'absent'"]],
    killers: ['test/app/moved-while-held.test.ts'],
  },
  {
    name: 'left-forgotten',
    breaks: 'an endpoint forgets which memberships it left',
    file: 'lib/app/ingest/settle.ts',
    edits: [['left: [...left].slice(-leftMax)', 'left: [...left].slice(0, -leftMax)']],
    killers: ['test/app/moved-while-held.test.ts'],
  },
  {
    name: 'claims-more-than-fits',
    breaks: 'a claim marks what is held of one group alone when there is room for no more',
    file: 'lib/app/ingest/evict.ts',
    edits: [['|| moved.length < there.length', '']],
    killers: ['test/app/moved-while-held.test.ts'],
  },
  {
    name: 'claims-forgotten',
    breaks: 'the claims of a removed pod are never given back',
    file: change,
    edits: [['return [...had].slice(-formerMax);', 'return [...had].slice(0, -formerMax);']],
    killers: ['test/app/tombstones.test.ts'],
  },
  {
    name: 'todo-forgotten',
    breaks: 'what does not fit into a transaction is not written down',
    file: 'lib/app/ingest/settle.ts',
    edits: [
      ['left: [...left].slice(-leftMax),\n      todo,', 'left: [...left].slice(-leftMax),\n      todo: [],'],
    ],
    killers: [repeated],
  },
  {
    name: 'settled-without-condition',
    breaks: 'an endpoint is written whoever wrote it since it was read',
    file: 'lib/app/state/endpoints.ts',
    edits: [['if: [condition] };', 'if: [condition].slice(1) };']],
    killers: [races, random],
  },
  {
    name: 'eviction-forgotten',
    breaks: 'the former owner of an address keeps it',
    file: 'lib/app/ingest/claims.ts',
    edits: [
      [
        "return newer ? { verdict: 'take', evicts: owner.endpoint } : lost;\n  }",
        "return newer ? { verdict: 'take', evicts: undefined } : lost;\n  }",
      ],
    ],
    killers: [path, races],
  },
  {
    name: 'host-network-claims',
    breaks: "a host-network pod claims its node's address",
    file: 'lib/core/model/endpoint.ts',
    edits: [["record?.kind === 'pod' && !record.hostNetwork ?", "record?.kind === 'pod' ?"]],
    killers: [manifests],
  },
  {
    name: 'host-network-published',
    breaks: "a host-network pod publishes its node's address as a pod's",
    file: 'lib/core/model/group-selection.ts',
    edits: [["record.kind === 'pod' && !record.hostNetwork ?", "record.kind === 'pod' ?"]],
    killers: [selection, memberships],
  },
  {
    name: 'namespace-not-told',
    breaks: 'a pod whose namespace is not known counts as one without labels',
    file: 'lib/core/model/group-selection.ts',
    edits: [
      [
        'if (namespace === undefined || namespaceLabels === undefined) return undefined;',
        'if (namespace === undefined) return undefined;',
      ],
    ],
    killers: [selection],
  },
  {
    name: 'built-in-label-spoofed',
    breaks: "a pod's own label passes for one that the hub gives",
    file: 'lib/core/model/group-selection.ts',
    edits: [
      ['.filter(([label]) => !builtIn.has(label))', '.filter(([label]) => label !== [...builtIn].join())'],
    ],
    killers: [selection],
  },
  {
    name: 'namespace-spoofed',
    breaks: "a namespace's label overrides its true name",
    file: 'lib/kubernetes/join.ts',
    edits: [
      ['    ...labels,\n', ''],
      ["'projectcalico.org/name': name,\n", "'projectcalico.org/name': name,\n    ...labels,\n"],
    ],
    killers: ['lib/kubernetes/join.test.ts'],
  },
  {
    name: 'outside-cluster-ranges',
    breaks: "an address outside the cluster's ranges is published",
    file: 'lib/core/desired/memberships.ts',
    edits: [
      [
        'if (inRanges(address, ranges)) return address;',
        "if (inRanges(address, ranges) || text !== '') return address;",
      ],
    ],
    killers: [memberships],
  },
  {
    name: 'outside-group-ranges',
    breaks: "an address outside the group's ranges is published",
    file: 'lib/core/desired/memberships.ts',
    edits: [['!inRanges(verdict, compiled.ranges)', "verdict.text === ''"]],
    killers: [memberships],
  },
  {
    name: 'any-epoch-taken',
    breaks: 'an agent that was replaced is still heard',
    file: 'lib/app/ingest/ingest-event.ts',
    edits: [['if (epoch === from.state.epoch) return;', 'if (epoch <= from.state.epoch) return;']],
    killers: [faults, path, races],
  },
  {
    name: 'old-event-taken',
    breaks: 'an event of thirteen hours ago is taken',
    file: 'lib/app/ingest/ingest-event.ts',
    edits: [['const eventMaxAgeMs = 12 * 60 * 60_000;', 'const eventMaxAgeMs = 13.5 * 60 * 60_000;']],
    killers: [faults, path],
  },
  {
    name: 'incomplete-manifest',
    breaks: 'a listing that lost entries removes what it does not name',
    file: 'lib/app/ingest/apply-manifest.ts',
    edits: [['manifest.entries.length !== manifest.count', 'manifest.entries.length > manifest.count']],
    killers: [manifests],
  },
  {
    name: 'differing-shard-verified',
    breaks: 'a shard that lacks something counts as verified',
    file: 'lib/app/ingest/apply-manifest.ts',
    edits: [['lacks !== undefined && lacks.length === 0', 'lacks !== undefined']],
    killers: [manifests],
  },
  {
    name: 'newer-row-removed',
    breaks: 'a manifest removes what came after it was cut',
    file: 'lib/app/ingest/shard-rows.ts',
    edits: [['row.version.sequence > cut)', 'row.version.sequence > cut + 1e9)']],
    killers: [manifests],
  },
  {
    name: 'tombstone-dropped',
    breaks: 'a removed endpoint is forgotten at once, so that a late record brings it back',
    file: 'lib/app/sweep/sweep-shard.ts',
    edits: [['- endpoint.deletedAt < tombstoneMs', '- endpoint.deletedAt < tombstoneMs - tombstoneMs']],
    killers: ['test/app/tombstones.test.ts', random],
  },
  {
    name: 'retold-takes-back',
    breaks: 'a pod that lost its address takes it from who has it when it is told again',
    file: 'lib/app/ingest/claim-addresses.ts',
    edits: [['const isNew = !had.includes(address);', 'const isNew = true;']],
    killers: ['test/app/retold.test.ts'],
  },
  {
    name: 'telling-is-a-claim',
    breaks:
      'a pod of which the hub never heard takes the address of who got it later, because it is told last',
    file: 'lib/app/ingest/claim-addresses.ts',
    edits: [['sequence: change.since ?? sequence', 'sequence: Math.max(change.since ?? 0, sequence)']],
    killers: ['test/app/retold.test.ts'],
  },
  {
    name: 'dead-told-alone',
    breaks:
      'a pod that another one took the address of is told without that one, of which the hub may not have heard',
    file: 'cluster-agent/lib/sender.ts',
    edits: [['    this.#tellLater(id);\n    this.#pending.touch', '    this.#pending.touch']],
    killers: ['cluster-agent/lib/claim-order.test.ts'],
  },
  {
    name: 'owner-of-former-epoch',
    breaks:
      'who has an address counts as older than a dead pod, because its claim is of an epoch that is over',
    file: 'lib/app/ingest/claims.ts',
    edits: [['version.epoch > owner.version.epoch', 'version.epoch < owner.version.epoch']],
    killers: ['test/app/retold.test.ts'],
  },
  {
    name: 'epoch-forgets-who-started-later',
    breaks: 'an agent that begins anew tells a dead pod and the one that has its address as equals',
    file: 'cluster-agent/lib/claim-order.ts',
    edits: [['this.note(pod, 0)', 'void pod']],
    killers: ['cluster-agent/lib/claim-order.test.ts'],
  },
  {
    name: 'listed-last-got-last',
    breaks: 'of two pods that one listing finds with the same address the one that is named last has it',
    file: 'cluster-agent/lib/claim-order.ts',
    edits: [['const cameBefore = isListed &&', 'const cameBefore = addresses.length > 9 &&']],
    killers: ['cluster-agent/lib/claim-order.test.ts'],
  },
  {
    name: 'swept-back',
    breaks: 'the sweep gives a pod the address that it lost to a living one',
    file: 'lib/app/ingest/reclaim.ts',
    edits: [['before: endpoint.record', 'before: undefined']],
    killers: ['test/app/retold.test.ts'],
  },
];
