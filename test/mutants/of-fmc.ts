import type { Mutant } from './mutant.ts';

const folder = 'lib/firewalls/cisco-fmc';
const dynamic = `${folder}/channels/dynamic.test.ts`;
const objects = `${folder}/channels/objects.test.ts`;
const login = `${folder}/login.test.ts`;

/** Ways in which the manager of another vendor could be written to wrongly, too often, or believed too easily. */
export const ofFmc: readonly Mutant[] = [
  {
    name: 'fmc-writes-to-foreign',
    breaks: 'mappings go into an object that does not carry our mark',
    file: `${folder}/channels/dynamic-objects.ts`,
    edits: [['if (!this.isFor(object, found)) throw foreign(object.name);', '']],
    killers: [dynamic],
  },
  {
    name: 'fmc-session-of-another-password',
    breaks: 'a wrong password works with the tokens of the right one',
    file: `${folder}/session.ts`,
    edits: [['ca, cloud, credential]', 'ca, cloud, credential.split(":")[0]]']],
    killers: [login],
  },
  {
    name: 'fmc-guesses-passwords',
    breaks: 'a refused password is shown again with every call, until the user is locked out',
    file: `${folder}/login.ts`,
    edits: [['if (this.#refused) throw this.#refused;', '']],
    killers: [login],
  },
  {
    name: 'fmc-renewal-forgets-domains',
    breaks: 'a renewal of tokens that tells no domains leaves none, until the next login',
    file: `${folder}/login.ts`,
    edits: [
      [
        "const former = way === 'refreshtoken' ? this.session.domains : [];",
        'const former: Session["domains"] = [];',
      ],
    ],
    killers: [login],
  },
  {
    name: 'fmc-guesses-global',
    breaks: 'the domain that a login lets into is taken for Global, whatever it is',
    file: `${folder}/login.ts`,
    edits: [["own.toLowerCase() === globalDomain ? 'Global' : own", "'Global'"]],
    killers: [login],
  },
  {
    name: 'fmc-takes-an-ended-token-for-refused-credentials',
    breaks:
      'a token that another login ended stops everything, though the password was accepted a moment ago',
    file: `${folder}/client.ts`,
    edits: [['if (answer.status === 401 && proved) throw overtaken(call);', '']],
    killers: [login],
  },
  {
    name: 'fmc-tokens-renewed-late',
    breaks: 'tokens are used until the manager refuses them',
    file: `${folder}/login.ts`,
    edits: [['>= tokenMs - marginMs', '>= 2 * tokenMs - marginMs']],
    killers: [login],
  },
  {
    name: 'fmc-bulk-too-large',
    breaks: 'one call carries more addresses than a bulk call may',
    file: `${folder}/channels/mapping-chunks.ts`,
    edits: [['const addressesMax = 1_000;', 'const addressesMax = 100_000;']],
    killers: [dynamic],
  },
  {
    name: 'fmc-missing-page-is-the-end',
    breaks: 'a page that is missing counts as the end of a list',
    file: `${folder}/lists.ts`,
    edits: [
      [
        'if (more && items.length > 0) continue;',
        'if (more && items.length > 0) continue;\n    if (more) return { items: found, pages };',
      ],
    ],
    killers: [`${folder}/lists.test.ts`],
  },
  {
    name: 'fmc-believes-one-pass',
    breaks: 'a list of several pages is believed though something moved past the place where we read',
    file: `${folder}/lists.ts`,
    edits: [['if (items && pages === 1) return items;', 'if (items && pages >= 1) return items;']],
    killers: [`${folder}/lists.test.ts`],
  },
  {
    name: 'fmc-believes-success-with-error',
    breaks: 'success with an error in its body counts as success',
    file: `${folder}/envelope.ts`,
    edits: [['if (success && said === undefined) return undefined;', 'if (success) return undefined;']],
    killers: [`${folder}/envelope.test.ts`],
  },
  {
    name: 'fmc-believes-half-an-echo',
    breaks: 'mappings that the manager leaves out of its answer count as done',
    file: `${folder}/channels/mapping-echo.ts`,
    edits: [['if (lost.size > 0)', 'if (lost.size > entry.mappings.length)']],
    killers: [`${folder}/channels/mapping-echo.test.ts`],
  },
  {
    name: 'fmc-believes-success-without-lists',
    breaks: 'success that repeats nothing of what was asked counts as done',
    file: `${folder}/channels/mapping-echo.ts`,
    edits: [
      [
        'for (const { command, entry } of sent) {',
        'if (read.success && !read.data.add && !read.data.remove) return odd;\n  for (const { command, entry } of sent) {',
      ],
    ],
    killers: [dynamic],
  },
  {
    name: 'fmc-knows-one-form-of-error',
    breaks: 'success with an error in another form than the usual one counts as success',
    file: `${folder}/envelope.ts`,
    edits: [
      [
        'printable(parsed.success ? parsed.data.messages : JSON.stringify(error))',
        'parsed.success ? printable(parsed.data.messages) : undefined',
      ],
    ],
    killers: [`${folder}/envelope.test.ts`],
  },
  {
    name: 'fmc-takes-throttling-for-a-full-table',
    breaks: 'too many requests are split into a call for each object, by the text that comes with them',
    file: `${folder}/envelope.ts`,
    edits: [['return status === 429 ? [writeLock] : texts;', 'return texts;']],
    killers: [dynamic],
  },
  {
    name: 'fmc-splits-while-locked',
    breaks: 'while somebody else writes every object is tried alone, which takes the whole budget',
    file: `${folder}/channels/dynamic-objects.ts`,
    edits: [
      ["code === 'firewall/rejected' ||", "code === 'firewall/rejected' || code === 'firewall/busy' ||"],
    ],
    killers: [dynamic],
  },
  {
    name: 'fmc-makes-on-while-refused',
    breaks: 'objects are made one by one though the manager takes none, which takes the whole budget',
    file: `${folder}/channels/dynamic-objects.ts`,
    edits: [["if (outcome.state === 'failed' && !isAboutContent(outcome.error)) refused = outcome;", '']],
    killers: [dynamic],
  },
  {
    name: 'fmc-writes-a-group-as-it-was',
    breaks:
      'a group that a person saved while we waited for the write lock is replaced by what it was before',
    file: `${folder}/channels/objects.ts`,
    edits: [
      [
        'const current = group ?? (await this.#owned(object));',
        'const current = (known ??= group ?? (await this.#owned(object)));',
      ],
      ['let { group } = wanted;', 'let { group } = wanted;\n    let known: NetworkGroup | undefined;'],
    ],
    killers: [objects],
  },
  {
    name: 'fmc-does-not-see-what-was-taken-out',
    breaks: 'an object that the manager takes out of a group without a word goes unseen',
    file: `${folder}/channels/groups.ts`,
    edits: [
      [
        '...objects.map(({ id }) => `object:${id}`), ',
        '...objects.slice(objects.length).map(({ id }) => id), ',
      ],
    ],
    killers: [objects],
  },
  {
    name: 'fmc-takes-out-what-people-put-in',
    breaks: 'a write to a network group takes out the objects that a person put into it',
    file: `${folder}/channels/groups.ts`,
    edits: [['objects: members.objects.map(', 'objects: members.objects.slice(members.objects.length).map(']],
    killers: [objects],
  },
  {
    name: 'fmc-shows-its-placeholder',
    breaks: 'the address that keeps a group from being empty counts as a member',
    file: `${folder}/channels/groups.ts`,
    edits: [['value !== placeholder', 'value !== undefined']],
    killers: [objects],
  },
  {
    name: 'fmc-budget-of-newer-release',
    breaks: 'an old manager is called as often as a new one takes',
    file: `${folder}/version.ts`,
    edits: [["isAtLeast(version, '7.4.1') ? 300", "isAtLeast(version, '7.2') ? 300"]],
    killers: [`${folder}/diagnose.test.ts`],
  },
  {
    name: 'fmc-group-from-a-late-read',
    breaks: 'a group is replaced by what it was before our last change, so that a dead address is back',
    file: `${folder}/channels/objects.ts`,
    edits: [['this.#ownWrites.refuseLate(current.id, textsOf(before));', '']],
    killers: ['test/contract/late-reads.test.ts'],
  },
  {
    name: 'fmc-counts-inherited-rules-again',
    breaks: 'a rule counts once more for every policy that inherits it',
    file: `${folder}/channels/uses.ts`,
    edits: [['`${one.id} ${use.field}`', '`${policy.id} ${one.id} ${use.field}`']],
    killers: [`${folder}/channels/uses.test.ts`],
  },
  {
    name: 'fmc-names-who-inherits',
    breaks: 'a rule is looked for in a policy that only inherits it',
    file: `${folder}/channels/uses.ts`,
    edits: [['one.metadata?.accessPolicy?.name ?? policy', 'policy']],
    killers: [`${folder}/channels/uses.test.ts`],
  },
  {
    name: 'fmc-ended-token-is-the-end',
    breaks: 'a manager that says 408 for an ended token is not logged in to again',
    file: `${folder}/client.ts`,
    edits: [['(answer.status === 401 || answer.status === 408)', 'answer.status === 401']],
    killers: [`${folder}/strict-manager.test.ts`],
  },
  {
    name: 'fmc-needs-more-than-objects',
    breaks: 'who may not look into policies cannot be asked who uses an object',
    file: `${folder}/channels/uses.ts`,
    edits: [
      [
        "if (!isZonebridgeError(error, 'firewall/permission-denied', 'firewall/object-missing')) throw error;",
        'throw error;',
      ],
    ],
    killers: [`${folder}/strict-manager.test.ts`],
  },
  {
    name: 'fmc-missing-right-is-content',
    breaks: 'a missing right that comes as 400 is taken for a refusal of what was asked',
    file: `${folder}/envelope.ts`,
    edits: [['/required authorization|not authorized/i', '/not authorized/i']],
    killers: [`${folder}/strict-manager.test.ts`, `${folder}/envelope.test.ts`],
  },
  {
    name: 'fmc-masked-addresses-are-foreign',
    breaks: 'addresses that the manager keeps with their mask are taken for what somebody else put there',
    file: `${folder}/translate.ts`,
    edits: [['(rewritten ? wholeAddress', '(!rewritten ? wholeAddress']],
    killers: [`${folder}/strict-manager.test.ts`],
  },
  {
    name: 'fmc-simulator-writes-during-a-deployment',
    breaks: 'the simulated manager takes writes while it deploys, so that nothing shows what ours does then',
    file: `${folder}/simulator/api.ts`,
    edits: [
      ['if (manager.isDeploying) throw', 'if (manager.isDeploying && parts[0] === "deployment") throw'],
    ],
    killers: [`${folder}/simulator/deployment.test.ts`],
  },
  {
    name: 'fmc-simulator-hides-inherited-rules',
    breaks: 'the simulated manager lists the rules of a policy without those that it inherits',
    file: `${folder}/simulator/domain.ts`,
    edits: [
      ['return base ? [...this.lineage(base), policy] : [policy];', 'return base ? [policy] : [policy];'],
    ],
    killers: [`${folder}/simulator/policies.test.ts`, `${folder}/channels/uses.test.ts`],
  },
  {
    name: 'fmc-simulator-takes-any-parameter',
    breaks: 'the simulated manager ignores what it does not know in an address, as a real one does not',
    file: `${folder}/simulator/api.ts`,
    edits: [['  checkParameters(call);\n', '']],
    killers: [`${folder}/simulator/strictness.test.ts`],
  },
  {
    name: 'fmc-does-not-read-the-api-in-front',
    breaks: 'what the API in front of the cloud says is not shown, and its error in a success not seen',
    file: `${folder}/envelope.ts`,
    edits: [["typeof errorCode === 'string' ?", "typeof errorCode === 'number' ?"]],
    killers: [`${folder}/envelope.test.ts`, `${folder}/strict-manager.test.ts`],
  },
];
