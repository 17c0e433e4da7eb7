import type { Problem } from '../../core/errors.ts';
import type { TargetReview } from '../../core/firewall.ts';
import type { FmcSettings } from './schema.ts';

/** Combinations that cannot work on an FMC, each with what to do instead. */
export function review(request: TargetReview<FmcSettings>): Problem[] {
  switch (request.target.channel) {
    case 'dynamic':
      return reviewDynamic(request);
    case 'objects':
      return reviewObjects(request);
    default:
      return [
        {
          path: `${request.path}.channel`,
          message: `an FMC has no channel ${JSON.stringify(request.target.channel)}; use "dynamic" or "objects"`,
        },
      ];
  }
}

function reviewDynamic({ settings, group, target, path }: TargetReview<FmcSettings>): Problem[] {
  const problems: Problem[] = [];
  if (target.acceptConfigChurn !== undefined)
    problems.push({
      path: `${path}.acceptConfigChurn`,
      message: 'channel "dynamic" writes no configuration, so there is nothing to accept; leave it out',
    });
  if (group.maxMembers > settings.mappingsMax)
    problems.push({
      path: `${path}.channel`,
      message: `maxMembers ${group.maxMembers} is more than the ${settings.mappingsMax} addresses of one dynamic object; lower it, or raise mappingsMax if your manager takes more`,
    });
  return problems;
}

/** Every write waits for a person who deploys: right for what stays, wrong for pods. */
function reviewObjects({ settings, group, target, path }: TargetReview<FmcSettings>): Problem[] {
  const problems: Problem[] = [];
  if (group.addresses !== 'egress' && target.acceptConfigChurn === undefined)
    problems.push({
      path: `${path}.acceptConfigChurn`,
      message:
        'what is written over "objects" acts on the devices only after a person has deployed it, and other addresses than fixed egress identities change too often for that; use channel "dynamic", or accept it with acceptConfigChurn: { writesPerHour: ... }',
    });
  const ceiling = target.acceptConfigChurn?.writesPerHour;
  if (ceiling !== undefined && !(Number.isInteger(ceiling) && ceiling >= 1))
    problems.push({
      path: `${path}.acceptConfigChurn.writesPerHour`,
      message: 'must be a whole number of at least 1',
    });
  if (group.maxMembers > settings.literalsMax)
    problems.push({
      path: `${path}.channel`,
      message: `maxMembers ${group.maxMembers} is more than the ${settings.literalsMax} addresses of one network group; use channel "dynamic" or several groups`,
    });
  return problems;
}
