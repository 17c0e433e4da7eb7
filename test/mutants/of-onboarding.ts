import type { Mutant } from './mutant.ts';

const folder = 'lib/app/onboarding';
const commands = 'test/app/onboarding.test.ts';
const otherHub = 'test/app/other-hub.test.ts';
const rounds = 'test/app/onboard-clusters.test.ts';

/** Who gets an agent, who is let into a cluster, and what is taken out of it again. */
export const ofOnboarding: readonly Mutant[] = [
  {
    name: 'offboard-takes-foreign',
    breaks: 'objects that lost our label are deleted, too',
    file: `${folder}/offboard.ts`,
    edits: [
      ['holdsOthers.has(object.kind) || !isOurs(stored)', 'holdsOthers.has(object.kind) && isOurs(stored)'],
    ],
    killers: [commands],
  },
  {
    name: 'access-entry-stays',
    breaks: 'the administrator that was let in for the work stays',
    file: `${folder}/enter.ts`,
    edits: [['    await installer.eks.dismiss(eks.name, principal);\n', '']],
    killers: [commands],
  },
  {
    name: 'left-entry-stays',
    breaks: 'the administrator that a killed run left stays',
    file: `${folder}/own-entry.ts`,
    edits: [["entry?.state === 'left'", "entry?.state === 'foreign'"]],
    killers: ['test/app/temporary-access.test.ts', 'test/app/onboarding-rounds.test.ts'],
  },
  {
    name: 'left-entry-believed',
    breaks: 'work goes on under an access entry that was just deleted',
    file: `${folder}/look.ts`,
    edits: [["entry?.state === 'left' && needsAccess", 'entry === undefined']],
    killers: ['test/app/temporary-access.test.ts'],
  },
  {
    name: 'entry-in-use-deleted',
    breaks: 'the access of a run that is under way is deleted by another one',
    file: `${folder}/own-entry.ts`,
    edits: [['now - madeAt > longestAccessMs', 'now >= madeAt']],
    killers: ['test/app/temporary-access.test.ts'],
  },
  {
    name: 'work-without-end',
    breaks: 'work under temporary access goes on for ever',
    file: `${folder}/limits.ts`,
    edits: [['clock.now() >= until', 'clock.now() < 0']],
    killers: ['test/app/temporary-access.test.ts', 'test/app/onboarding-rounds.test.ts'],
  },
  {
    name: 'interrupt-ignored',
    breaks: 'work goes on after a person ended it',
    file: `${folder}/limits.ts`,
    edits: [['stop?.aborted', 'stop?.aborted === undefined && stop']],
    killers: ['test/app/temporary-access.test.ts'],
  },
  {
    name: 'entry-stays-where-heard',
    breaks: 'the function stays an administrator of a cluster that it need not work on again',
    file: `${folder}/onboard-clusters.ts`,
    edits: [
      [
        '      await withoutLeftEntry(installer, cluster, ports.clock.now());',
        '      await Promise.resolve();',
      ],
    ],
    killers: ['test/app/onboarding-rounds.test.ts'],
  },
  {
    name: 'round-without-end',
    breaks: 'clusters that do not answer use up the time of the function',
    file: `${folder}/onboard-clusters.ts`,
    edits: [['ports.clock.now() >= end', 'ports.clock.now() < 0']],
    killers: ['test/app/onboarding-rounds.test.ts'],
  },
  {
    name: 'other-hub-taken-over',
    breaks: 'an agent of another hub is taken over',
    file: `${folder}/preview.ts`,
    edits: [['bus === settings.environment.ZONEBRIDGE_BUS', "settings.environment.ZONEBRIDGE_BUS !== ''"]],
    killers: [commands],
  },
  {
    name: 'agent-elsewhere-robbed',
    breaks: 'the rights of an agent in another namespace are given to the new one, or removed with it',
    file: `${folder}/preview.ts`,
    edits: [
      [
        "typeof namespace === 'string' && namespace !== own",
        "typeof namespace === 'string' && namespace === '' && namespace !== own",
      ],
    ],
    killers: [otherHub],
  },
  {
    name: 'other-hub-not-asked-inside',
    breaks: 'who is let in for the work does not ask there whose agent it is',
    file: `${folder}/onboard.ts`,
    edits: [['    if (obstacles.length > 0) throw notReady(wanted.key, obstacles);\n', '']],
    killers: [otherHub, rounds],
  },
  {
    name: 'other-hub-offboarded',
    breaks: 'who is let in for the work takes the agent of another hub out',
    file: `${folder}/offboard.ts`,
    edits: [['    if (obstacles.length > 0) throw notReady(wanted.key, obstacles);\n', '']],
    killers: [otherHub],
  },
  {
    name: 'other-hub-forgotten',
    breaks: 'that the agent is of another hub is lost when the objects are tried',
    file: `${folder}/preview.ts`,
    edits: [['trial === undefined || untried.obstacles.length > 0', 'trial === undefined']],
    killers: [otherHub],
  },
  {
    name: 'old-agent-will-do',
    breaks: 'the agent that is being replaced counts for the new one',
    file: `${folder}/onboard.ts`,
    edits: [['!restarted || now.process !== done.before.process', 'now.process !== undefined']],
    killers: [commands],
  },
  {
    name: 'tag-admits',
    breaks: 'the tag of a cluster alone gets it the agent',
    file: 'lib/core/onboarding/proposal.ts',
    edits: [['hub.onboarding?.admit?.includes(key)', 'hub.onboarding !== undefined']],
    killers: [rounds],
  },
  {
    name: 'name-admits',
    breaks: 'a cluster of another account is taken for the one of its name',
    file: 'lib/core/onboarding/proposal.ts',
    edits: [['clusterId(cluster) === id)', 'cluster.name === name)']],
    killers: [rounds],
  },
  {
    name: 'heard-cluster-touched',
    breaks: 'a cluster that has its agent is worked on again by its tag',
    file: `${folder}/onboard-clusters.ts`,
    edits: [['  if (await wasHeard(ports, cluster, wanted.id)) return undefined;\n', '']],
    killers: [rounds],
  },
  {
    name: 'manifests-share-a-file',
    breaks: 'of an object that several namespaces need one file is written for all',
    file: `${folder}/write-manifests.ts`,
    edits: [["namespace === undefined ? '' : `${namespace}.`", "namespace === undefined ? '.' : ''"]],
    killers: ['test/app/written-manifests.test.ts'],
  },
  {
    name: 'recreated-cluster-ignored',
    breaks: 'a cluster that was made anew under its old name never gets the agent',
    file: 'lib/app/onboarding/onboard-clusters.ts',
    edits: [['epoch > 0 && heartbeatAt >= createdAt', 'epoch > 0']],
    killers: ['test/app/onboard-clusters.test.ts'],
  },
  {
    name: 'yaml-of-another-version',
    breaks: 'a namespace called `no` or `0b11` is another one in the files that kubectl reads',
    file: 'lib/app/kubernetes-yaml.ts',
    edits: [["compat: 'yaml-1.1', ", '']],
    killers: ['test/app/written-manifests.test.ts', 'test/app/egress-policy.test.ts'],
  },
];
