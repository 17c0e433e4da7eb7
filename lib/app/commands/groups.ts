import { ZonebridgeError } from '../../core/errors.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { endpointKey, endpointTitle, parseGlobalEndpointId, readEndpoint } from '../state/endpoints.ts';
import { inParallel } from '../state/items.ts';
import { type LedgerRow, listLedger, objectKey, readObject } from '../state/ledger.ts';
import { listGroup } from '../state/memberships.ts';
import { unsettledSince } from './publication.ts';

/** `wanted`: a member that the firewall does not have and nothing is noted about yet. */
export type MemberState =
  | 'present'
  | 'pending'
  | 'unknown'
  | 'held'
  | 'withheld'
  | 'failed'
  | 'wanted'
  /** A quarantine keeps it out of the group, or in it. */
  | 'quarantined';

export interface Member {
  address: string;
  state: MemberState;
  /** Held, failed: why. */
  reason: string | undefined;
  /** `cluster/namespace/name` of an endpoint that has it; undefined when it is gone. */
  endpoint: string | undefined;
  /** When the state was reached, milliseconds since 1970; undefined for `wanted`. */
  since: number | undefined;
}

/** One group as one firewall has it. */
export interface GroupView {
  group: string;
  firewall: string;
  object: string;
  size: number;
  /** Oldest member that is not as it should be. */
  unsettledSince: number | undefined;
  members: Member[];
}

/** Members per group and firewall, from the ledger and the memberships; no firewall is called. */
export async function listGroups(
  ports: Ports,
  active: ActiveConfiguration,
  only: { group?: string | undefined; firewall?: string | undefined } = {},
): Promise<GroupView[]> {
  const { groups, firewalls } = active.configuration;
  if (only.group !== undefined && !groups[only.group])
    throw new ZonebridgeError(
      'configuration/not-active',
      `no group ${only.group} in the active configuration`,
    );
  if (only.firewall !== undefined && !firewalls[only.firewall])
    throw new ZonebridgeError(
      'configuration/not-active',
      `no firewall ${only.firewall} in the active configuration`,
    );
  const chosen = Object.values(groups).filter(({ name }) => only.group === undefined || name === only.group);
  const views = await inParallel(chosen, 4, async (group) => {
    const wanted = await listGroup(ports.tables, group.name);
    const targets = group.publish.filter(
      ({ firewall }) => only.firewall === undefined || firewall === only.firewall,
    );
    return inParallel(targets, 4, ({ firewall }) =>
      viewOf(ports, active, { group: group.name, firewall, wanted }),
    );
  });
  return views.flat();
}

async function viewOf(
  ports: Ports,
  active: ActiveConfiguration,
  place: { group: string; firewall: string; wanted: ReadonlyMap<string, string> },
): Promise<GroupView> {
  const { group, firewall, wanted } = place;
  const realms = active.configuration.firewalls[firewall]?.realms ?? [];
  const [rows, [objectItem]] = await Promise.all([
    listLedger(ports.tables, firewall, group),
    ports.tables.read([objectKey(firewall, group)]),
  ]);
  const members = new Map<string, Member>();
  const holders = new Map<string, string>();
  for (const { key, address, row } of rows) {
    const { state, reason } = stateOf(row);
    if (state === 'wanted' && !wanted.has(key)) continue;
    members.set(key, { address, state, reason, endpoint: undefined, since: row.changedAt });
    const endpoint = wanted.get(key) ?? row.endpoint;
    if (endpoint !== undefined) holders.set(key, endpoint);
  }
  for (const [key, endpoint] of wanted) {
    const { realm, address } = parseMembershipKey(key);
    if (members.has(key) || !realms.includes(realm)) continue;
    members.set(key, { address, state: 'wanted', reason: undefined, endpoint: undefined, since: undefined });
    holders.set(key, endpoint);
  }
  markQuarantined(active, group, members);
  const titles = await titlesOf(ports, active, [...new Set(holders.values())]);
  const object = readObject(objectItem, ports.clock.now());
  return {
    group,
    firewall,
    object: object.object,
    size: object.counters.size,
    unsettledSince: unsettledSince(rows),
    members: [...members]
      .map(([key, member]) => ({ ...member, endpoint: titles.get(holders.get(key) ?? '') }))
      .sort((a, b) => (a.address < b.address ? -1 : 1)),
  };
}

/** What a quarantine says stands above the state, with who ordered it. */
function markQuarantined(active: ActiveConfiguration, group: string, members: Map<string, Member>): void {
  const settings = active.configuration.groups[group];
  for (const [key, member] of members) {
    const place = parseMembershipKey(key);
    const wish = settings && active.quarantines.wish(settings, place);
    if (wish === undefined) continue;
    const [order] = active.quarantines.of(place.realm, place.address);
    const there = member.state === 'present' ? 'there' : 'not there';
    members.set(key, {
      ...member,
      state: 'quarantined',
      reason: `${wish === 'in' ? 'put in' : 'kept out'} by ${order?.by ?? 'unknown'}, ${there}`,
    });
  }
}

/** What a ledger row says in one word. */
export function stateOf(row: Pick<LedgerRow, 'state' | 'held' | 'withheldFor' | 'failed'>): {
  state: MemberState;
  reason: string | undefined;
} {
  if (row.held) {
    const { op, reason, rejected } = row.held;
    return { state: 'held', reason: `${op}: ${reason}${rejected ? `, rejected by ${rejected.by}` : ''}` };
  }
  if (row.failed) return { state: 'failed', reason: `${row.failed.code}: ${row.failed.message}` };
  if (row.state === 'present' || row.state === 'pending' || row.state === 'unknown')
    return { state: row.state, reason: undefined };
  return { state: row.withheldFor === undefined ? 'wanted' : 'withheld', reason: undefined };
}

/** `cluster/namespace/name` by global endpoint id; endpoints that are gone are missing. */
export async function titlesOf(
  ports: Ports,
  active: ActiveConfiguration,
  endpoints: readonly string[],
): Promise<Map<string, string>> {
  const places = endpoints.map((endpoint) => ({ endpoint, ...parseGlobalEndpointId(endpoint) }));
  const items = await ports.tables.read(places.map(({ cluster, id }) => endpointKey(cluster, id)));
  const titles = new Map<string, string>();
  for (const [index, { endpoint, cluster, id }] of places.entries()) {
    const record = readEndpoint(id, items[index])?.record;
    const key = active.clusters.get(cluster)?.key ?? cluster;
    if (record) titles.set(endpoint, endpointTitle(key, record));
  }
  return titles;
}
