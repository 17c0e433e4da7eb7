import type { Problem } from '../../core/errors.ts';
import type { TargetReview } from '../../core/firewall.ts';
import { offer } from '../../core/plan/ownership.ts';
import { hasFeeds } from './channels/feed.ts';
import { sourceLength } from './channels/short-mark.ts';
import type { FortimanagerSettings } from './schema.ts';
import { feedEntriesMax } from './schema.ts';
import { feedSince, isAtLeast, partialInstallSince } from './version.ts';

type Review = TargetReview<FortimanagerSettings>;

/** Combinations that cannot work on a FortiManager, each with what to do instead. */
export function review(request: Review): Problem[] {
  const { target, path } = request;
  switch (target.channel) {
    case 'feed':
      return [...reviewFeed(request), ...needlessChurn(request), ...needlessDevice(request)];
    case 'tags':
      return [...reviewTags(request), ...needlessChurn(request), ...needlessDevice(request)];
    case 'objects':
      return [...reviewObjects(request), ...reviewMapping(request)];
    default:
      return [
        {
          path: `${path}.channel`,
          message: `a FortiManager has no channel ${JSON.stringify(target.channel)}; use "tags", "feed" or "objects"`,
        },
      ];
  }
}

function reviewFeed({ firewall, settings, group, path }: Review): Problem[] {
  const problems: Problem[] = [];
  if (!hasFeeds(settings.version)) {
    problems.push({
      path: `${path}.channel`,
      message: `${firewall} runs FortiManager ${settings.version}, hosted feed files exist from ${feedSince.join(' and ')}; use channel "tags" or "objects", or upgrade`,
    });
  }
  const most = feedEntriesMax(settings);
  if (group.maxMembers > most) {
    problems.push({
      path: `${path}.channel`,
      message: `maxMembers ${group.maxMembers} is more than the ${most} entries a feed keeps; lower it, or raise feedEntriesMax if the firewalls take more`,
    });
  }
  return problems;
}

function reviewTags({ group, target, path }: Review): Problem[] {
  const word = offer(group.name);
  if (target.create !== 'offered' || word.length <= sourceLength) return [];
  return [
    {
      path: `${path}.create`,
      message: `${word} does not fit into the ${sourceLength} characters that mark a tag; use create: own, or a shorter name of the group`,
    },
  ];
}

function needlessChurn({ target, path }: Review): Problem[] {
  if (target.acceptConfigChurn === undefined) return [];
  return [
    {
      path: `${path}.acceptConfigChurn`,
      message: `channel "${target.channel}" writes no configuration, so there is nothing to accept; leave it out`,
    },
  ];
}

/** A file or a tag is the same for all devices of the manager. */
function needlessDevice({ firewall, settings, target, path }: Review): Problem[] {
  if (settings.device === undefined) return [];
  return [
    {
      path: `${path}.channel`,
      message: `channel "${target.channel}" is the same for all devices, and ${firewall} is for device ${settings.device.name} alone; use channel "objects", or an entry for this manager without device`,
    },
  ];
}

/** A former tool's group is one for all devices. */
function reviewMapping({ firewall, settings, target, path }: Review): Problem[] {
  if (settings.device === undefined || target.adopt === undefined) return [];
  return [
    {
      path: `${path}.adopt`,
      message: `${firewall} is for device ${settings.device.name} alone, and a group of a former tool is for all devices; adopt it over an entry without device`,
    },
  ];
}

function reviewObjects({ firewall, settings, group, target, path }: Review): Problem[] {
  const problems: Problem[] = [];
  if (group.addresses === 'pod' && target.acceptConfigChurn === undefined) {
    problems.push({
      path: `${path}.acceptConfigChurn`,
      message:
        'every change over "objects" locks, saves and installs, and pods change all the time; use channel "tags" or "feed", or accept it with acceptConfigChurn: { writesPerHour: ... }',
    });
  }
  const ceiling = target.acceptConfigChurn?.writesPerHour;
  if (ceiling !== undefined && !(Number.isInteger(ceiling) && ceiling >= 1))
    problems.push({
      path: `${path}.acceptConfigChurn.writesPerHour`,
      message: 'must be a whole number of at least 1',
    });
  if (group.maxMembers > settings.groupMembersMax) {
    problems.push({
      path: `${path}.channel`,
      message: `maxMembers ${group.maxMembers} is more than the ${settings.groupMembersMax} members of an address group; use channel "tags" or "feed", or several groups`,
    });
  }
  if (settings.install === 'partial' && !isAtLeast(settings.version, partialInstallSince)) {
    problems.push({
      path: `${path}.channel`,
      message: `${firewall} runs FortiManager ${settings.version}, a partial install of named objects alone exists from ${partialInstallSince}; use install: none, or install: package`,
    });
  }
  if (settings.install === 'package' && settings.package === undefined)
    problems.push({
      path: `${path}.channel`,
      message: `${firewall} has install: package; name the policy package in \`package\``,
    });
  return problems;
}
