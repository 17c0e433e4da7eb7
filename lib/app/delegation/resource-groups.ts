import { admit, type Delegation, type Verdict } from '../../core/delegation/admit.ts';
import type { GroupRequests } from '../../core/delegation/request.ts';
import type { AddressGroup } from '../../core/model/address-group.ts';
import { clusterId } from '../../core/model/messages.ts';
import type { Tables } from '../../core/ports.ts';
import type { Configuration } from '../configuration/model.ts';
import { readRequests, requestsKey } from '../state/group-requests.ts';
import { listLedger, objectKey, readObject } from '../state/ledger.ts';
import { endedSelection } from './delegated-release.ts';

/** What AddressGroup resources make of a configuration. */
export interface ResourceGroups {
  verdicts: Verdict[];
  /** All groups: those of the configuration itself, and those of resources. */
  groups: Record<string, AddressGroup>;
}

/**
 * Joins a configuration with the resources that teams made. `now` are the groups that are active: a group stays as it is when its cluster was not
 * heard of, or not in full, or when its resource asks for something that is refused but may publish still: then inside what is delegated now.
 * One whose resource is gone or has another group now, or whose namespace may publish no more, is emptied first; it leaves when no firewall has
 * anything of it.
 */
export async function joinResources(
  tables: Tables,
  configuration: Configuration,
  now: Readonly<Record<string, AddressGroup>>,
): Promise<ResourceGroups> {
  const own = Object.values(configuration.groups).filter(({ resource }) => resource === undefined);
  const clusters = Object.entries(configuration.clusters).filter(([, { writes }]) =>
    writes?.includes('address-groups'),
  );
  const items = await tables.read(clusters.map(([, cluster]) => requestsKey(clusterId(cluster))));
  const told = new Map<string, GroupRequests>();
  for (const [index, [key]] of clusters.entries()) {
    const requests = readRequests(items[index]);
    if (requests) told.set(key, requests);
  }
  const verdicts = admit({
    delegations: Object.values(configuration.delegations ?? {}),
    taken: new Set(own.map(({ name }) => name)),
    requests: new Map([...told].map(([key, { requests }]) => [key, requests])),
    active: Object.values(now).filter(({ resource }) => resource !== undefined),
  });
  const groups = new Map(own.map((group) => [group.name, group]));
  for (const { group } of verdicts) if (group) groups.set(group.name, group);
  for (const before of Object.values(now)) {
    if (before.resource === undefined || groups.has(before.name)) continue;
    // Nothing is written any more to a firewall that left the configuration.
    const publish = before.publish.filter(({ firewall }) => configuration.firewalls[firewall] !== undefined);
    const group = { ...before, publish };
    const kept = publish.length > 0 && keptOf(group, { configuration, verdicts, told });
    if (kept) groups.set(group.name, kept);
    else if (await holdsMembers(tables, group)) groups.set(group.name, { ...group, select: endedSelection });
  }
  return { verdicts, groups: Object.fromEntries(groups) };
}

/** How an active group for which no resource was accepted stays; undefined when it ends. */
function keptOf(
  group: AddressGroup,
  at: {
    configuration: Configuration;
    verdicts: readonly Verdict[];
    told: ReadonlyMap<string, GroupRequests>;
  },
): AddressGroup | undefined {
  const { configuration, verdicts, told } = at;
  const { resource } = group;
  const cluster = resource?.cluster ?? '';
  // A cluster that lets resources be read no more has withdrawn them all.
  if (!configuration.clusters[cluster]?.writes?.includes('address-groups')) return undefined;
  const heard = told.get(cluster);
  if (heard === undefined) return group;
  const verdict = verdicts.find(({ request }) => request.uid === resource?.uid);
  if (verdict === undefined) {
    const { more, others } = heard;
    return more > others.length || others.includes(resource?.uid ?? '') ? group : undefined;
  }
  return verdict.group === undefined && verdict.delegation ? inside(group, verdict.delegation) : undefined;
}

/** A refused change keeps nobody outside of what the platform delegates now. */
function inside(group: AddressGroup, delegation: Delegation): AddressGroup | undefined {
  const { ranges, brakes } = delegation;
  const places = new Set(group.publish.map(({ firewall }) => firewall));
  const publish = delegation.publish.filter(({ firewall }) => places.has(firewall));
  if (publish.length < places.size || !delegation.usedIn.includes(group.usedIn)) return undefined;
  const { ranges: _, ...rest } = group;
  const maxMembers = Math.min(group.maxMembers, delegation.maxMembers);
  return { ...rest, ...(ranges === undefined ? {} : { ranges }), maxMembers, brakes, publish };
}

/** By our record; a removal that is under way counts as done there, and may have come to nothing. */
async function holdsMembers(tables: Tables, { name, publish }: AddressGroup): Promise<boolean> {
  const items = await tables.read(publish.map(({ firewall }) => objectKey(firewall, name)));
  if (items.some((item) => readObject(item, 0).counters.size > 0)) return true;
  const ledgers = await Promise.all(publish.map(({ firewall }) => listLedger(tables, firewall, name)));
  return ledgers.flat().some(({ row }) => row.state !== 'absent');
}
