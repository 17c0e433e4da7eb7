import type { Mutant } from './mutant.ts';

const digests = 'test/app/digests.test.ts';
const verdicts = 'test/app/digest-verdicts.test.ts';
const sender = 'cluster-agent/lib/sender-digests.test.ts';

/** What agent and hub tell each other about whole shards, and what the hub believes when state was lost. */
export const ofDigests: readonly Mutant[] = [
  {
    name: 'outdated-row-believed',
    breaks: 'an endpoint that a backup put back from before a configuration counts as evaluated by it',
    file: 'lib/app/ingest/restore-memberships.ts',
    edits: [
      ['record !== undefined && generation < active.generation', 'record !== undefined && generation < 0'],
    ],
    killers: ['test/app/endpoints-put-back.test.ts'],
  },
  {
    name: 'put-back-row-owns',
    breaks: 'an endpoint that a backup put back has its address again, whoever got it since',
    file: 'lib/app/ingest/reevaluate.ts',
    edits: [['(readOwner(owners[index])?.endpoint ?? self) !== self', 'index < 0']],
    killers: ['test/app/endpoints-put-back.test.ts'],
  },
  {
    name: 'digest-by-count',
    breaks: 'a shard counts as equal when it holds as many endpoints',
    file: 'lib/app/ingest/apply-digest.ts',
    edits: [['own.hash === hash', "hash !== '-'"]],
    killers: [digests, verdicts],
  },
  {
    name: 'untold-services-gone',
    breaks: 'services that an agent does not tell count as gone',
    file: 'lib/app/ingest/shard-rows.ts',
    edits: [['(told.services || !isServiceKind(parseEndpointId(row.id).kind))', 'told']],
    killers: ['test/app/services.test.ts'],
  },
  {
    name: 'overtaken-digest-verified',
    breaks: 'a digest verifies a shard of which the hub knows something newer',
    file: 'lib/app/ingest/apply-digest.ts',
    edits: [["isAfter(row, at))) return 'overtaken'", "isAfter(row, at))) return 'equal'"]],
    killers: [digests, verdicts],
  },
  {
    name: 'differing-digest-ignored',
    breaks: 'the manifests of shards that differ are never asked for',
    file: 'lib/app/ingest/apply-digest.ts',
    edits: [["[...shardsOf('overtaken'), ...shardsOf('differs')]", "[...shardsOf('overtaken')]"]],
    killers: [digests, verdicts],
  },
  {
    name: 'other-digest-taken',
    breaks: 'a digest that is computed in another way is compared',
    file: 'lib/app/ingest/ingest-event.ts',
    edits: [['detail.digest !== digestVersion', 'detail.digest < digestVersion']],
    killers: [digests, verdicts],
  },
  {
    name: 'resent-asked-again',
    breaks: 'what the hub refuses is asked for again and again, without a pause',
    file: 'lib/app/ingest/apply-manifest.ts',
    edits: [['manifest.resent !== true', 'manifest.shard >= 0']],
    killers: [digests, verdicts],
  },
  {
    name: 'verified-without-memberships',
    breaks: 'a shard is verified although memberships of its endpoints are missing',
    file: 'lib/app/ingest/verify-shards.ts',
    edits: [
      [
        'await restoreMemberships(context, livingIn(rows))',
        'await restoreMemberships(context, livingIn(rows).slice(0, 0))',
      ],
    ],
    killers: [digests, verdicts],
  },
  {
    name: 'missing-membership-passed-over',
    breaks: 'the sweep does not look for memberships that are missing',
    file: 'lib/app/sweep/sweep-shard.ts',
    edits: [['restoreMemberships(context, endpoints)', 'restoreMemberships(context, endpoints.slice(0, 0))']],
    killers: [digests, verdicts],
  },
  {
    name: 'verified-across-a-loss',
    breaks: 'rows that were compared before a loss verify their shard after it',
    file: 'lib/app/state/clusters.ts',
    edits: [["if: [{ attribute: 'epoch', is: '=', value: state.epoch }],", '']],
    killers: [digests, verdicts],
  },
  {
    name: 'loss-keeps-verified',
    breaks: 'the loss of a table leaves everything verified',
    file: 'lib/app/state/clusters.ts',
    edits: [["{ losses: 1, epoch: epochs }, remove: ['verified'] }", '{ losses: 1, epoch: epochs } }']],
    killers: [digests, verdicts],
  },
  {
    name: 'loss-keeps-the-epoch',
    breaks:
      'a digest that was made before a table was lost, and is heard after it, verifies what is not there',
    file: 'lib/app/state/clusters.ts',
    edits: [['add: { losses: 1, epoch: epochs }', 'add: { losses: 1, epoch: 0 * epochs }']],
    killers: [digests, verdicts],
  },
  {
    name: 'pulse-not-read',
    breaks: 'a lost table is taken for an empty one until the sweep notices',
    file: 'lib/app/sync/inferred.ts',
    edits: [['tables, tablesOfClusters,', 'tables, tablesOfClusters.slice(0, 0),']],
    killers: [digests, verdicts],
  },
  {
    name: 'lost-marks-not-looked-for',
    breaks: 'the loss of dirty rows leads to no comparison',
    file: 'lib/app/sweep/sweep-pulses.ts',
    edits: [['firewalls)) {\n    // What an older', 'firewalls).slice(0, 0)) {\n    // What an older']],
    killers: [digests, verdicts],
  },
  {
    name: 'uncertain-shard-told',
    breaks: 'a digest speaks of shards of which a call had no answer',
    file: 'cluster-agent/lib/digests.ts',
    edits: [['uncertain.has(shard)', 'uncertain.has(-1 - shard)']],
    killers: [sender],
  },
  {
    name: 'digest-once',
    breaks: 'agent and hub are compared only when an agent starts',
    file: 'cluster-agent/lib/agent.ts',
    edits: [['this.#hub.epoch === this.#begun) this', 'this.#begun === -1) this']],
    killers: [digests, verdicts],
  },
  {
    name: 'start-tells-nothing-to-older-hub',
    breaks: 'an agent sends a digest to a hub that knows none, and never its endpoints',
    file: 'cluster-agent/lib/hub-link.ts',
    edits: [
      [
        '(answer[feature] ?? 0) >= featureVersions[feature]',
        '(answer[feature] ?? featureVersions[feature]) >= featureVersions[feature]',
      ],
    ],
    killers: ['cluster-agent/lib/hub-link.test.ts', digests],
  },
  {
    name: 'unknown-record-left-out',
    breaks: 'a manifest leaves out an endpoint whose namespace is not known yet, and the hub removes it',
    file: 'cluster-agent/lib/told.ts',
    edits: [
      ["yield [id, record ? contentHash(record) : '?'];", 'if (record) yield [id, contentHash(record)];'],
    ],
    killers: [sender],
  },
  {
    name: 'address-not-given-back',
    breaks: 'a pod that lost its address to one that is gone waits for its own next record',
    file: 'lib/app/ingest/claim-addresses.ts',
    edits: [['fromGone ?? (!isNew || isDated)', 'fromGone === undefined && !isNew']],
    killers: [digests, verdicts],
  },
  {
    name: 'held-addition-told-again',
    breaks: 'an addition that a brake holds goes on when it is told once more after a loss',
    file: 'lib/app/sync/questions.ts',
    edits: [
      ["(op === 'add' && toldAgain.includes(cause))", "(op === 'remove' && toldAgain.includes(cause))"],
    ],
    killers: [digests, verdicts],
  },
  {
    name: 'loss-between-two-looks',
    breaks: 'a loss that was noticed and mended between two reads of a run is not seen by it',
    file: 'lib/app/sync/inferred.ts',
    edits: [['return !known || (state.losses', 'return known && (state.losses']],
    killers: ['lib/app/sync/inferred.test.ts'],
  },
  {
    name: 'asking-to-look-is-telling',
    breaks: 'who only asks to look at an address counts as somebody who knows that nobody wants it',
    file: 'lib/app/sync/inferred.ts',
    edits: [["return cause === 'reconcile' || source === undefined;", "return cause === 'reconcile';"]],
    killers: [digests],
  },
  {
    name: 'unknown-endpoint-is-nobodys',
    breaks:
      'an address of which nobody knows for whom it is there leaves while memberships are written again',
    file: 'lib/app/sync/questions.ts',
    edits: [['...(strays ? place.clusters : [])', '...(strays ? [] : place.clusters)']],
    killers: [digests],
  },
  {
    name: 'freeze-hides-unverified',
    breaks: 'a removal that is not verified is shown as frozen, and released with the freeze',
    file: 'lib/app/freezes.ts',
    edits: [[" || hold.reason === 'unverified') return hold;", ') return hold;']],
    killers: ['test/app/freeze.test.ts'],
  },
  {
    name: 'group-back-not-searched',
    breaks: 'memberships that nobody names stay when their group comes back',
    file: 'lib/app/sweep/sweep-orphans.ts',
    edits: [['if (come) await searchOrphans', 'if (come && groups.length < 0) await searchOrphans']],
    killers: [digests],
  },
  {
    name: 'never-searched-unless-lost',
    breaks: 'a membership that nobody names stays for ever when no table was lost',
    file: 'lib/app/sweep/sweep-orphans.ts',
    edits: [["count(search, 'at') >= everyMs", "count(search, 'at') >= Infinity"]],
    killers: [digests],
  },
];
