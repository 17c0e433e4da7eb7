import type { Mutant } from './mutant.ts';

const delegations = 'test/app/delegations.test.ts';
const statuses = 'test/app/group-statuses.test.ts';
const standing = 'lib/app/way-back/standing.ts';
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
  {
    name: 'ill-firewall-counts',
    breaks: 'a group counts as published on a firewall that takes no changes',
    file: standing,
    edits: [['if (isIll(trouble))', 'if (isIll(trouble) && trouble.failures < 0)']],
    killers: [statuses],
  },
  {
    name: 'waiting-changes-count',
    breaks: 'a group counts as published while its changes wait',
    file: standing,
    edits: [["dirty.has(group) || more ? 'changes are on their way' : undefined", 'undefined']],
    killers: [statuses],
  },
  {
    name: 'paused-firewall-counts',
    breaks: 'a group counts as published while writes are paused',
    file: standing,
    edits: [['active.paused ?? pauses.get(firewall)', 'active.paused']],
    killers: [statuses],
  },
  {
    name: 'walk-counts',
    breaks: 'a new spec counts as published before its pods were looked at',
    file: standing,
    edits: [['(await walked)', '(await walked) || true']],
    killers: [statuses],
  },
  {
    name: 'former-spec-counts',
    breaks: 'a spec counts as published although firewalls have the one before',
    file: 'lib/app/way-back/producers/address-groups.ts',
    edits: [['stableJson(accepted) === stableJson(active)', 'accepted.name === active.name']],
    killers: [statuses],
  },
  {
    name: 'refused-spec-counts',
    breaks: 'a refused spec counts as published because what was accepted before is there',
    file: 'lib/app/way-back/producers/address-groups.ts',
    edits: [
      [": { reason: 'NotAccepted', message: 'firewalls have what was accepted before' }", ': undefined'],
    ],
    killers: [statuses],
  },
];
