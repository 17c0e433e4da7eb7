import type { Mutant } from './mutant.ts';

const core = 'lib/core/way-back';
const agent = 'cluster-agent/lib/way-back';
const followTest = `${agent}/follow.test.ts`;
const suite = ['test/contract/kubernetes/way-back.test.ts', followTest];

/** From the hub into the cluster: what is signed, for whom, how old, and whose the objects are. */
export const ofWayBack: readonly Mutant[] = [
  {
    name: 'producers-unordered',
    breaks:
      'producers are applied in the order of the manifest, so that what refers may come before what it refers to',
    file: 'cluster-agent/lib/way-back/follow.ts',
    edits: [
      [
        'manifest.parts.toSorted((a, b) => rank(a) - rank(b))',
        'manifest.parts.toSorted((a, b) => rank(a) - rank(a) + rank(b) - rank(b))',
      ],
    ],
    killers: ['cluster-agent/lib/way-back/follow.test.ts'],
  },
  {
    name: 'wake-up-unheard',
    breaks: 'an agent looks at another desired state only at its next turn',
    file: 'cluster-agent/lib/hub-link.ts',
    edits: [['this.#options.onDesired?.();', '']],
    killers: ['cluster-agent/lib/hub-link.test.ts'],
  },
  {
    name: 'signature-not-asked',
    breaks: 'a manifest that the hub did not sign is followed',
    file: `${core}/manifest.ts`,
    edits: [
      [
        'if (!(await verify(bytesToSign(signed), signature)))',
        'if (!(await verify(bytesToSign(signed), signature)) && signed.length === 0)',
      ],
    ],
    killers: suite,
  },
  {
    name: 'manifest-of-another-cluster',
    breaks: 'what the hub signed for another cluster is followed',
    file: `${core}/manifest.ts`,
    edits: [['if (read.data.cluster !== cluster)', 'if (read.data.cluster === "")']],
    killers: suite,
  },
  {
    name: 'older-manifest-followed',
    breaks: 'a manifest that is older than one that was taken is followed',
    file: `${agent}/claim.ts`,
    edits: [['if (taken > generation)', 'if (taken > generation + 1_000)']],
    killers: suite,
  },
  {
    name: 'former-key-not-signed-again',
    breaks:
      'what a replaced key signed lies there until contents change, and agents that forgot the key refuse it',
    file: 'lib/app/way-back/publish.ts',
    edits: [["own?.signedBy === 'in-force' && ", '']],
    killers: ['test/app/way-back.test.ts'],
  },
  {
    name: 'contents-not-compared',
    breaks: 'contents other than those that the manifest names are applied',
    file: `${core}/contents.ts`,
    edits: [['if (hashOf(text) !== part.sha256)', 'if (hashOf(text).length !== part.sha256.length)']],
    killers: suite,
  },
  {
    name: 'foreign-object-overwritten',
    breaks: "somebody else's object of the wanted name becomes ours",
    file: `${core}/judge.ts`,
    edits: [["!== producer) return 'foreign';", "=== '') return 'foreign';"]],
    killers: suite,
  },
  {
    name: 'older-entry-over-younger',
    breaks: 'an object is put back to what it was in an older generation',
    file: `${core}/judge.ts`,
    edits: [["return generationOf(live) > since ? 'newer' : 'apply';", "return 'apply';"]],
    killers: suite,
  },
  {
    name: 'made-without-condition',
    breaks: 'an agent that stood still goes over what a younger one made meanwhile',
    file: `${agent}/apply-part.ts`,
    edits: [
      ['const live = await objects.create(bare(entry, producer));', 'const live = bare(entry, producer);'],
    ],
    killers: [followTest],
  },
  {
    name: 'raised-generation-not-shown',
    breaks: 'nobody is told of an object whose generation somebody raised',
    file: `${core}/judge.ts`,
    edits: [["['foreign', 'newer', 'conflict', 'refused']", "['foreign', 'conflict', 'refused']"]],
    killers: suite,
  },
  {
    name: 'pruned-what-was-not-read',
    breaks: 'contents that are missing let the objects of their producer go',
    file: `${agent}/follow.ts`,
    edits: [
      [
        "throw new ZonebridgeError('desired/missing', `the contents of ${producer} are not there`);",
        '{ opened.push({ producer: producer as Producer, entries: [] }); continue; }',
      ],
    ],
    killers: suite,
  },
];
