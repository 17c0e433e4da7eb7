import type { Mutant } from './mutant.ts';

const folder = 'lib/firewalls/fortimanager';
const contract = 'test/contract/firewalls.test.ts';
const clientTest = `${folder}/client.test.ts`;
const workspaceTest = `${folder}/workspace.test.ts`;
const installTest = `${folder}/install.test.ts`;
const feedTest = `${folder}/channels/feed.test.ts`;
const tagsTest = `${folder}/channels/tags.test.ts`;
const partialTest = `${folder}/partial-answers.test.ts`;
const mappingsTest = `${folder}/channels/device-mappings.test.ts`;
const simulatorTest = `${folder}/simulator/api.test.ts`;
const exclusionsTest = `${folder}/channels/exclusions.test.ts`;

/** What is said to a FortiManager: locks, saves, installs, shared files, tags. */
export const ofFortimanager: readonly Mutant[] = [
  {
    name: 'fmg-key-refused-once',
    breaks: 'an API key that 7.4.7 refuses now and then opens the circuit',
    file: 'lib/firewalls/fortimanager/client.ts',
    edits: [['(this.memory.holdsLock || this.usesKey)', 'this.memory.holdsLock']],
    killers: ['lib/firewalls/fortimanager/workspace.test.ts'],
  },
  {
    name: 'fmg-name-decides-refusal',
    breaks: 'the name of an object in a refusal makes it a full table',
    file: 'lib/firewalls/fortimanager/errors.ts',
    edits: [['if (code in statusCodes &&', 'if (false && code in statusCodes &&']],
    killers: ['test/hostile/names-in-refusals.test.ts'],
  },
  {
    name: 'fmg-locked-by-others-ignored',
    breaks: 'an ADOM that somebody locked, or left with unsaved changes, is locked all the same',
    file: `${folder}/workspace.ts`,
    edits: [
      [
        'if (held === undefined && (await this.#tryLock())) return state !== first;',
        'if (await this.#tryLock()) return state !== first;',
      ],
    ],
    killers: [workspaceTest],
  },
  {
    name: 'fmg-exclusion-not-shown',
    breaks: 'what a person made a group leave out counts as there',
    file: `${folder}/channels/object-members.ts`,
    edits: [['for (const name of group.excluded)', 'for (const name of group.excluded.slice(0, 0))']],
    killers: [exclusionsTest],
  },
  {
    name: 'fmg-exclusion-ends-all',
    breaks: 'whoever lets a group match one thing again lets it match everything',
    file: `${folder}/channels/object-items.ts`,
    edits: [['!items.some((item) => item.name === name)', 'items.length === 0 && name.length > 0']],
    killers: [exclusionsTest],
  },
  {
    name: 'fmg-lock-kept',
    breaks: 'the lock is not given back when a write was refused',
    file: `${folder}/workspace.ts`,
    edits: [
      [
        '    } finally {\n      await this.#unlock();',
        '    } finally {\n      if (locking === undefined) await this.#unlock();',
      ],
    ],
    killers: [workspaceTest],
  },
  {
    name: 'fmg-not-saved',
    breaks: 'a locked ADOM is given back without a save: what was written is lost and counts as done',
    file: `${folder}/workspace.ts`,
    edits: [['      await this.#commit();\n', '']],
    killers: [workspaceTest, contract],
  },
  {
    name: 'fmg-install-errors-ignored',
    breaks: 'an install counts as done although a firewall did not take it',
    file: `${folder}/tasks.ts`,
    // Count and state tell it both.
    edits: [
      ['if (task.num_err > 0) throw', 'if (task.num_err > 1e6) throw'],
      ["new Set(['error', 'cancelled', 'aborted', 5, 3, 7])", "new Set(['cancelled', 'aborted', 3, 7])"],
    ],
    killers: [installTest],
  },
  {
    name: 'fmg-saved-taken-for-installed',
    breaks: 'what is saved and not installed is read back as in place, or as gone',
    file: `${folder}/channels/objects.ts`,
    edits: [['    if (!installed) return new Map();\n', '']],
    killers: [installTest],
  },
  {
    name: 'fmg-work-of-others-installed',
    breaks: 'a package is installed with changes that somebody else made and did not install',
    file: `${folder}/install.ts`,
    edits: [['if (foreign.length === 0) return scope;', 'if (foreign.length >= 0) return scope;']],
    killers: [installTest],
  },
  {
    name: 'fmg-installed-unlooked',
    breaks: 'a package goes to devices on which nobody looked what it takes along',
    file: `${folder}/install.ts`,
    edits: [["flags: ['none'], scope });", "flags: ['none'], ...(scope.length > 99 ? { scope } : {}) });"]],
    killers: [installTest],
  },
  {
    name: 'fmg-never-installed-taken-for-clean',
    breaks: 'a package that was never installed counts as one without changes of others',
    file: `${folder}/install.ts`,
    edits: [['if (targets.length > 0) return targets;', 'if (targets.length >= 0) return targets;']],
    killers: [installTest],
  },
  {
    name: 'fmg-stopped-task-taken-for-done',
    breaks: 'an install that a person stopped counts as done',
    file: `${folder}/tasks.ts`,
    edits: [["    if (task && endedBadly.has(task.state ?? '')) throw failed(id, task);\n", '']],
    killers: [installTest],
  },
  {
    name: 'fmg-missing-task-taken-for-missing-object',
    breaks: 'an install whose task is gone says that the group is gone',
    file: `${folder}/install.ts`,
    edits: [['if (!isMissing(error)) throw error;', 'if (isMissing(error) || error) throw error;']],
    killers: [installTest],
  },
  {
    name: 'fmg-missing-data-taken-for-empty',
    breaks: 'a list that did not come reads as an empty one',
    file: `${folder}/envelope.ts`,
    edits: [['z.null().transform((): T[] => [])', 'z.null().optional().transform((): T[] => [])']],
    killers: [partialTest],
  },
  {
    name: 'fmg-unlisted-taken-for-strangers',
    breaks: 'an address of ours that the list of objects lost becomes a stranger, and is taken off',
    file: `${folder}/channels/object-members.ts`,
    edits: [['if (!known.has(name) && addressOfName', 'if (known.has(name) && addressOfName']],
    killers: [partialTest],
  },
  {
    name: 'fmg-uses-not-counted',
    breaks: 'a tag is emptied while a rule uses it, because the search lost the rule',
    file: `${folder}/uses.ts`,
    edits: [['rows.length < (total ?? 0) ||', 'rows.length < 0 ||']],
    killers: [partialTest],
  },
  {
    name: 'fmg-looks-unbounded',
    breaks: 'the look at all address objects of a run is one request, however large',
    file: `${folder}/client.ts`,
    edits: [
      ['at += elementsMax) {\n      const request', 'at += 1e6) {\n      const request'],
      ['params.slice(at, at + elementsMax)', 'params.slice(at)'],
    ],
    killers: [`${folder}/channels/objects-many.test.ts`],
  },
  {
    name: 'fmg-lock-left-to-given-up-session',
    breaks: 'a session that is given up in the middle keeps the lock, and everybody out',
    file: `${folder}/client.ts`,
    edits: [
      [
        '      await this.logOut();\n      elements = await',
        '      this.memory.session = undefined;\n      elements = await',
      ],
    ],
    killers: [workspaceTest],
  },
  {
    name: 'fmg-refused-once-gives-lock-up',
    breaks: 'a single refusal of a valid session throws everything away that the run has written',
    file: `${folder}/client.ts`,
    edits: [
      ['if (isRefused(elements) && (this.memory.holdsLock || this.usesKey))', 'if (elements.length < 0)'],
    ],
    killers: [workspaceTest],
  },
  {
    name: 'fmg-empty-name-sent',
    breaks: 'a request about an object without a name becomes one about the whole table',
    file: `${folder}/names.ts`,
    edits: [["if (name.trim() === '' ||", 'if (']],
    killers: [clientTest],
  },
  {
    name: 'fmg-backslash-dropped',
    breaks: 'a name that cannot be said in a URL becomes the name of another object',
    file: `${folder}/names.ts`,
    edits: [
      ["if (name.includes('\\\\'))", "if (name === '\\\\')"],
      ["name.replaceAll('/',", "name.replaceAll('\\\\', '').replaceAll('/',"],
    ],
    killers: [clientTest],
  },
  {
    name: 'fmg-files-of-adoms-mixed',
    breaks: 'two ADOMs write the same hosted file',
    file: `${folder}/names.ts`,
    edits: [['return `${name}.${adom}.txt`;', 'return adom === name ? name : `${name}.txt`;']],
    killers: [feedTest, contract],
  },
  {
    name: 'fmg-feed-of-others-overwritten',
    breaks: 'a hosted file of somebody else is overwritten',
    file: `${folder}/channels/feed.ts`,
    edits: [
      [
        'if (found && !this.#marks.isFor(object, found.comment)) throw',
        "if (found && found.comment === '') throw",
      ],
    ],
    killers: [contract],
  },
  {
    name: 'fmg-file-too-long-for-firewalls',
    breaks: 'a hosted file grows beyond what firewalls fetch whole, and they cut it without a word',
    file: `${folder}/channels/feed.ts`,
    edits: [['Buffer.byteLength(text) > bytes', 'Buffer.byteLength(text) > 1e9']],
    killers: [feedTest],
  },
  {
    name: 'fmg-short-file-taken-for-whole',
    breaks: 'a hosted file that was cut on its way is set back without the rest',
    file: `${folder}/channels/feed.ts`,
    edits: [['file.data.size !== Buffer.byteLength(file.data.content)', 'file.data.size < 0']],
    killers: [feedTest],
  },
  {
    name: 'fmg-missing-tag-taken-for-empty',
    breaks: 'a tag that is gone reads as an empty one',
    file: `${folder}/channels/tags.ts`,
    edits: [['if (!(await this.observeObject(object)).exists) throw missing(object);\n', '']],
    killers: [tagsTest],
  },
  {
    name: 'fmg-session-secret-in-error',
    breaks: 'an error shows the password that the manager repeats',
    file: `${folder}/client.ts`,
    edits: [["[credential.password, session ?? '']", "[session ?? '']"]],
    killers: [clientTest],
  },
  {
    name: 'fmg-names-shown-raw',
    breaks: 'the name of a user who holds a lock moves the cursor of whoever reads the error',
    file: `${folder}/workspace.ts`,
    edits: [
      [
        ".catch('somebody').transform(printable)",
        ".catch('somebody').transform((user) => user || printable(user))",
      ],
    ],
    killers: ['test/hostile/every-vendor.test.ts'],
  },
  {
    name: 'fmg-mapping-in-foreign-group',
    breaks: 'a mapping is put into a group that somebody else made and did not offer',
    file: `${folder}/channels/device-mappings.ts`,
    edits: [
      [
        "if (object.create === 'own') return this.#isOpen(object, group) ? mapping : group;",
        "if (object.create === 'own') return mapping;",
      ],
    ],
    killers: [mappingsTest, contract],
  },
  {
    name: 'fmg-mapping-left-empty',
    breaks: 'a mapping without members may let the members of the group through',
    file: `${folder}/channels/device-mappings.ts`,
    edits: [['return next.length === 0 ? [placeholder] : next;', 'return next;']],
    killers: [mappingsTest],
  },
  {
    name: 'fmg-deleted-as-seen-before',
    breaks: 'a group that a person made while a lock was waited for is deleted with ours',
    file: `${folder}/channels/group-rows.ts`,
    edits: [['if (there.some(', 'if (there.length > 9 && there.some(']],
    killers: [`${folder}/workspace.test.ts`],
  },
  {
    name: 'fmg-mapping-of-others-taken-along',
    breaks: 'a group goes with the mappings that other devices have in it',
    file: `${folder}/channels/device-mappings.ts`,
    edits: [['group.dynamic_mapping.length === 1 &&', 'group.dynamic_mapping.length >= 1 &&']],
    killers: [mappingsTest],
  },
  {
    name: 'fmg-mapping-deleted-in-use',
    breaks:
      'a mapping goes while a rule uses its group, and the device takes the members of the group instead',
    file: `${folder}/channels/device-mappings.ts`,
    edits: [['if (users.length > 0)', 'if (users.length > 1e6)']],
    killers: [mappingsTest, contract],
  },
  {
    name: 'fmg-not-looked-again-after-waiting',
    breaks: 'a list is set as it was before somebody who held the lock edited it',
    file: `${folder}/workspace.ts`,
    edits: [['if (waited && !(await', 'if (waited && first.length < 0 && !(await']],
    killers: [mappingsTest],
  },
  {
    name: 'fmg-list-not-set-without-refused',
    breaks: 'an address that has no room keeps all changes of its list out',
    file: `${folder}/channels/object-batch.ts`,
    edits: [['items.length < first.list.items.length', 'items.length < 0']],
    killers: [mappingsTest, contract],
  },
  {
    name: 'fmg-other-devices-make-uncertain',
    breaks: 'what waits for one device is taken to wait for another',
    file: `${folder}/install.ts`,
    edits: [['device === undefined || (dev === device.name', "device === undefined || (dev !== ''"]],
    killers: [mappingsTest],
  },
  {
    name: 'fmg-mapping-installed-everywhere',
    breaks: 'what is for one device is installed on all of them',
    file: `${folder}/install.ts`,
    edits: [
      ['...(device ? { scope: [device] } : {})', "...(device?.name === '' ? { scope: [device] } : {})"],
    ],
    killers: [mappingsTest],
  },
  {
    name: 'fmg-feed-from-a-late-read',
    breaks: 'a file is made from what it was before our last change, so that a dead address is back',
    file: `${folder}/channels/feed.ts`,
    edits: [['this.#ownWrites.refuseLate(object.name, found?.entries);', '']],
    killers: ['test/contract/late-reads.test.ts'],
  },
  {
    name: 'fmg-mapping-from-a-late-read',
    breaks: 'a mapping is made from what it was before our last change',
    file: `${folder}/channels/device-mappings.ts`,
    edits: [['if (lacks.length === 0) this', 'if (lacks.length > 9) this']],
    killers: ['test/contract/late-reads.test.ts'],
  },
  {
    name: 'fmg-part-lock-is-no-lock',
    breaks: "the manager lets an ADOM be locked over somebody's lock of a package in it",
    file: `${folder}/simulator/workspace-api.ts`,
    edits: [['[adom.lock, ...adom.parts.all()]', '[adom.lock]']],
    killers: [simulatorTest, workspaceTest],
  },
  {
    name: 'fmg-part-lock-opens-all',
    breaks: 'the lock of a package lets its session change everything',
    file: `${folder}/simulator/locks.ts`,
    edits: [
      [
        'lock.session === session && (other === place || place.startsWith(`${other}/`))',
        "lock.session === session && other !== ''",
      ],
    ],
    killers: [simulatorTest],
  },
  {
    name: 'fmg-save-takes-table',
    breaks: 'whoever saves a row undoes what somebody else saved in that table',
    file: `${folder}/simulator/drafts.ts`,
    edits: [['if (draft.base !== saved) {', 'if (draft.base.size > saved.size) {']],
    killers: [simulatorTest],
  },
  {
    name: 'fmg-any-number-of-members',
    breaks: 'a simulated group takes any number of members',
    file: `${folder}/simulator/row-checks.ts`,
    edits: [["path === 'firewall/addrgrp' ?", "path === '' ?"]],
    killers: [simulatorTest],
  },
  {
    name: 'fmg-part-lock-unnamed',
    breaks: 'who waits in vain for the lock of an ADOM is not told that a part of it may be locked',
    file: `${folder}/workspace.ts`,
    edits: [['${held ?? unnamed}', "${held ?? 'somebody'}"]],
    killers: [workspaceTest],
  },
];
