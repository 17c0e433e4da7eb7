import type { Mutant } from './mutant.ts';

const agent = 'cluster-agent/lib/agent.ts';
const deaf = 'test/app/deaf-agent.test.ts';
const hearing = 'lib/core/model/hearing.test.ts';

/** An agent that beats and knows nothing new of its cluster. */
export const ofHearing: readonly Mutant[] = [
  {
    name: 'deaf-agent-not-silent',
    breaks: 'a cluster counts as heard for as long as heartbeats come, whatever its agent hears',
    file: 'lib/app/sweep/sweep-cluster.ts',
    edits: [
      ['const since = knownUntil(state);', 'const since = Math.max(state.heartbeatAt, knownUntil(state));'],
    ],
    killers: [deaf],
  },
  {
    name: 'old-knowledge-compared',
    breaks: 'the hub verifies shards by what the agent knew hours ago',
    file: 'cluster-agent/lib/statements.ts',
    edits: [['|| !this.#options.status.hears()', '|| this.#options.status.hears === undefined']],
    killers: [deaf],
  },
  {
    name: 'deaf-agent-ready',
    breaks: 'an agent that hears nothing of its cluster says that it is ready',
    file: 'cluster-agent/lib/status.ts',
    edits: [['this.started && this.hears()', 'this.started']],
    killers: [deaf],
  },
  {
    name: 'quiet-kind-not-listed',
    breaks: 'where no bookmarks come a healthy cluster counts as silent',
    file: 'cluster-agent/lib/reflector.ts',
    edits: [['this.#heardAt > quietMilliseconds', 'this.#heardAt > 99 * quietMilliseconds']],
    killers: ['cluster-agent/lib/reflector.test.ts'],
  },
  {
    name: 'never-listed-heard',
    breaks: 'an agent that could never list its pods counts as one that hears',
    file: 'lib/core/model/hearing.ts',
    edits: [['?? Number.POSITIVE_INFINITY', '?? 0']],
    killers: [hearing, deaf],
  },
  {
    name: 'deaf-silence-begins-anew',
    breaks: 'addresses of a cluster whose agent hears nothing never expire',
    file: 'lib/core/desired/silence.ts',
    edits: [['since <= silence.at', 'since === silence.since']],
    killers: ['lib/core/desired/silence.test.ts', deaf],
  },
  {
    name: 'one-kind-silences-all',
    breaks: 'without the right to services an agent tells no pods either',
    file: agent,
    edits: [['!listed.has(kind) && !this.#failed.has(kind)', '!listed.has(kind)']],
    killers: [deaf],
  },
  {
    name: 'unlisted-services-gone',
    breaks: 'services that could not be listed yet count as gone',
    file: agent,
    edits: [
      ['this.status.listed.size === this.#kinds.length;', 'this.status.listed.size <= this.#kinds.length;'],
    ],
    killers: [deaf],
  },
];
