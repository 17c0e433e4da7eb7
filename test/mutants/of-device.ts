import type { Mutant } from './mutant.ts';

const folder = 'lib/firewalls/fortigate';
const shared = 'lib/firewalls/shared';
const contract = 'test/contract/firewalls.test.ts';
const pushTest = `${folder}/channels/push.test.ts`;
const objectsTest = `${folder}/channels/objects.test.ts`;
const listingTest = `${folder}/channels/push-listing.test.ts`;
const halfMadeTest = `${folder}/channels/half-made.test.ts`;
const clientTest = `${folder}/client.test.ts`;

/** What is said to a FortiGate, and what its answers are taken for; secrets. */
export const ofDevice: readonly Mutant[] = [
  {
    name: 'tls-not-verified',
    breaks: 'any certificate is trusted',
    file: `${shared}/transport.ts`,
    // Spelled so that the check of all sources does not find it here.
    edits: [['rejectUnauthorized: true,', 'reject\u0055nauthorized: false,']],
    killers: [contract, clientTest],
  },
  {
    name: 'unlisted-object-taken-for-strangers',
    breaks: 'an address of ours that the list of objects lost becomes a stranger, and is taken off',
    file: `${folder}/channels/object-members.ts`,
    edits: [['if (!listed.has(name) && tables', 'if (listed.has(name) && tables']],
    killers: [objectsTest],
  },
  {
    name: 'moved-table-taken-for-whole',
    breaks: 'a row that moved over the border of a page while it was read is not there',
    file: `${folder}/channels/rows.ts`,
    edits: [['if (rows.size > 0 && found.revision !== revision) return undefined;\n', '']],
    killers: [objectsTest],
  },
  {
    name: 'short-push-answer-ignored',
    breaks: 'a push whose answer has fewer elements than commands counts as done, whatever they say',
    file: `${folder}/channels/push.ts`,
    edits: [
      [
        'if (!results.success) return;',
        'if (!results.success || results.data.length !== chunk.length) return;',
      ],
    ],
    killers: [listingTest],
  },
  {
    name: 'half-made-layout-filled',
    breaks: 'addresses are put into a child group that its group does not hold, and count as done',
    file: `${folder}/channels/objects.ts`,
    edits: [['    await groups.assureLayout(family, object, existed || !hasGroup);\n', '']],
    killers: [halfMadeTest],
  },
  {
    name: 'unheld-shard-read-back',
    breaks: 'a member of a child group that its group does not hold reads back as one',
    file: `${folder}/channels/object-members.ts`,
    edits: [['count === 1 ||', 'count >= 1 ||']],
    killers: [halfMadeTest],
  },
  {
    name: 'removal-from-renamed-group',
    breaks: 'a removal from a group that has another name now counts as done',
    file: `${folder}/channels/objects.ts`,
    edits: [['if (gone) throw', 'if (gone && removed) throw']],
    killers: [contract],
  },
  {
    name: 'lost-reply-taken-for-failure',
    breaks: 'a write without an answer counts as not done',
    file: `${shared}/transport.ts`,
    edits: [
      [
        "write ? 'firewall/outcome-unknown' : 'firewall/unreachable'",
        "write && timedOut ? 'firewall/outcome-unknown' : 'firewall/unreachable'",
      ],
    ],
    killers: [clientTest, contract],
  },
  {
    name: 'token-in-url',
    breaks: 'the token stands in the URL, and with it in logs',
    file: `${shared}/transport.ts`,
    edits: [['    path: target,\n', '    path: `${target}&access_token=${secrets.join()}`,\n']],
    killers: [`${shared}/transport.test.ts`],
  },
  {
    name: 'token-in-error',
    breaks: 'an error shows the token',
    file: `${folder}/client.ts`,
    edits: [
      [
        'const name = `${method} ${path}`;',
        'const name = `${method} ${path} as ${this.#request.credential}`;',
      ],
    ],
    killers: [clientTest, contract],
  },
  {
    name: 'deadline-ignored',
    breaks: 'a run calls the device after its lease is over',
    file: `${shared}/admission.ts`,
    edits: [['if (now >= deadline)\n', 'if (now >= deadline + 1e12)\n']],
    killers: [clientTest, contract],
  },
  {
    name: 'own-budget-ignored',
    breaks: 'more calls a minute than the firewall takes',
    file: `${shared}/admission.ts`,
    edits: [['if (wait <= 0) return', 'if (wait <= 1e12) return']],
    killers: [clientTest, contract],
  },
  {
    name: 'short-list-taken-for-whole',
    breaks: 'a listing that lost entries counts as complete',
    file: `${folder}/channels/push.ts`,
    edits: [
      ['if (entries.length < valid + invalid) throw', 'if (entries.length + 1e6 < valid + invalid) throw'],
    ],
    killers: [`${folder}/channels/push-listing.test.ts`],
  },
  {
    name: 'count-not-compared',
    breaks: 'a push that was cut counts as complete',
    file: `${folder}/channels/push.ts`,
    edits: [['if (complete && valid !== expectedCount) {', 'if (complete && valid < 0) {']],
    killers: [pushTest, contract],
  },
  {
    name: 'feed-of-others-taken',
    breaks: 'a feed that appeared under our name is written to, whoever made it',
    file: `${folder}/channels/push.ts`,
    edits: [
      [
        'if (!found.exists) throw error;\n      if (!this.#marks.isOurs(object.name, found.comment)) throw',
        "if (!found.exists) throw error;\n      if (!this.#marks.isOurs(object.name, found.comment) && found.comment === '') throw",
      ],
    ],
    killers: [contract, pushTest],
  },
  {
    name: 'group-of-others-taken',
    breaks: 'a group that appeared under our name is written to, whoever made it',
    file: `${folder}/channels/groups.ts`,
    edits: [['if (!found || !this.#marks.isOurs(group.name, found.comment)) throw', 'if (!found) throw']],
    killers: [contract, objectsTest],
  },
  {
    name: 'mark-by-part',
    breaks: 'half of our mark is enough for a helper object',
    file: `${shared}/marks.ts`,
    edits: [
      [
        "carries(comment, commentFor(name).split(' ')[0] ?? '')",
        "comment.includes(commentFor(name).split(' ')[0]?.slice(0, 16) ?? '')",
      ],
    ],
    killers: [`${shared}/marks.test.ts`],
  },
  {
    name: 'remove-before-add',
    breaks: 'what leaves goes before what comes, so that a group is smaller than it should be in between',
    file: `${folder}/channels/objects.ts`,
    edits: [
      ['    for (const report of ready) await this.#addAll(attempt, report);\n', ''],
      [
        '    for (const report of ready) await this.#removeAll(attempt, report);\n',
        '    for (const report of ready) await this.#removeAll(attempt, report);\n    for (const report of ready) await this.#addAll(attempt, report);\n',
      ],
    ],
    killers: [objectsTest, contract],
  },
  {
    name: 'placeholder-left-out',
    breaks: 'an old FortiOS is asked for a group without a member',
    file: `${folder}/channels/groups.ts`,
    edits: [
      [
        'members.length === 0 && this.needPlaceholder ? [placeholder] : members',
        'members.length < 0 && this.needPlaceholder ? [placeholder] : members',
      ],
    ],
    killers: [objectsTest],
  },
  {
    name: 'referenced-address-deleted',
    breaks: 'an address object is deleted although something else may use it',
    file: `${folder}/channels/objects.ts`,
    edits: [
      [
        'if (references === 0) await addresses.delete(text);',
        'if (references !== -1) await addresses.delete(text);',
      ],
    ],
    killers: [objectsTest, contract],
  },
  {
    name: 'empty-key-sent',
    breaks: 'a request about a row without a name becomes one about the whole table',
    file: `${folder}/client.ts`,
    edits: [["if (key.trim() === '' || key === '.'", "if (key === '.'"]],
    killers: [clientTest, contract],
  },
  {
    name: 'transaction-half-done',
    breaks: 'a simulated FortiGate does half of a transaction that cannot be committed',
    file: 'lib/firewalls/fortigate/simulator/transactions.ts',
    edits: [['for (const write of writes) write(rehearsal);', '']],
    killers: ['lib/firewalls/fortigate/simulator/transactions.test.ts'],
  },
  {
    name: 'transaction-at-once',
    breaks: 'a simulated FortiGate does the writes of a transaction before its commit',
    file: 'lib/firewalls/fortigate/simulator/transactions.ts',
    edits: [['= run(own.draft);', '= run(device);']],
    killers: ['lib/firewalls/fortigate/simulator/transactions.test.ts'],
  },
  {
    name: 'transaction-locks-nothing',
    breaks: 'what is changed in one transaction of a simulated FortiGate can be changed beside it',
    file: 'lib/firewalls/fortigate/simulator/transactions.ts',
    edits: [['if (other) throw', 'if (other && id === undefined) throw']],
    killers: ['lib/firewalls/fortigate/simulator/transactions.test.ts'],
  },
  {
    name: 'transaction-never-expires',
    breaks: 'a transaction of a simulated FortiGate that nobody ends locks its tables for ever',
    file: 'lib/firewalls/fortigate/simulator/transactions.ts',
    edits: [['if (until <= now)', 'if (until < 0)']],
    killers: ['lib/firewalls/fortigate/simulator/transactions.test.ts'],
  },
];
