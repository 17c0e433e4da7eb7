import type { Problem } from '../../core/errors.ts';
import type { TargetReview } from '../../core/firewall.ts';
import type { FortigateSettings } from './schema.ts';
import { feedEntriesMax } from './schema.ts';
import { largestGroup } from './channels/layout.ts';
import { isAtLeast, pushSince } from './version.ts';

/** Combinations that cannot work on a FortiGate, each with what to do instead. */
export function review(request: TargetReview<FortigateSettings>): Problem[] {
  switch (request.target.channel) {
    case 'objects':
      return reviewObjects(request);
    case 'push':
      return reviewPush(request);
    default:
      return [
        {
          path: `${request.path}.channel`,
          message: `a FortiGate has no channel ${JSON.stringify(request.target.channel)}; use "push" (from FortiOS ${pushSince}) or "objects"`,
        },
      ];
  }
}

function reviewObjects({
  firewall,
  settings,
  group,
  target,
  path,
}: TargetReview<FortigateSettings>): Problem[] {
  const problems: Problem[] = [];
  if (settings.managedBy === 'fortimanager') {
    problems.push({
      path: `${path}.channel`,
      message: `${firewall} is managed by a FortiManager, whose database would drift apart from address objects written here; use channel "push"`,
    });
  }
  if (group.addresses === 'pod' && target.acceptConfigChurn === undefined) {
    problems.push({
      path: `${path}.acceptConfigChurn`,
      message:
        'every address written over "objects" is a configuration revision, and pods change all the time; use channel "push", or accept it with acceptConfigChurn: { writesPerHour: ... }',
    });
  }
  const ceiling = target.acceptConfigChurn?.writesPerHour;
  if (ceiling !== undefined && !(Number.isInteger(ceiling) && ceiling >= 1)) {
    problems.push({
      path: `${path}.acceptConfigChurn.writesPerHour`,
      message: 'must be a whole number of at least 1',
    });
  }
  const most = largestGroup(settings.groupMembersMax);
  if (group.maxMembers > most) {
    problems.push({
      path: `${path}.channel`,
      message: `maxMembers ${group.maxMembers} is more than ${most}, what groups of groups of ${settings.groupMembersMax} hold over "objects"; use channel "push" or several groups`,
    });
  }
  return problems;
}

function reviewPush({ firewall, settings, group, target, path }: TargetReview<FortigateSettings>): Problem[] {
  const problems: Problem[] = [];
  if (!isAtLeast(settings.version, pushSince)) {
    problems.push({
      path: `${path}.channel`,
      message: `${firewall} runs FortiOS ${settings.version}, pushed feeds exist from ${pushSince}; use channel "objects" or upgrade`,
    });
  }
  if (target.acceptConfigChurn !== undefined) {
    problems.push({
      path: `${path}.acceptConfigChurn`,
      message: 'channel "push" writes no configuration, so there is nothing to accept; leave it out',
    });
  }
  const most = feedEntriesMax(settings);
  if (group.maxMembers > most) {
    problems.push({
      path: `${path}.channel`,
      message: `maxMembers ${group.maxMembers} is more than the ${most} entries a feed of this FortiGate keeps; lower it, or raise feedEntriesMax if the model takes more`,
    });
  }
  return problems;
}
