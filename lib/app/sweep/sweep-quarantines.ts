import { claimedAddresses } from '../../core/model/endpoint.ts';
import { type Quarantine, quarantinedAddress } from '../../core/plan/quarantine.ts';
import { metrics } from '../metrics.ts';
import { changeQuarantine, extendQuarantine } from '../orders/change-quarantine.ts';
import { markPlaces, placesOf } from '../orders/quarantine-marks.ts';
import type { Ports } from '../ports.ts';
import { announceDone } from '../state/announcements.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import {
  endpointKey,
  type Owner,
  ownerKey,
  parseGlobalEndpointId,
  readEndpoint,
  readOwner,
} from '../state/endpoints.ts';

/** Longer than any run can work with the list as it was before. */
const runMs = 90_000;

/**
 * Looks after the quarantines once a minute: follows pods to new addresses, looks again where a run may have missed one, and tells when
 * somebody else got a quarantined address, who is kept out, too, until a person lifts it.
 */
export async function sweepQuarantines(ports: Ports, active: ActiveConfiguration): Promise<void> {
  const reused = new Map<string, number>();
  for (const one of active.quarantines.all) {
    await follow(ports, active, one);
    const owner = await otherOwner(ports, active, one);
    if (!owner) continue;
    const { cluster } = parseGlobalEndpointId(owner.endpoint);
    const key = active.clusters.get(cluster)?.key ?? cluster;
    reused.set(key, (reused.get(key) ?? 0) + 1);
    if (one.reused?.endpoint !== owner.endpoint) await noteReuse(ports, one, owner);
  }
  for (const { key } of active.clusters.values())
    ports.telemetry.metric(metrics.quarantineReused.name, reused.get(key) ?? 0, { cluster: key });
}

/** The new addresses of a pod that is followed; usually ingest has added them already, and its addresses are looked at once more. */
async function follow(ports: Ports, active: ActiveConfiguration, one: Quarantine): Promise<void> {
  const missing = await missingAddresses(ports, active, one);
  if (missing.length > 0) {
    const list = await extendQuarantine(ports, one.id, missing);
    const extended = list.all.find(({ id }) => id === one.id);
    if (extended) await markPlaces(ports, active, placesOf(active, extended));
    return;
  }
  if (one.extendedAt === undefined || ports.clock.now() - one.extendedAt < runMs) return;
  await markPlaces(ports, active, placesOf(active, one));
  await changeQuarantine(ports, one.id, (known) => ({ ...known, extendedAt: undefined }));
}

async function missingAddresses(
  ports: Ports,
  active: ActiveConfiguration,
  one: Quarantine,
): Promise<string[]> {
  if (one.follows === undefined) return [];
  const { cluster, id } = parseGlobalEndpointId(one.follows);
  const realm = active.clusters.get(cluster)?.realm;
  const [item] = await ports.tables.read([endpointKey(cluster, id)]);
  const record = readEndpoint(id, item)?.record;
  if (realm === undefined || !record) return [];
  return claimedAddresses(record)
    .map((address) => quarantinedAddress(realm, address))
    .filter((address) => !one.addresses.includes(address));
}

async function otherOwner(
  ports: Ports,
  active: ActiveConfiguration,
  one: Quarantine,
): Promise<(Owner & { address: string }) | undefined> {
  const realms = [...new Set([...active.clusters.values()].map(({ realm }) => realm))];
  const places = one.addresses.flatMap((entry) => {
    const [realm = '', address = ''] = entry.split('|');
    return (realms.includes(realm) ? [realm] : realms).map((seen) => ({ realm: seen, address }));
  });
  const items = await ports.tables.read(places.map(({ realm, address }) => ownerKey(realm, address)));
  for (const [index, { address }] of places.entries()) {
    const owner = readOwner(items[index]);
    if (owner && !one.holders.includes(owner.endpoint)) return { ...owner, address };
  }
  return undefined;
}

async function noteReuse(ports: Ports, one: Quarantine, owner: Owner & { address: string }): Promise<void> {
  const at = ports.clock.now();
  const { address, endpoint } = owner;
  const reused = { at, address, endpoint };
  await changeQuarantine(ports, one.id, (known) => ({ ...known, reused }));
  const detail = { quarantineId: one.id, target: one.target, address, endpoint };
  await announceDone(ports.tables, { id: `${one.id}-${endpoint}`, type: 'quarantine-reused', at, detail });
  ports.telemetry.warn('quarantined address reused', detail);
}
