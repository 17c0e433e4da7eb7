import type { Mutant } from './mutant.ts';

const tests = ['test/app/qualify.test.ts'];

/** What a device is trusted for after it was tried, and what a table that was put back may not do. */
export const ofQualify: readonly Mutant[] = [
  {
    name: 'qualified-though-broken',
    breaks: 'a channel that broke a promise counts as qualified',
    file: 'lib/app/qualify/qualify-firewall.ts',
    edits: [["every(({ state }) => state !== 'broken')", "some(({ state }) => state !== 'broken')"]],
    killers: tests,
  },
  {
    name: 'qualification-not-asked',
    breaks: 'apply writes to a version that nobody tried, though the configuration asks for it',
    file: 'lib/app/qualify/required.ts',
    edits: [
      ['if (!settings.requireQualification) continue;', 'if (settings.requireQualification) continue;'],
    ],
    killers: tests,
  },
  {
    name: 'scratch-not-proved',
    breaks: 'a scope in use is written to as if it were a scratch one',
    file: 'lib/app/qualify/qualify-firewall.ts',
    edits: [['if (used.length === 0) return;', 'if (used.length >= 0) return;']],
    killers: tests,
  },
  {
    name: 'older-control-goes-on',
    breaks: 'after control was put back, epochs are given out twice',
    file: 'lib/app/sweep/sweep-pulses.ts',
    edits: [['const leap = 1_000_000;', 'const leap = 0;']],
    killers: ['test/app/control-put-back.test.ts'],
  },
  {
    name: 'deleted-manifest-left',
    breaks: 'a manifest that somebody deleted is not put back',
    file: 'lib/app/way-back/publish.ts',
    edits: [
      [
        'if (isThere && row.published >= row.generation) return true;',
        'if (row.published >= row.generation) return true;',
      ],
    ],
    killers: ['test/app/way-back.test.ts'],
  },
  {
    name: 'one-producer-stops-all',
    breaks: 'what one producer cannot store keeps the others back',
    file: 'lib/app/way-back/publish-desired.ts',
    edits: [
      [
        '      failures.push(error);\n    }\n  }\n  return failures;',
        '      throw error;\n    }\n  }\n  return failures;',
      ],
    ],
    killers: ['test/app/way-back.test.ts'],
  },
  {
    name: 'upgraded-device-written',
    breaks: 'a device that was upgraded is written to without a qualification of its version',
    file: 'lib/app/sync/run-context.ts',
    edits: [
      [
        'if (this.active) await requireQualified',
        'if (this.active && totals.identityAt < 0) await requireQualified',
      ],
    ],
    killers: ['test/app/upgraded.test.ts'],
  },
  {
    name: 'growing-bytes-qualified',
    breaks: 'a device is qualified though the bytes of one change grow with the object',
    file: 'lib/app/qualify/trials.ts',
    edits: [['writesWhole === true || bytes <= most', 'bytes > 0']],
    killers: ['test/app/qualify-vendors.test.ts'],
  },
  {
    name: 'lost-reply-is-an-answer',
    breaks: 'a question whose call nobody answered says that the assumption does not hold',
    file: 'lib/firewalls/shared/refusal.ts',
    edits: [["  'firewall/outcome-unknown',\n", '']],
    killers: ['lib/firewalls/fortigate/open-questions.test.ts'],
  },
  {
    name: 'scratch-row-left',
    breaks: 'a row that a question made stays on the device when the device refuses the next one',
    file: 'lib/firewalls/fortigate/scratch.ts',
    edits: [['for (const one of made) await', 'for (const one of made.slice(1)) await']],
    killers: ['lib/firewalls/fortigate/open-questions.test.ts'],
  },
];
