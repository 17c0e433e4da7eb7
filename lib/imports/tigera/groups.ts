import { isZonebridgeError } from '../../core/errors.ts';
import type { AddressGroup, GroupTarget } from '../../core/model/address-group.ts';
import { digest } from '../../core/model/content-hash.ts';
import { defaultBrakes } from '../../core/plan/brakes.ts';
import type { FillIn, Finding } from './finding.ts';
import type { ImportedFirewall } from './firewalls.ts';
import type { ImportOptions } from './options.ts';
import type { PolicyGroup } from './policies.ts';

/** Whole comment of the objects that the former controller makes. */
const formerComment = 'Managed by Tigera Calico Enterprise';

/** The former controller wrote address objects; only they can be what rules use. */
const channel = 'objects';
/** Pods over address objects need a ceiling of writes; the former tool had none. */
const writesPerHour = 600;

/** What the former tool had no word for, the same in every group. */
export const limitFillIns: readonly FillIn[] = [
  {
    path: 'groups',
    why: 'maxMembers, usedIn and the ceiling of writes are assumptions for all groups; an owner is missing',
  },
];

export interface ImportedGroup {
  group: AddressGroup;
  from: PolicyGroup;
  fillIn: FillIn[];
}

/** The group of a policy on all firewalls; undefined when no firewall can have it. */
export function importedGroup(
  from: PolicyGroup,
  known: { firewalls: readonly ImportedFirewall[]; addresses: 'pod' | 'node'; options: ImportOptions },
  findings: Finding[],
): ImportedGroup | undefined {
  const { firewalls, addresses, options } = known;
  const name = groupName(from.policy);
  const group: AddressGroup = {
    name,
    addresses,
    select: from.select,
    ...(from.namespaces === undefined ? { anyNamespace: true } : { namespaces: from.namespaces }),
    clusters: [options.cluster],
    usedIn: options.usedIn,
    maxMembers: options.maxMembers,
    brakes: defaultBrakes,
    publish: [],
  };
  const fillIn: FillIn[] = [];
  if (group.anyNamespace)
    fillIn.push({
      path: `groups.${name}.anyNamespace`,
      why: 'the policy names no namespace: name them, or whoever labels a pod anywhere opens the firewall',
    });
  const publish = firewalls.flatMap((firewall) => {
    const target = targetOn(firewall, group, from.object);
    const problems = problemsOf(firewall, group, target);
    const what = `its group on ${firewall.id}`;
    for (const reason of problems) findings.push({ place: from.place, what, reason });
    if (problems.length > 0) return [];
    if (target.create === 'offered') {
      const why = `put zonebridge:offer:${name} into the comment of ${from.object} on ${firewall.id}`;
      fillIn.push({ path: `groups.${name}.publish`, why });
    }
    return [target];
  });
  return publish.length === 0 ? undefined : { group: { ...group, publish }, from, fillIn };
}

function targetOn({ id, module }: ImportedFirewall, group: AddressGroup, object: string): GroupTarget {
  const adopts = module.facts.channels[channel]?.adopts === true;
  return {
    firewall: id,
    channel,
    ...(adopts ? { create: 'own', adopt: formerComment } : { create: 'offered' }),
    mode: 'observe',
    object,
    ...(group.addresses === 'pod' ? { acceptConfigChurn: { writesPerHour } } : {}),
    onForeignAdd: 'report',
  };
}

/** What the module of the firewall says against it, in words. */
function problemsOf(firewall: ImportedFirewall, group: AddressGroup, target: GroupTarget): string[] {
  const { id, module, settings } = firewall;
  if (!Object.hasOwn(module.facts.channels, channel))
    return [`a ${module.displayName} has no channel ${channel}`];
  try {
    module.objectName({ hub: 'any', group: group.name, channel, override: target.object });
  } catch (error) {
    if (!isZonebridgeError(error)) throw error;
    return [error.message];
  }
  const review = { firewall: id, settings, group: { ...group, publish: [target] }, target, path: '' };
  return module.review(review).map(({ message }) => message);
}

/** The policy's own name, which may be longer than names of groups are; the name on the firewall does not come from it. */
function groupName(policy: string): string {
  if (/^[a-z0-9][a-z0-9.-]{0,62}$/.test(policy)) return policy;
  const readable = policy
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[.-]+/, '');
  return `${readable.slice(0, 50) || 'group'}-${digest(policy).slice(0, 12)}`;
}
