import type { Mutant } from './mutant.ts';

const replicas = 'cluster-agent/lib/replica.test.ts';
const link = 'cluster-agent/lib/hub-link.test.ts';
const election = 'cluster-agent/lib/election.ts';
const hubLink = 'cluster-agent/lib/hub-link.ts';

/** Which replica of the agent leads, and what one that does not lead any more can still do. */
export const ofElection: readonly Mutant[] = [
  {
    name: 'epoch-for-whoever-asks',
    breaks: 'another process gets the epoch of the one before',
    file: 'lib/app/state/clusters.ts',
    edits: [['if (state.process === hello.process) return', 'if (state.process !== undefined) return']],
    killers: [replicas],
  },
  {
    name: 'lease-judged-by-its-own-time',
    breaks: 'the time that another node wrote into the Lease decides whether it is over',
    file: election,
    edits: [
      [
        'const left = held ? seen.since + seen.durationMs - elapsed() : 0;',
        'const left = held ? (stored?.record.renewedAt ?? 0) + seen.durationMs - clock.now() : 0;',
      ],
      ['const { clock, elapsed, identity, lease }', 'const { clock, identity, lease }'],
    ],
    killers: [replicas],
  },
  {
    name: 'lease-of-any-length-believed',
    breaks: 'whoever writes a long duration into the Lease keeps a dead leader in office',
    file: election,
    edits: [
      [
        'Math.min(Math.max(seconds, 1), longestDurationSeconds)',
        'Math.min(Math.max(seconds, 1), 1e6 * longestDurationSeconds)',
      ],
    ],
    killers: [replicas],
  },
  {
    name: 'leader-overwrites-successor',
    breaks: 'a leader that stood still takes the Lease back from its successor',
    file: election,
    edits: [
      [
        'if (stored && !sameTerm(stored.record, mine.record)) return false;',
        'if (stored && !sameTerm(mine.record, mine.record)) return false;',
      ],
    ],
    killers: [replicas],
  },
  {
    name: 'lease-never-given-up',
    breaks: 'a leader that is told to stop keeps the others waiting',
    file: 'cluster-agent/lib/replica.ts',
    edits: [['await election?.giveUp();', '']],
    killers: [replicas],
  },
  {
    name: 'deposed-leader-goes-on',
    breaks: 'a leader that sees another one in the Lease goes on',
    file: 'cluster-agent/lib/replica.ts',
    edits: [["if (how === 'lost') end();", '']],
    killers: [replicas],
  },
  {
    name: 'old-leader-eats-messages',
    breaks: 'a leader of before takes what the hub said to its successor',
    file: hubLink,
    edits: [
      [
        '      await message.release();\n      return false;\n    } else if (parsed',
        '      await message.ack();\n      return false;\n    } else if (parsed',
      ],
    ],
    killers: [link],
  },
  {
    name: 'hello-without-lease',
    breaks: 'a process that stood still greets the hub and deposes its successor',
    file: hubLink,
    edits: [['while (!mayGreet() && !stop.aborted)', 'while (!mayGreet() && stop.aborted)']],
    killers: [link],
  },
  {
    name: 'hello-ordered-by-the-clocks-of-nodes',
    breaks: 'a replica whose clock is behind gets no epoch',
    file: 'lib/app/ingest/ingest-event.ts',
    edits: [['return Math.min(Math.max(sentAt, second), second + 999);', 'return sentAt;']],
    killers: [replicas],
  },
];
