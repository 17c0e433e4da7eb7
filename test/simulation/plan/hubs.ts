import type { GroupTarget } from '../../../lib/core/model/address-group.ts';
import { defaultBrakes } from '../../../lib/core/plan/brakes.ts';
import type { Dice } from '../kernel/dice.ts';
import { type ClusterSpec, type FirewallSpec, type GroupSpec, type HubSpec, tight, wide } from './spec.ts';

export const apps = ['web', 'db', 'api', 'job'] as const;
export const namespaces = ['shop', 'pay', 'lab'] as const;
export const stages = ['prod', 'test'] as const;

/** The hubs of a seed; now and then a second one works on the first device of the first. */
export function hubsOf(dice: Dice): HubSpec[] {
  const first = hubOf(dice, { name: 'alpha', clusters: clustersOf(dice), firewalls: firewallsOf(dice) });
  if (!dice.chance(0.2)) return [first];
  const clusters = [{ name: 'other', realm: 'default', network: '10.60', sharedRanges: false }];
  const device = first.firewalls[0]?.device ?? 'd1';
  const firewalls = [{ name: 'theirs', device, plane: 'theirs', realms: ['default'] }];
  return [first, hubOf(dice, { name: 'beta', clusters, firewalls })];
}

/** Groups of a hub: names are few, so that a later configuration changes or removes what an earlier one made. */
export function groupsOf(dice: Dice, firewalls: readonly FirewallSpec[]): GroupSpec[] {
  const names = ['web', 'db', 'api', 'mixed', 'hosts'].filter(() => dice.chance(0.8));
  return (names.length > 0 ? names : ['web']).map((name) => groupOf(dice, name, firewalls));
}

function hubOf(dice: Dice, parts: Pick<HubSpec, 'name' | 'clusters' | 'firewalls'>): HubSpec {
  return { ...parts, groups: groupsOf(dice, parts.firewalls) };
}

/** Sometimes two clusters share a subnet, sometimes they lie apart, sometimes there is one. */
function clustersOf(dice: Dice): ClusterSpec[] {
  const one: ClusterSpec = { name: 'one', realm: 'default', network: '10.20', sharedRanges: false };
  const choices: Record<'single' | 'shared' | 'apart' | 'realms', ClusterSpec[]> = {
    single: [one],
    shared: [
      { ...one, sharedRanges: true },
      { ...one, name: 'two', sharedRanges: true },
    ],
    apart: [one, { ...one, name: 'two', network: '10.30' }],
    realms: [one, { ...one, name: 'two', realm: 'plant', network: '10.40' }],
  };
  return choices[dice.weighted({ single: 4, shared: 3, apart: 2, realms: 1 })];
}

/** One to three firewalls; two of them may be parts of one management plane. */
function firewallsOf(dice: Dice): FirewallSpec[] {
  const realms = dice.chance(0.2) ? ['default', 'plant'] : ['default'];
  const shared = dice.chance(0.4) ? 'p1' : 'p2';
  const all = [
    { name: 'edge', device: 'd1', plane: 'p1', realms },
    { name: 'core', device: 'd2', plane: shared, realms: ['default'] },
    { name: 'dmz', device: 'd3', plane: 'p3', realms: ['default'] },
  ];
  return all.slice(0, dice.between(1, 3));
}

function groupOf(dice: Dice, name: string, firewalls: readonly FirewallSpec[]): GroupSpec {
  const own = apps.find((app) => app === name);
  const selected = own ? [own] : apps.filter(() => dice.chance(0.5));
  const published = firewalls.filter(() => dice.chance(0.7));
  const targets = published.length > 0 ? published : firewalls.slice(0, 1);
  return {
    name,
    apps: selected.length > 0 ? selected : ['web'],
    namespaces: dice.chance(0.3) ? [...namespaces.filter(() => dice.chance(0.6)), 'shop'] : undefined,
    stage: dice.chance(0.2) ? dice.pick(stages) : undefined,
    addresses: name === 'hosts' ? 'node' : 'pod',
    maxMembers: dice.chance(0.1) ? 6 : 200,
    brakes: dice.pick([wide, wide, defaultBrakes, tight]) ?? wide,
    publish: targets.map((firewall) => targetOf(dice, name, firewall.name)),
  };
}

/** Channel and maker of an object never change: that would need a person to retire the old one. */
function targetOf(dice: Dice, group: string, firewall: string): GroupTarget {
  return {
    firewall,
    channel: group === 'db' ? 'feed' : 'list',
    create: group === 'api' ? 'offered' : 'own',
    mode: dice.weighted({ sync: 18, 'add-only': group === 'hosts' ? 2 : 0, observe: 1 }),
    onForeignAdd: dice.chance(0.6) ? 'remove' : 'report',
  };
}
