import type { Mutant } from './mutant.ts';

const answer = 'lib/app/ingest/answer-gates.ts';
const gates = 'test/app/gates.test.ts';
const keeper = 'cluster-agent/lib/gate-keeper.test.ts';

/** Ways in which a pod could count as let through when it is not, or wait for ever. */
export const ofGates: readonly Mutant[] = [
  {
    name: 'gate-opened-while-dirty',
    breaks: 'a pod counts as published while a removal of its address may be under way',
    file: answer,
    edits: [['dirty[index] === undefined &&', '(dirty[index] === undefined || true) &&']],
    killers: [gates],
  },
  {
    name: 'gate-opened-without-firewall',
    breaks: 'a pod counts as published when nothing is to be written, whatever the firewall has confirmed',
    file: answer,
    edits: [["readLedger(ledger[index]).state === 'present'", 'ledger.length > 0']],
    killers: [gates],
  },
  {
    name: 'gate-shut-opens',
    breaks: 'a pod whose gate shall stay shut counts as ready when its time is over',
    file: 'lib/core/gates/gate.ts',
    edits: [["rule.whenLate === 'open'", 'rule.whenLate !== undefined']],
    killers: [keeper],
  },
  {
    name: 'gate-of-another-state',
    breaks: 'a pod counts as published with an address or labels that it had before',
    file: answer,
    edits: [['contentHash !== hash ||', "contentHash === '' || hash === '' ||"]],
    killers: [gates],
  },
  {
    name: 'gate-of-an-older-generation',
    breaks: 'a pod counts as published that was not evaluated under the active configuration',
    file: answer,
    edits: [['generation < active.generation', 'generation < active.generation - 1']],
    killers: [gates],
  },
  {
    name: 'gate-of-a-refused-address',
    breaks: 'a pod counts as published whose address is left out',
    file: answer,
    edits: [['[todo, refused, expired]', '[todo, refused.slice(0, 0), expired]']],
    killers: [gates],
  },
  {
    name: 'gate-never-let-go',
    breaks: 'a pod waits for ever for a hub that does not answer',
    file: 'cluster-agent/lib/gate-keeper.ts',
    edits: [['await this.#letGo();', 'if (this.#waiting.size < 0) await this.#letGo();']],
    killers: [keeper],
  },
  {
    name: 'gate-without-back-off',
    breaks: 'without the right each late pod is written twice a second',
    file: 'cluster-agent/lib/gate-keeper.ts',
    edits: [
      ['&& writeAt <= now)', ')'],
      ['Math.max(waiting.writeAt, this.#restUntil)', 'this.#restUntil'],
    ],
    killers: [keeper],
  },
  {
    name: 'gate-without-retry-after',
    breaks: 'gates are written while the API asks to be left alone',
    file: 'cluster-agent/lib/gate-keeper.ts',
    edits: [['Math.max(waiting.writeAt, this.#restUntil)', 'waiting.writeAt']],
    killers: [keeper],
  },
  {
    name: 'gate-place-kept-by-unknown-pods',
    breaks: 'pods whose namespace is not known take the places of a question from the others',
    file: 'cluster-agent/lib/gate-keeper.ts',
    edits: [['([, { askAt }]) => askAt <= now);', '([, { askAt }]) => askAt <= now).slice(0, gatesMost);']],
    killers: [keeper],
  },
  {
    name: 'gate-of-a-changed-pod',
    breaks: 'an answer for what a pod was before opens its gate',
    file: 'cluster-agent/lib/gate-keeper.ts',
    edits: [
      ['this.#waiting.has(uid) && this.#hashOf(uid) === hash', 'this.#waiting.has(uid) && hash.length > 0'],
    ],
    killers: [keeper],
  },
  {
    name: 'given-up-published',
    breaks: 'an AddressGroup is published although the firewall refused a member',
    file: 'lib/app/sync/object-news.ts',
    edits: [["if (missing !== objectRow.missing) news['missing'] = missing;", '']],
    killers: ['test/app/group-statuses.test.ts'],
  },
  {
    name: 'restored-counted-twice',
    breaks: 'a comparison that ran beside a restore counts what is back as taken off',
    file: 'lib/app/commands/restore.ts',
    edits: [['add: { revision: 1 }', 'add: { revision: 0 }']],
    killers: ['test/app/people.test.ts'],
  },
  {
    name: 'taken-off-published',
    breaks: 'an AddressGroup is published although a person took a member off',
    file: 'lib/app/reconcile/reconcile-group.ts',
    edits: [
      [
        '.filter(({ row }) => isGivenUp(row)).length + removed',
        '.filter(({ row }) => isGivenUp(row)).length',
      ],
    ],
    killers: ['test/app/group-statuses.test.ts'],
  },
];
