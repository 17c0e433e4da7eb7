import type { Problem } from '../../core/errors.ts';
import type { TargetReview } from '../../core/firewall.ts';
import { type PanoramaSettings, registeredIpsMax, timeoutSecondsMax } from './schema.ts';

type Review = TargetReview<PanoramaSettings>;

/** Combinations that cannot work on PAN-OS or Panorama, each with what to do instead. */
export function review(request: Review): Problem[] {
  const problems = reviewPlace(request);
  if (request.target.channel === 'tags') return [...problems, ...reviewTags(request)];
  return [...problems, ...reviewObjects(request)];
}

function reviewPlace({ firewall, settings, path }: Review): Problem[] {
  const { device, targets, redistribution, deviceGroup, push } = settings;
  const ofPanorama = Object.entries({ targets, redistribution, deviceGroup, push }).filter(
    ([, value]) => value !== undefined,
  );
  if (device === 'firewall' && ofPanorama.length > 0)
    return [
      {
        path,
        message: `${firewall} is a firewall itself, so ${ofPanorama.map(([name]) => name).join(', ')} cannot apply; leave it out, or say device: panorama`,
      },
    ];
  if (targets && redistribution)
    return [
      {
        path,
        message: `${firewall} names both targets and redistribution; tags take one way, leave one of them out`,
      },
    ];
  return [];
}

function reviewTags({ firewall, settings, group, target, path }: Review): Problem[] {
  const problems: Problem[] = [];
  const { device, targets, redistribution } = settings;
  if (device === 'panorama' && !targets && !redistribution)
    problems.push({
      path: `${path}.channel`,
      message: `tags registered on a Panorama stay there: name targets of ${firewall} (the firewall's serial number), or redistribution: true where the Panorama redistributes IP tags`,
    });
  if (target.create === 'own' && target.object !== undefined)
    problems.push({
      path: `${path}.object`,
      message:
        'the name of a tag that we make carries our mark; leave `object` out, or offer a tag of this name with create: offered',
    });
  if (target.acceptConfigChurn !== undefined)
    problems.push({
      path: `${path}.acceptConfigChurn`,
      message: 'channel "tags" writes no configuration, so there is nothing to accept; leave it out',
    });
  problems.push(...reviewTime({ firewall, settings, group, path }));
  const most = registeredIpsMax(settings);
  if (most !== undefined && group.maxMembers > most)
    problems.push({
      path: `${path}.channel`,
      message: `maxMembers ${group.maxMembers} is more than the ${most} addresses with tags that ${firewall} keeps; lower it, or raise registeredIpsMax if the model takes more`,
    });
  return problems;
}

/** Tags are renewed when half of their time is over: what is left then has to last for the hours that the group grants. */
function reviewTime({ firewall, settings, group, path }: Omit<Review, 'target'>): Problem[] {
  const { timeoutSeconds } = settings;
  const { onSilence = 'keep' } = group;
  if (timeoutSeconds === 0 || onSilence === 'keep' || !onSilence.bypassBrakes) return [];
  const least = 2 * onSilence.expireAfterHours * 3600;
  if (timeoutSeconds >= least) return [];
  const remedy =
    least <= timeoutSecondsMax
      ? `raise timeoutSeconds to at least ${least}, twice as long`
      : 'that is more than the device can count, so leave timeoutSeconds out';
  return [
    {
      path: `${path}.channel`,
      message: `${group.name} keeps addresses for ${onSilence.expireAfterHours} hours of silence, and ${firewall} may forget them sooner: ${remedy}`,
    },
  ];
}

function reviewObjects({ firewall, settings, group, target, path }: Review): Problem[] {
  const problems: Problem[] = [];
  if (settings.administrator === undefined)
    problems.push({
      path: `${path}.channel`,
      message: `commits take the changes of one administrator alone: name the administrator of ${firewall} whose API key we use, and whom nobody else uses; or use channel "tags"`,
    });
  if (settings.targets)
    problems.push({
      path: `${path}.channel`,
      message: `${firewall} is one managed firewall, and address objects are written on the Panorama: give its device group an entry of its own, without targets`,
    });
  if (settings.timeoutSeconds > 0)
    problems.push({
      path: `${path}.channel`,
      message:
        'timeoutSeconds belongs to tags; address objects never run out, so give them an entry without it',
    });
  if (group.addresses === 'pod' && target.acceptConfigChurn === undefined)
    problems.push({
      path: `${path}.acceptConfigChurn`,
      message:
        'every change over "objects" is a commit, and pods change all the time; use channel "tags", or accept it with acceptConfigChurn: { writesPerHour: ... }',
    });
  const ceiling = target.acceptConfigChurn?.writesPerHour;
  if (ceiling !== undefined && !(Number.isInteger(ceiling) && ceiling >= 1))
    problems.push({
      path: `${path}.acceptConfigChurn.writesPerHour`,
      message: 'must be a whole number of at least 1',
    });
  if (group.maxMembers > objectMembersMax)
    problems.push({
      path: `${path}.channel`,
      message: `maxMembers ${group.maxMembers} is more than ${objectMembersMax}, what we put into one address group; use channel "tags" or several groups`,
    });
  return problems;
}

/** Assumption: no source gives the most members of a static address group that every model takes. */
export const objectMembersMax = 500;
