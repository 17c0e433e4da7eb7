import type { Problem } from '../../core/errors.ts';
import type { TargetReview } from '../../core/firewall.ts';
import type { PrefixListSettings } from './schema.ts';

/** Most members of a group of pods: each change takes seconds, and a list is changed once at a time. */
const podsMax = 100;

/** Combinations that cannot work with prefix lists, each with what to do instead. */
export function review({
  firewall,
  settings,
  group,
  target,
  path,
}: TargetReview<PrefixListSettings>): Problem[] {
  if (target.channel !== 'entries')
    return [
      {
        path: `${path}.channel`,
        message: `prefix lists have no channel ${JSON.stringify(target.channel)}; use "entries"`,
      },
    ];
  const problems: Problem[] = [];
  if (group.addresses === 'pod' && target.acceptConfigChurn === undefined)
    problems.push({
      path: `${path}.acceptConfigChurn`,
      message:
        'pods change all the time, and a prefix list takes seconds for each change and keeps a version of it; publish nodes or load balancers, or accept it with acceptConfigChurn: { writesPerHour: ... }',
    });
  else if (group.addresses === 'pod' && group.maxMembers > podsMax)
    problems.push({
      path: `${path}.channel`,
      message: `a prefix list carries pods only in small groups, of up to ${podsMax}: maxMembers is ${group.maxMembers}`,
    });
  if (group.maxMembers > settings.maxEntries)
    problems.push({
      path: `${path}.channel`,
      message: `maxMembers ${group.maxMembers} is more than ${settings.maxEntries}, the maxEntries of ${firewall}; lower it, or raise maxEntries (at most 1,000) if whatever uses the list has room for it`,
    });
  return problems;
}
