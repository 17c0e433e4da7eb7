import type { Problem } from '../../core/errors.ts';
import type { TargetReview } from '../../core/firewall.ts';
import { listEntriesMax, type PullListSettings } from './schema.ts';

/** Combinations that cannot work with lists, each with what to do instead. */
export function review({
  firewall,
  settings,
  group,
  target,
  path,
}: TargetReview<PullListSettings>): Problem[] {
  const problems: Problem[] = [];
  if (target.create === 'offered') {
    problems.push({
      path: `${path}.create`,
      message: `nobody but us puts lists into the bucket of ${firewall}, so none can be offered; write create: own`,
    });
  }
  if (target.acceptConfigChurn !== undefined) {
    problems.push({
      path: `${path}.acceptConfigChurn`,
      message: 'channel "pull" writes no configuration, so there is nothing to accept; leave it out',
    });
  }
  if (group.maxMembers > listEntriesMax) {
    problems.push({
      path: `${path}.channel`,
      message: `maxMembers ${group.maxMembers} is more than the ${listEntriesMax} entries that fit into one answer of the load balancer; lower it, or make several groups`,
    });
  }
  for (const [name, { entriesMax }] of Object.entries(settings.readers)) {
    if (group.maxMembers <= entriesMax || entriesMax >= listEntriesMax) continue;
    problems.push({
      path: `${path}.channel`,
      message: `maxMembers ${group.maxMembers} is more than the ${entriesMax} entries that reader ${name} of ${firewall} takes; lower it, or give that reader an entry of its own`,
    });
  }
  return problems;
}
