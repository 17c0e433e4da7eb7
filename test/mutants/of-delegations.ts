import type { Mutant } from './mutant.ts';

const delegations = 'test/app/delegations.test.ts';
const admission = 'lib/core/delegation/admit.test.ts';
const onTop = 'lib/app/delegation/on-top-of-teams.ts';
const admit = 'lib/core/delegation/admit.ts';

/** Ways in which what teams make by resources could open too much, stay for ever, or stand in the way of a person. */
export const ofDelegations: readonly Mutant[] = [
  {
    name: 'plans-outdated-by-teams',
    breaks: 'a resource that changes makes the plan of a person outdated',
    file: onTop,
    edits: [['const rebased = onlyTeamsSince(before, base);', 'const rebased = false;']],
    killers: [delegations],
  },
  {
    name: 'person-overruled',
    breaks: 'an apply goes on top of what another person applied since its plan',
    file: onTop,
    edits: [[' && active.releasedSince <= generation', '']],
    killers: [delegations],
  },
  {
    name: 'withdrawn-group-left-early',
    breaks: 'a group leaves the configuration while its removal is under way, and its members stay for ever',
    file: 'lib/app/delegation/resource-groups.ts',
    edits: [["row.state !== 'absent'", "row.state === 'unknown'"]],
    killers: [delegations],
  },
  {
    name: 'other-namespaces-selected',
    breaks: 'the group of a resource takes pods of other namespaces',
    file: admit,
    edits: [["`kubernetes.io/metadata.name == '${request.namespace}'`", "'all()'"]],
    killers: [admission, delegations],
  },
  {
    name: 'more-members-than-delegated',
    breaks: 'a resource may be larger than its delegation',
    file: admit,
    edits: [['if (size > maxMembers)', 'if (size > maxMembers * 1000)']],
    killers: [admission, delegations],
  },
  {
    name: 'any-firewall-named',
    breaks: 'a resource is accepted that names a firewall nobody delegated',
    file: admit,
    edits: [['if (foreign !== undefined)', "if (foreign === 'none')"]],
    killers: [admission, delegations],
  },
];
