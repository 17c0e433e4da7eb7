import { bypassesBrakes } from '../core/desired/silence.ts';
import type { FirewallDescription, ObjectRef } from '../core/firewall.ts';
import type { AddressGroup, GroupTarget } from '../core/model/address-group.ts';
import { parseMembershipKey } from '../core/model/address-group.ts';
import { ZonebridgeError } from '../core/errors.ts';
import type { Configuration, FirewallConfiguration } from './configuration/model.ts';
import type { Ports } from './ports.ts';
import { bucketOf } from './state/dirty.ts';
import type { ObjectRow } from './state/ledger.ts';

/** Vendor module of a firewall. */
export function moduleOf<Module extends FirewallDescription>(
  modules: Readonly<Record<string, Module>>,
  firewall: FirewallConfiguration,
): Module {
  const found = modules[firewall.kind];
  if (!found)
    throw new ZonebridgeError('configuration/invalid', `no firewall module of kind ${firewall.kind}`);
  return found;
}

/** Writer key of a firewall, prefixed with its kind so that vendors cannot collide. */
export function writerKeyOf(
  modules: Readonly<Record<string, FirewallDescription>>,
  firewall: FirewallConfiguration,
): string {
  return `${firewall.kind}:${moduleOf(modules, firewall).writerKey(firewall.settings)}`;
}

/** Firewalls that a membership goes to: targets of its group that see its realm. */
export function firewallsFor(configuration: Configuration, key: string): string[] {
  return targetsFor(configuration, key).map(({ firewall }) => firewall);
}

/** Those of them that it is written to, and not only shown for. */
export function firewallsWritten(configuration: Configuration, key: string): string[] {
  const targets = targetsFor(configuration, key).filter(({ mode }) => mode !== 'observe');
  return targets.map(({ firewall }) => firewall);
}

function targetsFor(configuration: Configuration, key: string): GroupTarget[] {
  const { group, realm } = parseMembershipKey(key);
  const targets = configuration.groups[group]?.publish ?? [];
  return targets.filter(({ firewall }) => configuration.firewalls[firewall]?.realms.includes(realm));
}

/** Groups published to a firewall, with their target. */
export function groupsOn(
  configuration: Configuration,
  firewall: string,
): { group: AddressGroup; target: GroupTarget }[] {
  const result: { group: AddressGroup; target: GroupTarget }[] = [];
  for (const group of Object.values(configuration.groups)) {
    for (const target of group.publish) if (target.firewall === firewall) result.push({ group, target });
  }
  return result;
}

export function objectRef(
  module: FirewallDescription,
  place: { hub: string; group: AddressGroup; target: GroupTarget; settings: FirewallConfiguration },
): ObjectRef {
  const { hub, group, target } = place;
  const name = module.objectName({
    hub,
    group: group.name,
    channel: target.channel,
    firewall: target.firewall,
    override: target.object,
  });
  return {
    group: group.name,
    name,
    channel: target.channel,
    create: target.create,
    ...adoption(module, target),
    sizeHint: group.maxMembers,
    ...lifetime(module, place),
  };
}

/** The group that keeps an object of our own on a firewall; undefined when none does, or the object was offered. */
export function keeperOf(
  { firewalls, hub }: Pick<Ports, 'firewalls' | 'hub'>,
  configuration: Configuration,
  { firewall, row }: { firewall: string; row: Pick<ObjectRow, 'object' | 'channel' | 'ownership'> },
): string | undefined {
  const settings = configuration.firewalls[firewall];
  if (!settings || row.object === '' || row.ownership === 'offered') return undefined;
  const module = moduleOf(firewalls, settings);
  const keeper = groupsOn(configuration, firewall).find(({ group, target }) => {
    const { name, channel } = objectRef(module, { hub, group, target, settings });
    return module.nameKey(name) === module.nameKey(row.object) && channel === row.channel;
  });
  return keeper?.group.name;
}

/** A device that forgets its members asks no person, so the group must not want one to be asked. */
export function lifetime(
  module: FirewallDescription,
  place: { group: AddressGroup; target: GroupTarget; settings: FirewallConfiguration },
): Pick<ObjectRef, 'lifetimeMs'> {
  const { group, target, settings } = place;
  if (!bypassesBrakes(group)) return {};
  const lifetimeMs = module.lifetimeMs?.(settings.settings, target.channel);
  return lifetimeMs === undefined ? {} : { lifetimeMs };
}

/** Only where the channel can do it: elsewhere such an object stays foreign. */
function adoption(module: FirewallDescription, { channel, adopt }: GroupTarget): Pick<ObjectRef, 'adopt'> {
  const able = module.facts.channels[channel]?.adopts === true;
  return able && adopt !== undefined ? { adopt } : {};
}

/** What the mark of an object on a firewall is made of. */
export function identityOf(
  hub: string,
  firewall: string,
  place: { module: FirewallDescription; settings: FirewallConfiguration; object: string },
): { hub: string; firewall: string; scope: string; object: string } {
  return { hub, firewall, scope: place.module.scope(place.settings.settings), object: place.object };
}

/** Groups what became dirty by the writer that has to look: writer key -> network and `firewall#bucket` parts. */
export function wakeParts(
  modules: Readonly<Record<string, FirewallDescription>>,
  configuration: Configuration,
  marks: readonly { firewall: string; key: string }[],
): Map<string, { network: string; parts: Set<string> }> {
  const result = new Map<string, { network: string; parts: Set<string> }>();
  for (const { firewall, key } of marks) {
    const settings = configuration.firewalls[firewall];
    if (!settings) continue;
    const writerKey = writerKeyOf(modules, settings);
    const entry = result.get(writerKey) ?? { network: settings.network, parts: new Set<string>() };
    entry.parts.add(`${firewall}#${bucketOf(key)}`);
    result.set(writerKey, entry);
  }
  return result;
}
