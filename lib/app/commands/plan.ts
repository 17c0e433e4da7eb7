import { type CallEstimate, estimateCalls } from '../../core/plan/call-estimate.ts';
import { defaultFirewallBrakes } from '../../core/plan/brakes.ts';
import { noQuarantines } from '../../core/plan/quarantine.ts';
import type { Configuration, FirewallConfiguration } from '../configuration/model.ts';
import { callsPerMinute } from '../budgets.ts';
import { frozenNow } from '../freezes.ts';
import { type Advice, adviceOn } from '../network/advice.ts';
import { knownNetworks } from '../network/sights.ts';
import type { DevicePorts, Ports } from '../ports.ts';
import { activeOrNone } from '../state/active-or-none.ts';
import { type ActiveConfiguration, type Configurations, derive } from '../state/configurations.ts';
import { type FirewallTotals, recordOf } from '../state/firewall-records.ts';
import { inParallel } from '../state/items.ts';
import { objectKey, readObject } from '../state/ledger.ts';
import { readWriter, writerRow } from '../state/writers.ts';
import { groupsOn, moduleOf, objectRef, writerKeyOf } from '../targets.ts';
import { readLive, type Unread } from './live.ts';
import { together, withinFirewall } from './plan-together.ts';
import { planOneGroup, type PlannedGroup } from './plan-group.ts';
import { refuseTakenObjects } from './taken-objects.ts';
import { wantedUnder } from './plan-wanted.ts';

/** A group that leaves a firewall: its object stays as it is until it is retired. */
export interface FrozenGroup {
  group: string;
  object: string;
  size: number;
}

/** What a configuration changes on one firewall. */
export interface FirewallPlan {
  firewall: string;
  /** Generation that was active when the plan was made; 0 for none. */
  base: number;
  /** `ledger` when the device could not be read from here: then `unread` says why. */
  basis: 'device' | 'ledger';
  unread: Unread | undefined;
  groups: PlannedGroup[];
  frozen: FrozenGroup[];
  notes: string[];
  /** What to know about the addresses that its groups publish there. */
  advice: Advice[];
  /** What applying it takes of the firewall; undefined when it takes nothing. */
  effort?: CallEstimate | undefined;
}

/**
 * The exact changes that a configuration makes, per firewall and group: every stored endpoint evaluated under it, compared with the
 * ledger and with what the device answers now. Reads only. A firewall that cannot be read is planned from the ledger and says so.
 * Throws `configuration/object-taken` for a group that would keep what another one left.
 */
export async function planConfiguration(
  ports: DevicePorts,
  configurations: Configurations,
  configuration: Configuration,
): Promise<FirewallPlan[]> {
  const active = await activeOrNone(configurations);
  await refuseTakenObjects(ports, active, configuration);
  const base = active?.generation ?? 0;
  const candidate = derive(base + 1, 'plan', configuration);
  const wanted = await wantedUnder(ports, candidate, active);
  const networks = await knownNetworks(ports, [...candidate.clusters.values()]);
  const advice = adviceOn(configuration, networks, wanted.neighbours);
  const notes = wanted.left.map((cluster) => `cluster ${cluster} leaves: its addresses stay as they are`);
  const plans = await inParallel(Object.entries(configuration.firewalls), 8, async ([firewall, settings]) => {
    const live = await readLive(ports, configuration, firewall);
    const module = moduleOf(ports.firewalls, settings);
    const groups = await inParallel(groupsOn(configuration, firewall), 4, ({ group, target }) =>
      planOneGroup(ports, {
        firewall,
        realms: settings.realms,
        group,
        target,
        object: objectRef(module, { hub: ports.hub, group, target, settings }).name,
        wanted,
        quarantines: active?.quarantines ?? noQuarantines,
        frozen: frozenNow(candidate.freezes, firewall, ports.clock.now()),
        live: 'objects' in live ? live.objects.get(group.name) : undefined,
      }),
    );
    const unread = 'unread' in live ? live.unread : undefined;
    const basis = unread ? ('ledger' as const) : ('device' as const);
    const frozen = await frozenGroups(ports, { active, configuration, firewall });
    const own = advice.filter((one) => one.firewall === firewall);
    const plan = { firewall, base, basis, unread, groups, frozen, notes, advice: own };
    return withinFirewall(plan, await totalsNow(ports, firewall, settings), settings.brakes);
  });
  const planned = together(plans, configuration).map((plan) => ({
    ...plan,
    effort: effortOf(ports, configuration, plan),
  }));
  return [...planned, ...(await leavingFirewalls(ports, active, configuration))];
}

