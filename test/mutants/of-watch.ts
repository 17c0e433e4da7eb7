import type { Mutant } from './mutant.ts';

const reflector = 'cluster-agent/lib/reflector.ts';
const reflectorTest = 'cluster-agent/lib/reflector.test.ts';
const api = 'cluster-agent/kubernetes-api.ts';
const apiTest = 'cluster-agent/kubernetes-api.test.ts';

/** From the Kubernetes API to the agent's store. */
export const ofWatch: readonly Mutant[] = [
  {
    name: 'answer-without-items-empty',
    breaks: 'an answer that lacks its items is taken for a cluster without pods',
    file: api,
    edits: [['items: z.array(z.unknown()),', 'items: z.array(z.unknown()).default([]),']],
    killers: [apiTest],
  },
  {
    name: 'unreadable-object-gone',
    breaks: 'an object of a listing that cannot be read is taken for one that is gone',
    file: reflector,
    edits: [['inferRemovals: !unreadable', 'inferRemovals: !unreadable || found.length >= 0']],
    killers: [reflectorTest],
  },
  {
    name: 'too-many-addresses-told',
    breaks: 'the hub refuses a node with many addresses, and all its pods',
    file: 'lib/kubernetes/read-object.ts',
    edits: [
      ['if (addresses.length <= addressesMost) return', 'if (addresses.length <= 99 * addressesMost) return'],
    ],
    killers: ['lib/kubernetes/projection.test.ts', 'test/app/many-addresses.test.ts'],
  },
  {
    name: 'retry-after-ignored',
    breaks: 'the agent comes back sooner than the API asks',
    file: 'cluster-agent/lib/api-error.ts',
    edits: [['Math.max(ours, error.retryAfterMilliseconds)', 'ours']],
    killers: [reflectorTest],
  },
  {
    name: 'version-given-up-while-down',
    breaks: 'an API that is down costs a new listing, whose removals nobody saw',
    file: reflector,
    edits: [['failures: 20', 'failures: 5']],
    killers: [reflectorTest],
  },
  {
    name: 'bad-version-kept',
    breaks: 'a version that the API refuses is tried for ever',
    file: reflector,
    edits: [['if (doubtful) doubts += 1;', 'if (doubtful) doubts += 0;']],
    killers: [reflectorTest],
  },
  {
    name: 'expired-page-asked-again',
    breaks: 'a listing that cannot be continued is continued',
    file: reflector,
    edits: [['|| isGone(error) ||', '|| (isGone(error) && attempt > 99) ||']],
    killers: [reflectorTest],
  },
  {
    name: 'pages-never-larger',
    breaks: 'a listing that takes too long to be continued begins again for ever, with the same pages',
    file: 'cluster-agent/lib/reflector.ts',
    edits: [['if (next !== undefined && isGone(error)) this.#tooSlow += 1;', '']],
    killers: ['cluster-agent/lib/reflector.test.ts'],
  },
];
