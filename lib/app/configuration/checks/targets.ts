import { isZonebridgeError } from '../../../core/errors.ts';
import type { FirewallDescription } from '../../../core/firewall.ts';
import type { AddressGroup, GroupTarget } from '../../../core/model/address-group.ts';
import type { Draft } from '../draft.ts';
import type { Modules } from '../json-schema.ts';
import type { FirewallConfiguration } from '../model.ts';
import type { Report } from '../report.ts';
import { type DocumentPath, formatPath } from '../source/path.ts';
import { suggest } from '../suggest.ts';
import { deviceOf } from './device.ts';
import { lifetime } from '../../targets.ts';

interface Target {
  group: AddressGroup;
  target: GroupTarget;
  path: DocumentPath;
  firewall: FirewallConfiguration;
  module: FirewallDescription;
}

/** Asks the vendor module about every target, and that no two of them become the same object on a device. */
export function checkTargets(draft: Draft, modules: Modules, report: Report): void {
  const taken = new Map<string, Target>();
  const places = new Map<string, Map<string, Target>>();
  for (const target of targets(draft, modules)) {
    if (!checkChannel(target, report)) continue;
    checkAdoption(target, report);
    warnAboutTime(target, report);
    checkStrangers(target, places, report);
    const { group, path, firewall, module } = target;
    const { settings } = firewall;
    report.add(
      module.review({
        firewall: target.target.firewall,
        settings,
        group,
        target: target.target,
        path: formatPath(path),
      }),
    );
    const name = draft.hub && objectName(draft.hub.name, target, report);
    if (name === undefined) continue;
    // Two entries can be the same device: what counts is where the object lies, not how the firewall is called here.
    const key = JSON.stringify([deviceOf(module, settings), module.scope(settings), module.nameKey(name)]);
    const first = taken.get(key);
    if (first === undefined) taken.set(key, target);
    else if (!isRepeated(first, target)) report.problem(path, collision(name, first, report));
  }
}

function* targets(draft: Draft, modules: Modules): Generator<Target> {
  for (const group of draft.groups.values()) {
    for (const [index, target] of group.publish.entries()) {
      const firewall = draft.firewalls.get(target.firewall);
      const module = firewall && modules[firewall.kind];
      if (!firewall || !module) continue;
      yield { group, target, path: ['groups', group.name, 'publish', index], firewall, module };
    }
  }
}

function checkChannel({ target, path, module }: Target, report: Report): boolean {
  const channels = Object.keys(module.facts.channels);
  if (channels.includes(target.channel)) return true;
  const meant = suggest(target.channel, channels);
  const question = meant === undefined ? '' : `, did you mean ${meant}?`;
  const known = `${module.displayName} knows ${channels.join(', ')}`;
  report.problem([...path, 'channel'], `there is no channel ${target.channel}${question} ${known}`);
  return false;
}

/** Two entries whose address objects lie in one place under two marks: an address that both need would be put there by one alone. */
function checkStrangers(target: Target, places: Map<string, Map<string, Target>>, report: Report): void {
  const { path, firewall, module } = target;
  const { channel, firewall: id } = target.target;
  const own = module.addressObjects?.(firewall.settings, channel);
  if (own === undefined) return;
  const mark = own.mark ?? id;
  const key = JSON.stringify([deviceOf(module, firewall.settings), own.place]);
  const marks = places.get(key) ?? new Map<string, Target>();
  places.set(key, marks);
  const [first] = marks.values();
  if (marks.has(mark)) return;
  marks.set(mark, target);
  if (first === undefined) return;
  report.problem(
    [...path, 'firewall'],
    `puts address objects where ${first.target.firewall} puts its own (${report.whereabouts(first.path)}), and each refuses what the other made; publish both over the same entry`,
  );
}

/** Who only looks renews nothing. */
function warnAboutTime({ group, target, path, firewall, module }: Target, report: Report): void {
  if (target.mode !== 'observe') return;
  const { lifetimeMs } = lifetime(module, { group, target, settings: firewall });
  if (lifetimeMs !== undefined)
    report.warning(
      [...path, 'mode'],
      `members that are there already are not renewed: the firewall forgets them within ${lifetimeMs / 1000} s`,
    );
}

/** What becomes ours is named: no derived name, no channel that cannot, and nothing taken out before ours is in. */
function checkAdoption({ target, path, module }: Target, report: Report): void {
  const { adopt, object, create, channel, onForeignAdd } = target;
  if (adopt === undefined) return;
  const at = [...path, 'adopt'];
  if (object === undefined) report.problem(at, 'names no object: give its name on the firewall in `object`');
  if (create !== 'own')
    report.problem(
      at,
      'is for `create: own`; an object that is offered changes hands by the offer in its comment',
    );
  if (module.facts.channels[channel]?.adopts !== true)
    report.problem(
      at,
      `objects of channel ${channel} of a ${module.displayName} cannot be adopted; have them offered`,
    );
  if (onForeignAdd === 'remove')
    report.problem(
      at,
      "with `onForeignAdd: remove` the former tool's members could leave before ours are in: adopt first, and take `adopt` out when that is done",
    );
}

function objectName(
  hub: string,
  { group, target, path, module }: Target,
  report: Report,
): string | undefined {
  try {
    const { channel, firewall, object: override } = target;
    return module.objectName({ hub, group: group.name, channel, firewall, override });
  } catch (error) {
    if (!isZonebridgeError(error)) throw error;
    report.problem(target.object === undefined ? path : [...path, 'object'], error.message);
    return undefined;
  }
}

/** The same firewall twice in a group: that is told already. */
function isRepeated(first: Target, second: Target): boolean {
  return first.group === second.group && first.target.firewall === second.target.firewall;
}

function collision(name: string, first: Target, report: Report): string {
  const place = `${formatPath(first.path)} (${report.whereabouts(first.path)})`;
  return `becomes the object ${name} on the firewall, like ${place}; give one of them another name in \`object\``;
}