/** What the runs count of a firewall in the window that runs; undefined between two windows. */
async function totalsNow(
  ports: Ports,
  firewall: string,
  settings: FirewallConfiguration,
): Promise<FirewallTotals | undefined> {
  const [item] = await ports.tables.read([writerRow(writerKeyOf(ports.firewalls, settings))]);
  const { totals } = recordOf(readWriter(item).firewalls, firewall);
  const { windowMinutes } = settings.brakes ?? defaultFirewallBrakes;
  const runs = totals && ports.clock.now() - totals.windowStart < windowMinutes * 60_000;
  return runs ? totals : undefined;
}

/** What is held or only observed takes no calls. */
function effortOf(
  { firewalls }: Ports,
  configuration: Configuration,
  { firewall, groups }: FirewallPlan,
): CallEstimate | undefined {
  const settings = configuration.firewalls[firewall];
  if (!settings) return undefined;
  const module = moduleOf(firewalls, settings);
  const estimated = groups
    .filter(({ mode }) => mode !== 'observe')
    .flatMap(({ channel, ownership, add, remove, held }) => {
      const calls = module.facts.channels[channel]?.calls;
      const waiting = (op: 'add' | 'remove'): number => held.filter((one) => one.op === op).length;
      const counts = { add: add.length - waiting('add'), remove: remove.length - waiting('remove') };
      const making = { create: ownership === 'absent', adopt: ownership === 'adoptable' };
      return calls ? [{ calls, ...making, ...counts }] : [];
    });
  const estimate = estimateCalls(estimated, callsPerMinute(module, settings));
  return estimate.calls === 0 ? undefined : estimate;
}

/** Nothing would change anywhere. */
export function isEmpty(plans: readonly FirewallPlan[]): boolean {
  return plans.every(({ groups }) =>
    groups.every(({ add, remove }) => add.length === 0 && remove.length === 0),
  );
}

/** Changes that would wait for a person. */
export function heldCount(plans: readonly FirewallPlan[]): number {
  return plans.flatMap(({ groups }) => groups).reduce((sum, { held }) => sum + held.length, 0);
}

/** Differences on the devices that the next comparison repairs by itself; no changes of the configuration. */
export function repairCount(plans: readonly FirewallPlan[]): number {
  return plans
    .flatMap(({ groups }) => groups)
    .reduce((sum, { repair }) => sum + repair.add.length + repair.remove.length, 0);
}

async function frozenGroups(
  ports: Ports,
  place: { active: ActiveConfiguration | undefined; configuration: Configuration; firewall: string },
): Promise<FrozenGroup[]> {
  const { active, configuration, firewall } = place;
  if (!active) return [];
  const stay = new Set(groupsOn(configuration, firewall).map(({ group }) => group.name));
  const leaving = groupsOn(active.configuration, firewall)
    .map(({ group }) => group.name)
    .filter((name) => !stay.has(name));
  const items = await ports.tables.read(leaving.map((name) => objectKey(firewall, name)));
  return leaving.map((group, index) => {
    const row = readObject(items[index], ports.clock.now());
    return { group, object: row.object, size: row.counters.size };
  });
}

async function leavingFirewalls(
  ports: Ports,
  active: ActiveConfiguration | undefined,
  configuration: Configuration,
): Promise<FirewallPlan[]> {
  const all = Object.keys(active?.configuration.firewalls ?? {});
  const leaving = all.filter((firewall) => configuration.firewalls[firewall] === undefined);
  return inParallel(leaving, 8, async (firewall) => ({
    firewall,
    base: active?.generation ?? 0,
    basis: 'ledger' as const,
    unread: undefined,
    groups: [],
    frozen: await frozenGroups(ports, { active, configuration, firewall }),
    notes: ['the firewall leaves the configuration: nothing is written to it any more'],
    advice: [],
  }));
}
