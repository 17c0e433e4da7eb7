import type { Mutant } from './mutant.ts';

const folder = 'lib/firewalls/panorama';
const contract = 'test/contract/firewalls.test.ts';
const tagsTest = `${folder}/channels/tags.test.ts`;
const operationsTest = `${folder}/channels/operations.test.ts`;
const objectsTest = `${folder}/channels/objects.test.ts`;
const pairTest = `${folder}/pair.test.ts`;
const pushesTest = `${folder}/channels/pushes.test.ts`;
const candidateTest = `${folder}/channels/candidate.test.ts`;
const pushesPathTest = 'test/app/panorama-pushes.test.ts';
const clientTest = `${folder}/client.test.ts`;
const lifetimesTest = 'test/app/lifetimes.test.ts';

/** What is said to PAN-OS and Panorama, and what their answers are taken for. */
export const ofPanorama: readonly Mutant[] = [
  {
    name: 'key-in-the-form',
    breaks: 'the API key stands in the body of every call',
    file: `${folder}/client.ts`,
    edits: [
      [
        'const body = parameters && formOf(parameters);',
        'const body = parameters && formOf({ ...parameters, key: this.#request.credential });',
      ],
    ],
    killers: [clientTest],
  },
  {
    name: 'entities-resolved',
    breaks: 'an answer may declare what its words mean',
    file: `${folder}/xml.ts`,
    edits: [
      [
        "else if (this.#text.startsWith('<!', this.#place)) throw this.#wrong('it declares a type or an entity');",
        "else if (this.#skip('<!', '>') !== undefined) return;",
      ],
    ],
    killers: [`${folder}/xml.test.ts`, clientTest],
  },
  {
    name: 'siblings-dropped',
    breaks: 'a removal names no tag, so the address loses the tags of others, too',
    file: `${folder}/channels/uid-message.ts`,
    edits: [
      [
        'const member = (tag: string, timeout?: number) =>',
        "const member = (name: string, timeout?: number, tag = op === 'unregister' ? 'theirs' : name) =>",
      ],
    ],
    killers: [tagsTest, contract],
  },
  {
    name: 'duplicate-taken-for-refusal',
    breaks: 'an address that carries the tag already counts as failed',
    file: `${folder}/channels/uid-message.ts`,
    edits: [["message.endsWith('already exists, ignore')", "message.endsWith('already exists')"]],
    killers: [tagsTest, contract],
  },
  {
    name: 'unnamed-entry-taken-for-done',
    breaks: 'what a refusal does not name counts as done without a look',
    file: `${folder}/channels/outcomes.ts`,
    edits: [
      ['if (!said || !alone) judged.open.push(change);', 'if (!said || !alone) judged.done.push(change);'],
    ],
    killers: [tagsTest],
  },
  {
    name: 'foreign-tag-filled',
    breaks: 'a tag whose name does not say that it is ours is filled',
    file: `${folder}/channels/tags.ts`,
    edits: [
      [
        "return create === 'own' && name === tagName({ hub, firewall, group, channel });",
        "return create === 'own' && tagName({ hub, firewall, group, channel }) !== '' && name !== '';",
      ],
    ],
    killers: [contract, tagsTest],
  },
  {
    name: 'first-page-for-all',
    breaks: 'a group larger than a page loses the rest of its members in a comparison',
    file: `${folder}/channels/registered.ts`,
    edits: [['if (entries.length < pageSize)', 'if (entries.length <= pageSize)']],
    killers: [tagsTest, contract],
  },
  {
    name: 'moving-list-believed',
    breaks: 'a member that moved from one page to the next while they were read counts as removed',
    file: `${folder}/channels/registered.ts`,
    edits: [['if (page > 0 && entries[0]?.ip !== last) return undefined;', '']],
    killers: [`${folder}/channels/registered.test.ts`],
  },
  {
    name: 'empty-answer-taken-for-empty-tag',
    breaks: 'a success that holds no list is taken for a group without members',
    file: `${folder}/channels/registered.ts`,
    edits: [
      ["const counted = textAt(result, 'count') ?? '';", "const counted = textAt(result, 'count') ?? '0';"],
    ],
    killers: [tagsTest],
  },
  {
    name: 'refusal-in-a-success-overlooked',
    breaks: 'what a success names as refused counts as done',
    file: `${folder}/channels/uid-message.ts`,
    edits: [
      [
        "[...childrenNamed(child(root, 'msg'), 'line'), ...childrenNamed(root, 'result')]",
        "childrenNamed(child(root, 'msg'), 'line')",
      ],
    ],
    killers: [tagsTest],
  },
  {
    name: 'passive-unit-believed',
    breaks: 'the unit of a pair that stands first is read and written, be it passive',
    file: `${folder}/high-availability.ts`,
    edits: [['if (state !== undefined && isActive(state)) return', 'if (state !== undefined) return']],
    killers: [pairTest, tagsTest],
  },
  {
    name: 'failover-overlooked',
    breaks: 'the unit that was active at first is asked who it is, and written to, after a failover',
    file: `${folder}/client.ts`,
    edits: [['forgetUnit(): void {\n    this.#unit = undefined;', 'forgetUnit(): void {']],
    killers: [pairTest],
  },
  {
    name: 'answer-without-its-target-believed',
    breaks: 'a Panorama that answers in the place of a firewall is taken for the firewall',
    file: `${folder}/identity.ts`,
    edits: [['of [targets, ha?.serials])', 'of [ha?.serials])']],
    killers: [pairTest],
  },
  {
    name: 'commit-of-everybody',
    breaks: 'a commit makes the pending changes of other administrators effective',
    file: `${folder}/channels/commit.ts`,
    edits: [
      ["client.commit(xml('commit', {}, [own]))", "client.commit(xml('commit', {}, own.children.slice(1)))"],
    ],
    killers: [objectsTest],
  },
  {
    name: 'refused-commit-left-behind',
    breaks: 'what a refused commit left in the candidate goes out with the next one',
    file: `${folder}/channels/objects.ts`,
    edits: [
      [
        "if (!isZonebridgeError(error, 'firewall/outcome-unknown'))",
        "if (isZonebridgeError(error, 'firewall/outcome-unknown'))",
      ],
    ],
    killers: [objectsTest],
  },
  {
    name: 'commit-not-waited-for',
    breaks: 'a change counts as done while its commit still runs',
    file: `${folder}/channels/jobs.ts`,
    edits: [["textAt(job, 'status') === 'FIN' &&", "textAt(job, 'status') !== 'GONE' &&"]],
    killers: [objectsTest],
  },
  {
    name: 'owed-push-forgotten',
    breaks: 'what was committed and never pushed counts as in force on the firewalls',
    file: `${folder}/channels/pushes.ts`,
    edits: [["if (firewalls.length === 0 || lacking.length > 0) return 'owed';", '']],
    killers: [pushesTest, pushesPathTest],
  },
  {
    name: 'groups-below-not-pushed',
    breaks: 'a push names the device group alone, and firewalls of groups below it never get what it holds',
    file: `${folder}/channels/pushes.ts`,
    edits: [['const inherits = isBelow || name === deviceGroup;', 'const inherits = name === deviceGroup;']],
    killers: [pushesTest],
  },
  {
    name: 'old-push-believed',
    breaks: 'a push from before the last commit counts as one that carried it',
    file: `${folder}/channels/pushes.ts`,
    edits: [['if (last <= Math.max(0, ...commits)) return new Set();', '']],
    killers: [pushesTest],
  },
  {
    name: 'failed-push-taken-for-nothing',
    breaks: 'a push that failed on one firewall counts as a change that was made nowhere',
    file: `${folder}/channels/pushes.ts`,
    edits: [
      [
        "return new ZonebridgeError('firewall/outcome-unknown',",
        "return new ZonebridgeError('firewall/rejected',",
      ],
    ],
    killers: [pushesTest],
  },
  {
    name: 'pushed-to-nobody-again',
    breaks: 'a firewall that is not connected makes the others get the same push again and again',
    file: `${folder}/channels/pushes.ts`,
    edits: [['if (away.length > 0 && away.length === lacking.length)', 'if (away.length > lacking.length)']],
    killers: [pushesTest],
  },
  {
    name: 'group-of-a-person-taken-back',
    breaks: 'a refused commit deletes a group that a person made and has not committed',
    file: `${folder}/channels/candidate.ts`,
    edits: [
      [
        'if (!running && mayDelete && alone && place.marks.isOurs(name, commentOf(candidate)))',
        "if (!running && commentOf(candidate) !== '')",
      ],
    ],
    killers: [candidateTest],
  },
  {
    name: 'group-without-mark-taken-back',
    breaks: 'a group that we were to make is deleted though somebody else has it by now',
    file: `${folder}/channels/candidate.ts`,
    edits: [['mayDelete && alone && place.marks.isOurs(name, commentOf(candidate))', 'mayDelete && alone']],
    killers: [candidateTest],
  },
  {
    name: 'leftover-goes-out',
    breaks: 'what a run left in the candidate goes out with the next commit',
    file: `${folder}/channels/candidate.ts`,
    edits: [['if (!(await mayHavePending(client))) return;', 'if (await mayHavePending(client)) return;']],
    killers: [candidateTest, pushesPathTest],
  },
  {
    name: 'on-its-way-taken-for-absent',
    breaks: 'an address that lies in the candidate counts as absent for good',
    file: `${folder}/channels/objects.ts`,
    edits: [['(running ?? []).includes(name) === (candidate ?? []).includes(name)', "name !== ''"]],
    killers: [candidateTest],
  },
  {
    name: 'inherited-group-filled',
    breaks: 'a group that a device group inherits counts as ours, and a copy of it is made beside it',
    file: `${folder}/channels/address-groups.ts`,
    edits: [["return group && (isOwn(group) ? commentOf(group) : '');", 'return group && commentOf(group);']],
    killers: [objectsTest],
  },
  {
    name: 'nothing-to-commit-believed',
    breaks: 'changes count as done because the named administrator, who is somebody else, has none',
    file: `${folder}/channels/objects.ts`,
    edits: [['      await this.#requireInForce(groups);\n', '']],
    killers: [candidateTest],
  },
  {
    name: 'untold-taken-for-absent',
    breaks: 'an address of which the firewall cannot tell yet counts as absent',
    file: 'lib/app/sync/questions.ts',
    edits: [['?? !isWanted(question)', '?? false']],
    killers: [pushesPathTest],
  },
  {
    name: 'foreign-group-filled',
    breaks: 'an address group of somebody else is filled',
    file: `${folder}/channels/objects.ts`,
    edits: [['else if (!this.#marks.isFor(object, comment)) throw foreign(object.name);', '']],
    killers: [contract],
  },
  {
    name: 'missing-told-one-by-one',
    breaks: 'a removal that is made again costs a refused call for each address that has gone already',
    file: `${folder}/channels/operations.ts`,
    edits: [['let looked = false;', 'let looked = true;']],
    killers: [operationsTest],
  },
  {
    name: 'missing-by-an-empty-answer',
    breaks: 'a removal counts as done because the answer that was to show the list was empty',
    file: `${folder}/channels/operations.ts`,
    edits: [["if (!found && code !== 7) throw incomplete('config get');", '']],
    killers: [operationsTest],
  },
  {
    name: 'expired-blamed-on-people',
    breaks: 'what the device forgot by itself counts as taken off by a person',
    file: 'lib/app/reconcile/reconcile-group.ts',
    edits: [['      ...lostToTime(rows, object, readAt),\n', '']],
    killers: [lifetimesTest],
  },
  {
    name: 'never-renewed',
    breaks: 'members run out although the hub lives',
    file: 'lib/core/plan/lifetime.ts',
    edits: [['return left < lifetimeMs / 2 || left', 'return left']],
    killers: ['lib/core/plan/lifetime.test.ts', lifetimesTest],
  },
  {
    name: 'held-runs-out',
    breaks: 'what a brake holds back from leaving runs out on the device',
    file: 'lib/app/reconcile/compare.ts',
    edits: [
      [
        'observed.has(key) && due.has(key) ?',
        'observed.has(key) && due.has(key) && !ledger.get(key)?.row.held ?',
      ],
      ['{ observed, due }: Comparison', '{ observed, due, ledger }: Comparison'],
    ],
    killers: [lifetimesTest],
  },
  {
    name: 'kept-with-a-time',
    breaks: 'the device forgets members of a group that keeps, or wants a person to be asked',
    file: 'lib/app/targets.ts',
    edits: [['if (!bypassesBrakes(group)) return {};', '']],
    killers: [lifetimesTest],
  },
  {
    name: 'former-time-stays',
    breaks: 'members of a group that keeps run out, because it let go when they were put there',
    file: 'lib/core/plan/lifetime.ts',
    edits: [
      [
        'if (lifetimeMs === undefined) return expiresAt !== undefined;',
        'if (lifetimeMs === undefined) return false;',
      ],
    ],
    killers: ['lib/core/plan/lifetime.test.ts', lifetimesTest],
  },
  {
    name: 'person-overruled-by-renewal',
    breaks: 'a renewal puts back what a person took off since the comparison',
    file: `${folder}/channels/renewal.ts`,
    edits: [['  await takeOff(by, gone);\n', '']],
    killers: [tagsTest, lifetimesTest],
  },
  {
    name: 'put-back-called-gone',
    breaks: 'what a renewal put back, and could not take off again, is told to be gone',
    file: `${folder}/channels/renewal.ts`,
    edits: [["taken?.state === 'done' ?", 'taken?.state !== undefined ?']],
    killers: [tagsTest],
  },
  {
    name: 'order-of-a-message-trusted',
    breaks: 'nobody looks whether a renewal left the tags there',
    file: `${folder}/channels/renewal.ts`,
    edits: [
      [
        'there = (await tagsOf(client, first.ip)).includes(first.tag);',
        'there = await Promise.resolve(true);',
      ],
    ],
    killers: [tagsTest],
  },
  {
    name: 'renewal-without-intent',
    breaks: 'what a renewal lost, whose run died, counts as taken off by a person',
    file: 'lib/app/sync/renew.ts',
    edits: [['setIfAbsent: { removeSentAt: clock.now() }', 'setIfAbsent: { renewedAt: clock.now() }']],
    killers: [lifetimesTest],
  },
  {
    name: 'taken-off-is-trouble',
    breaks: 'a firewall counts as ill because a person took a member off before it was renewed',
    file: 'lib/app/sync/renew.ts',
    edits: [['.filter(([, outcome]) => !isGone(outcome))', '.filter(() => true)']],
    killers: [lifetimesTest],
  },
  {
    name: 'lost-renewal-taken-for-done',
    breaks: 'nobody looks what became of a renewal without an answer',
    file: 'lib/app/sync/renew.ts',
    edits: [["  if (outcome.state !== 'done')\n    return", "  if (outcome.state === 'failed')\n    return"]],
    killers: [lifetimesTest],
  },
  {
    name: 'renewal-in-the-history',
    breaks: 'the history tells of each renewal as of a change',
    file: 'lib/app/audit/interpret.ts',
    edits: [['if (before && after && isBookkeeping(before, after)) return undefined;', '']],
    killers: [lifetimesTest],
  },
  {
    name: 'time-shorter-than-granted',
    breaks: 'a device may forget members sooner than their group lets them go',
    file: `${folder}/review.ts`,
    edits: [['const least = 2 * ', 'const least = ']],
    killers: [`${folder}/review.test.ts`],
  },
];
