import type { Mutant } from './mutant.ts';

const served = 'test/app/lists.test.ts';
const hostile = 'test/hostile/list-readers.test.ts';
const contract = 'test/contract/firewalls.test.ts';
const connection = 'lib/firewalls/pull-list/connection.test.ts';

/** What is said to firewalls that fetch lists, and who is let in. */
export const ofLists: readonly Mutant[] = [
  {
    name: 'list-written-unconditionally',
    breaks: 'an old run writes over what a newer one put into a list',
    file: 'lib/firewalls/pull-list/bucket.ts',
    edits: [["...(tag === undefined ? { IfNoneMatch: '*' } : { IfMatch: tag }),", '']],
    killers: [connection],
  },
  {
    name: 'foreign-list-overwritten',
    breaks: 'a list without our mark is written',
    file: 'lib/firewalls/pull-list/change.ts',
    edits: [
      [
        'if (list && !marks.isFor(object, list.comment)) throw',
        'if (list && marks.isFor(object, "?")) throw',
      ],
    ],
    killers: [contract],
  },
  {
    name: 'list-beyond-its-readers',
    breaks: 'a list grows beyond what its readers take, and they cut it without a word',
    file: 'lib/firewalls/pull-list/change.ts',
    edits: [['entries.size + fresh > most', 'entries.size + fresh < 0']],
    killers: [contract],
  },
  {
    name: 'never-filled-list-served',
    breaks: 'a firewall that is set up early loads an empty list',
    file: 'lib/app/lists/shelf.ts',
    edits: [["if (!filled && text === '')", "if (!filled && text === '?')"]],
    killers: [served],
  },
  {
    name: 'half-a-list-taken',
    breaks: 'a list whose second half was lost on the way is served, and written back',
    file: 'lib/firewalls/pull-list/bucket.ts',
    edits: [['answer.ContentLength !== body.length', 'answer.ContentLength === -1']],
    killers: [connection],
  },
  {
    name: 'emptied-list-missing',
    breaks:
      'a list that was emptied is 404 for a copy that asked before its first member, and firewalls keep what was in it',
    file: 'lib/app/lists/shelf.ts',
    edits: [
      [
        "if (!filled && text === '') return { copy: undefined, tag: undefined, until };",
        "if (!filled && text === '') return { copy: undefined, tag, until };",
      ],
    ],
    killers: [served],
  },
  {
    name: 'look-counts-as-fetch',
    breaks: 'status says that a firewall has a version that it never got',
    file: 'lib/app/lists/serve-lists.ts',
    edits: [
      [
        "if (request.method === 'HEAD') return",
        "if (request.method === 'HEAD') await this.#notes.note({ list, ...who, version: copy.version });\n    if (request.method === 'HEAD') return",
      ],
    ],
    killers: [served],
  },
  {
    name: 'state-that-hangs-asked-each-time',
    breaks: 'every firewall waits for a state that hangs',
    file: 'lib/app/lists/kept.ts',
    edits: [['this.#until = clock.now() + maxAgeMs;', 'this.#until = 0;']],
    killers: [served],
  },
  {
    name: 'silent-reader-not-told',
    breaks: 'a firewall that stopped fetching is told a week later',
    file: 'lib/core/lists.ts',
    edits: [['silence > silentAfterMs &&', 'silence > silentAfterMs + goneMs / 2 &&']],
    killers: [served],
  },
  {
    name: 'taken-away-firewall-told-for-ever',
    breaks: 'a firewall that was taken away raises its alarm as long as its rows are there',
    file: 'lib/core/lists.ts',
    edits: [['silence < silentAfterMs + goneMs', 'silence < silentAfterMs + 5 * goneMs']],
    killers: [served],
  },
  {
    name: 'refusals-fill-the-log',
    breaks: 'a firewall with an old password writes a line of log with each try',
    file: 'lib/app/lists/notes.ts',
    edits: [['?? -againMs) < againMs', '?? -againMs) < 0']],
    killers: [hostile],
  },
  {
    name: 'last-copy-not-served',
    breaks: 'a list that was served a minute ago is refused while its bucket is ill',
    file: 'lib/app/lists/shelf.ts',
    edits: [['return this.#keep(name, { ...known, until: clock.now() + pauseMs });', "return 'unknown';"]],
    killers: [served],
  },
  {
    name: 'forwarded-source-believed',
    breaks: 'a header that anybody can send says where a request comes from',
    file: 'lib/app/lists/reader.ts',
    edits: [["split(',').at(-1)", "split(',').at(0)"]],
    killers: [hostile],
  },
  {
    name: 'header-believed-twice',
    breaks: 'of two headers the first is believed, whoever wrote it',
    file: 'lib/app/lists/reader.ts',
    edits: [['isTwice(request, name)', 'isTwice(request, `${name}?`)']],
    killers: [hostile],
  },
  {
    name: 'any-certificate-lets-in',
    breaks: 'every certificate of the company is that of the reader',
    file: 'lib/app/lists/reader.ts',
    edits: [
      ['this.#certificates && certificateSubject === subject', 'this.#certificates && subject !== undefined'],
    ],
    killers: [hostile],
  },
  {
    name: 'password-of-nobody',
    breaks: 'a reader without a password in the secret is let in with an empty one',
    file: 'lib/app/lists/reader.ts',
    edits: [['fits && expected.length > 0', 'fits']],
    killers: [hostile],
  },
  {
    name: 'every-fetch-noted',
    breaks: 'ten thousand firewalls write ten thousand rows a minute',
    file: 'lib/app/lists/notes.ts',
    edits: [['at - known.at < againMs', 'at - known.at < 0']],
    killers: [served],
  },
  {
    name: 'whole-list-each-time',
    breaks: 'a firewall that has the version gets the whole list again',
    file: 'lib/app/lists/serve-lists.ts',
    edits: [
      [
        "if (knows(single(request, 'if-none-match'), version))",
        "if (knows(single(request, 'if-match'), version))",
      ],
    ],
    killers: [served],
  },
  {
    name: 'list-token-shown',
    breaks: 'an error shows the session token that who answers repeats',
    file: 'lib/firewalls/pull-list/bucket.ts',
    edits: [["sent.token === '' ? text", "sent.token !== '' ? text"]],
    killers: ['test/hostile/every-vendor.test.ts'],
  },
  {
    name: 'fetched-list-retired',
    breaks: 'a list that firewalls still fetch is taken away from them',
    file: 'lib/app/commands/leaving/fetchers.ts',
    edits: [['const usedForMs = 24 * 60 * 60_000', 'const usedForMs = -1']],
    killers: ['test/app/lists.test.ts'],
  },
  {
    name: 'checksum-counts-as-fetched',
    breaks: 'a feed that asked whether a list is another one counts as having it',
    file: 'lib/app/lists/serve-lists.ts',
    edits: [['this.#notes.noteHeld(fetch)', 'this.#notes.note(fetch)']],
    killers: ['test/app/lists.test.ts'],
  },
];
