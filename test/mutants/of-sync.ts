import type { Mutant } from './mutant.ts';

const races = 'test/app/races.test.ts';
const faults = 'test/app/faults.test.ts';
const overtaken = 'test/app/overtaken.test.ts';
const people = 'test/app/people.test.ts';
const approvals = 'test/app/approvals.test.ts';
const random = 'test/app/random.test.ts';
const path = 'test/app/push-path.test.ts';
const lateWalk = 'test/app/late-walk.test.ts';
const trouble = 'test/app/trouble.test.ts';
const pass = 'lib/app/sync/pass.ts';
const writers = 'lib/app/state/writers.ts';

/** From dirty rows to the ledger; the sweep. */
export const ofSync: readonly Mutant[] = [
  {
    name: 'read-back-counted-early',
    breaks: 'what was read back counts before its row says so, and once more after a crash',
    file: 'lib/app/sync/record.ts',
    edits: [['...countersItem(intended(plan)) }', '...countersItem(plan.counters) }']],
    killers: ['test/app/counters.test.ts'],
  },
  {
    name: 'ledger-after-call',
    breaks: 'a change is written down only after the firewall was called',
    file: pass,
    edits: [
      ['  const intendedAt = await recordIntent(ports, place, planned);\n', ''],
      [
        '  const reports = await callFirewall(pass, planned);\n',
        '  const reports = await callFirewall(pass, planned);\n  const intendedAt = await recordIntent(ports, place, planned);\n',
      ],
    ],
    killers: [overtaken, faults, random],
  },
  {
    name: 'outcome-of-any-intent',
    breaks: 'the outcome of one change is written over the next one that the same run has at the address',
    file: 'lib/app/sync/record.ts',
    edits: [
      [
        'const ours = asRead({ changedAt: intendedAt }, place.fence);',
        "const ours = asRead({ changedAt: intendedAt }, place.fence).filter(({ attribute }) => attribute === 'fence');",
      ],
    ],
    killers: ['test/app/repeated.test.ts'],
  },
  {
    name: 'unknown-taken-for-done',
    breaks: 'a change that the firewall does not mention counts as done',
    file: pass,
    edits: [
      [
        "outcomes.set(address, { state: 'unknown', error });",
        "outcomes.set(address, error.code === 'firewall/busy' ? { state: 'unknown', error } : { state: 'done' });",
      ],
    ],
    killers: ['test/app/unmentioned.test.ts'],
  },
  {
    name: 'read-back-skipped',
    breaks: 'an open change is not read back from the device',
    file: pass,
    edits: [
      [
        "if (base.questions.some(({ ledger }) => ledger === 'pending' || ledger === 'unknown')) {",
        "if (base.questions.some(({ ledger }) => ledger === 'unknown')) {",
      ],
    ],
    killers: [faults, random, overtaken],
  },
  {
    name: 'failure-hidden',
    breaks: 'a run whose call had an unknown outcome ends as if it went well',
    file: pass,
    edits: [
      ["if (outcome.state === 'unknown') throw outcome.error;", "if (outcome.state === 'unknown') continue;"],
    ],
    killers: [trouble, faults],
  },
  {
    name: 'dirty-cleared-too-early',
    breaks: 'the dirty row of an open change goes away',
    file: 'lib/app/sync/record.ts',
    edits: [
      [
        'const clear = [...outcomes.writes, ...settled].flatMap(',
        'const clear = [...outcomes.writes, ...settled, ...plan.changes.map(({ key }) => [key, undefined] as const)].flatMap(',
      ],
    ],
    killers: ['test/app/open-outcome.test.ts'],
  },
  {
    name: 'older-fence-writes',
    breaks: 'a run that was overtaken writes the ledger',
    file: 'lib/app/state/ledger.ts',
    edits: [
      [
        "{ attribute: 'fence', is: 'absent or <=', value: fence }",
        "{ attribute: 'fence', is: 'absent or <=', value: fence + 1_000 }",
      ],
    ],
    killers: [overtaken],
  },
  {
    name: 'dirty-cleared-blindly',
    breaks: 'a dirty row goes away although it was marked again meanwhile',
    file: 'lib/app/state/dirty.ts',
    edits: [["    if: [{ attribute: 'mark', is: '=', value: row.mark }],\n", '']],
    killers: [races, random],
  },
  {
    name: 'moved-forgotten',
    breaks: 'a later mark takes back that an address belongs to somebody else',
    file: 'lib/app/state/dirty.ts',
    edits: [["if (mark.moved) set['moved'] = true;", "set['moved'] = mark.moved === true;"]],
    killers: ['test/app/woken.test.ts'],
  },
  {
    name: 'lease-ignored',
    breaks: 'two runs hold the lease of one firewall',
    file: writers,
    edits: [
      [
        "if: [{ attribute: 'leaseUntil', is: 'absent or <', value: request.now }],",
        "if: [{ attribute: 'leaseUntil', is: 'absent or <', value: request.now + 1e12 }],",
      ],
    ],
    killers: [overtaken, races, random],
  },
  {
    name: 'fence-not-raised',
    breaks: 'a new run has the fence of the one before',
    file: writers,
    edits: [['add: { fence: 1 }, remove:', 'add: { fence: 0 }, remove:']],
    killers: [overtaken, races],
  },
  {
    name: 'lease-of-others-ended',
    breaks: 'a run that lost its lease gives away that of the next one',
    file: writers,
    edits: [["      if: [{ attribute: 'leaseUntil', is: '=', value: lease.until }],\n", '']],
    killers: [overtaken, races, trouble],
  },
  {
    name: 'woken-not-cleared',
    breaks: 'the woken flag outlives the run that it woke',
    file: writers,
    edits: [["remove: ['woken', 'wokenAt', 'probe'] },", "remove: ['probe'] },"]],
    killers: [races, path, random],
  },
  {
    name: 'woken-cleared-after',
    breaks: 'the woken flag is cleared after draining, and with it what became dirty meanwhile',
    file: writers,
    edits: [
      ["remove: ['woken', 'wokenAt', 'probe'] },", "remove: ['probe'] },"],
      [
        'await writeUnderLease(tables, lease, { set, ...stayWoken });',
        "await writeUnderLease(tables, lease, leftAlone.length > 0 ? { set, ...stayWoken } : { set, remove: ['woken', 'wokenAt'] });",
      ],
    ],
    killers: ['test/app/woken.test.ts'],
  },
  {
    name: 'woken-without-flag',
    breaks: 'every change sends a wake-up of its own',
    file: writers,
    edits: [
      [
        'if (woken.has(everything) || parts.every((part) => woken.has(firewallOfPart(part)))) return;',
        'if (woken.size > 1e9) return;',
      ],
    ],
    killers: ['test/app/woken.test.ts'],
  },
  {
    name: 'circuit-not-opened',
    breaks: 'a firewall that refuses the credentials is called again and again',
    file: 'lib/core/model/trouble.ts',
    edits: [
      ['circuitUntil: refusesAll(error) ? now + circuitMs : 0,', 'circuitUntil: refusesAll(error) ? 0 : 0,'],
    ],
    killers: [trouble, 'test/app/credentials.test.ts', faults],
  },
  {
    name: 'identity-not-compared',
    breaks: 'what was planned for one device is written to another',
    file: 'lib/app/state/identities.ts',
    edits: [['if (before.serial !== now.serial) return', 'if (before.serial === undefined) return']],
    killers: [faults, people, trouble],
  },
  {
    name: 'approval-for-ever',
    breaks: 'an approval that is over still releases',
    file: 'lib/app/sync/questions.ts',
    edits: [
      [
        'approval !== undefined && approval.until > now;',
        'approval !== undefined && approval.until > now - 1e12;',
      ],
    ],
    killers: [approvals],
  },
  {
    name: 'pause-ignored',
    breaks: 'a paused hub writes to firewalls',
    file: 'lib/app/sync/sync-firewall.ts',
    edits: [
      [
        'if (active.paused || context.firewalls.length === 0) return',
        'if (context.firewalls.length === 0) return',
      ],
    ],
    killers: ['test/app/orders.test.ts'],
  },
  {
    name: 'lost-wake-up-forgotten',
    breaks: 'the sweep does not renew a wake-up that was lost',
    file: 'lib/app/sweep/sweep.ts',
    edits: [
      [
        'return Math.abs(now - state.wokenAt) > wokenMaxAgeMs &&',
        'return Math.abs(now - state.wokenAt) > wokenMaxAgeMs * 1e9 &&',
      ],
    ],
    killers: [faults, random, races],
  },
  {
    name: 'renamed-object-made-anew',
    breaks: 'a group that a person renamed is made anew, and the renamed one keeps dead addresses',
    file: 'lib/app/sync/whose-object.ts',
    edits: [['return other === undefined ?', 'return other !== object.name ?']],
    killers: ['test/app/hand-renamed.test.ts'],
  },
  {
    name: 'renamed-object-forgotten-removal',
    breaks: 'a removal without an answer counts as done because its object was renamed meanwhile',
    file: 'lib/app/sync/pass.ts',
    edits: [['if (ownership !== undefined || shown ||', 'if (ownership === undefined || shown ||']],
    killers: ['test/app/hand-renamed.test.ts'],
  },
  {
    name: 'renamed-object-lost',
    breaks: 'members of a renamed group count as lost, so that nobody knows any more what it holds',
    file: 'lib/app/reconcile/reconcile-group.ts',
    edits: [
      ['renamed ? keysPresent(rows) : keysOf', 'renamed && rows.length < 0 ? keysPresent(rows) : keysOf'],
    ],
    killers: ['test/app/hand-renamed.test.ts'],
  },
  {
    name: 'handover-forgotten',
    breaks: 'what was written while another device took over counts as on it',
    file: 'lib/app/reconcile/lost.ts',
    edits: [['(putAt(row) >= from || deviceSince !== from)', 'deviceSince !== from']],
    killers: ['test/app/devices.test.ts'],
  },
  {
    name: 'handover-of-absent-group',
    breaks: 'a group that was away when another device took over counts as on it',
    file: 'lib/app/reconcile/lost.ts',
    edits: [['deviceSince !== from)', 'deviceSince < 0)']],
    killers: ['test/app/devices.test.ts'],
  },
  {
    name: 'other-realm-forgotten',
    breaks: 'an address leaves although another realm of the firewall wants it',
    file: 'lib/app/sync/questions.ts',
    edits: [['known.wantedBy ?? (foreign ? undefined : elsewhere)', 'known.wantedBy']],
    killers: ['test/app/devices.test.ts'],
  },
  {
    name: 'foreign-although-wanted',
    breaks: 'an address is taken off as foreign although somebody wants it by now',
    file: 'lib/app/sync/questions.ts',
    edits: [["foreign && elsewhere !== undefined ? 'absent' : entry.state", 'entry.state']],
    killers: ['test/app/devices.test.ts'],
  },
  {
    name: 'held-although-gone',
    breaks: 'what is held back from leaving counts as there although its object is not ours any more',
    file: 'lib/app/reconcile/compare.ts',
    edits: [
      [
        " && row.state === 'present' && !there",
        " && row.held.reason === 'shrink' && !comparison.observed.has(key)",
      ],
    ],
    killers: ['lib/app/reconcile/compare.test.ts'],
  },
  {
    name: 'compared-before-evaluated',
    breaks: 'a comparison adds what only the configuration before selected',
    file: 'lib/app/reconcile/evaluated.ts',
    edits: [['return !isBehind(adds, 0);', 'return adds.length > 0 || !isBehind(adds, 0);']],
    killers: [lateWalk],
  },
  {
    name: 'miscounted-emptied',
    breaks:
      'what only seems to leave empties a group of which the device has fewer members than the hub believes',
    file: 'lib/app/state/ledger.ts',
    edits: [["trouble === 'firewall/count-differs'", "trouble === ''"]],
    killers: ['test/app/object-made-anew.test.ts'],
  },
  {
    name: 'older-ledger-believed',
    breaks: 'what only an older ledger says is there counts as taken off by hand',
    file: 'lib/app/reconcile/lost.ts',
    edits: [
      [
        'return !lost && readHandover(beside[0])?.from === handover?.from',
        'return !lost || readHandover(beside[0])?.from === handover?.from',
      ],
    ],
    killers: ['test/app/ledger-put-back.test.ts'],
  },
  {
    name: 'late-removal-blamed-on-people',
    breaks: 'what a removal that came late took off counts as taken off by hand',
    file: 'lib/app/sync/record.ts',
    edits: [['putAt: putAtOf(row, now), removeSentAt: row.removeSentAt }', 'putAt: putAtOf(row, now) }']],
    killers: ['test/app/late-removal.test.ts'],
  },
  {
    name: 'late-removal-for-ever',
    breaks: 'what a person takes off comes back, because a removal of it was once uncertain',
    file: 'lib/app/reconcile/lost.ts',
    edits: [['return removeSentAt !== undefined &&', 'return removeSentAt === -1 &&']],
    killers: ['test/app/late-removal.test.ts'],
  },
  {
    name: 'unwalked-taken-off',
    breaks: 'a comparison takes off what only the walk of a new configuration will want',
    file: 'lib/app/reconcile/evaluated.ts',
    edits: [['unwanted.length > 0 && !(await', 'unwanted.length > 1_000 && !(await']],
    killers: ['test/app/late-walk.test.ts'],
  },
  {
    name: 'walk-done-at-its-beginning',
    breaks: 'a walk counts as done before it has begun',
    file: 'lib/app/state/walks.ts',
    edits: [['.length >= at.parts', '.length >= 0']],
    killers: ['test/app/late-walk.test.ts', 'lib/app/state/walks.test.ts'],
  },
  {
    name: 'older-ledger-not-noted',
    breaks: 'after a ledger was put back, what it says is there counts as taken off by hand',
    file: 'lib/app/sweep/sweep-pulses.ts',
    edits: [["if (lost.includes('ledger'))", "if (lost.includes('ledger') && from < 0)"]],
    killers: ['test/app/ledger-put-back.test.ts'],
  },
  {
    name: 'held-forgets-whose',
    breaks: 'a removal that is held after its call failed no longer says for whom the address was put there',
    file: 'lib/app/sync/record.ts',
    edits: [["change.op === 'add' ? wish : putFor(row)", "change.op === 'add' ? wish : row?.endpoint"]],
    killers: ['test/app/moved-while-held.test.ts'],
  },
  {
    name: 'refusals-apart-from-counters',
    breaks:
      'what the firewall refused is written down before the counters, which go on counting it when the run dies',
    file: 'lib/app/sync/record.ts',
    edits: [["(outcome.state === 'failed' ? refusals : writes).set", 'writes.set']],
    killers: ['test/app/refused-additions.test.ts'],
  },
  {
    name: 'dead-run-left-for-later',
    breaks:
      'after a run that died only what became dirty since is looked at, and judged by what that run never finished',
    file: 'lib/app/sync/sync-firewall.ts',
    edits: [[' || leaseUntil > 0 ? []', ' ? []']],
    killers: ['test/app/refused-additions.test.ts'],
  },
  {
    name: 'early-end-forgotten',
    breaks: 'a run that was interrupted counts as one that looked at everything',
    file: 'lib/app/sync/run-context.ts',
    edits: [['const endedEarly = failure !== undefined;', 'const endedEarly = false;']],
    killers: ['test/app/refused-additions.test.ts'],
  },
  {
    name: 'older-mark-judges',
    breaks:
      'why an address is looked at was read before, what became of it after: a removal that nobody saw counts as seen',
    file: 'lib/app/sync/questions.ts',
    edits: [['.filter(([, { key }]) => !after?.markedAgain.has(key))', '.filter(() => true)']],
    killers: [races],
  },
];
