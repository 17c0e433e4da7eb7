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
    name: 'other-hub-taken-over',
    breaks: 'an agent of another hub is taken over',
    file: `${folder}/preview.ts`,
    edits: [['bus === settings.environment.ZONEBRIDGE_BUS', "settings.environment.ZONEBRIDGE_BUS !== ''"]],
    killers: [commands],
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
    edits: [['  if ((await heard(ports, wanted.id)).epoch > 0) return undefined;\n', '']],
    killers: [rounds],
  },
  {
    name: 'manifests-share-a-file',
    breaks: 'of an object that several namespaces need one file is written for all',
    file: `${folder}/write-manifests.ts`,
    edits: [["namespace === undefined ? '' : `${namespace}.`", "namespace === undefined ? '.' : ''"]],
    killers: ['test/app/written-manifests.test.ts'],
  },
];
