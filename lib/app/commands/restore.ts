import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { Write } from '../../core/ports.ts';
import { recordAction } from '../audit/actions.ts';
import type { Ports } from '../ports.ts';
import { announceDone } from '../state/announcements.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { markDirty } from '../state/dirty.ts';
import { inParallel } from '../state/items.ts';
import { type LedgerEntry, ledgerKey, listLedger, objectKey } from '../state/ledger.ts';
import { wake } from '../state/writers.ts';
import { groupsOn, writerKeyOf } from '../targets.ts';

export interface RestoreRequest {
  firewall: string;
  group: string;
  /** Undefined: all that are withheld in the group there. */
  address?: string | undefined;
  /** Who lets them come back; `unknown` when nobody knows. */
  by?: string | undefined;
  reason?: string | undefined;
}

/**
 * Lets members that a person took off a firewall come back, where they are still wanted. Returns their addresses.
 * Throws `restore/not-withheld` when nothing is withheld there.
 */
export async function restoreMember(
  ports: Ports,
  active: ActiveConfiguration,
  request: RestoreRequest,
): Promise<string[]> {
  const { firewall, group, address } = request;
  const withheld = await withheldIn(ports, request);
  if (withheld.length > 0) return await letBack(ports, active, { ...request, withheld });
  const what = address === undefined ? 'nothing is' : `${address} is not`;
  throw new ZonebridgeError('restore/not-withheld', `${what} withheld in ${group} on ${firewall}`);
}

/**
 * Lets everything come back that counts as taken off a firewall, by group: a configuration that was restored there lacks what came since, and
 * where a device does not tell that it was restored, nobody can know it from a person's work. Throws `restore/not-withheld` when nothing is.
 */
export async function restoreAll(
  ports: Ports,
  active: ActiveConfiguration,
  request: Omit<RestoreRequest, 'group' | 'address'>,
): Promise<Record<string, string[]>> {
  const restored: Record<string, string[]> = {};
  for (const { group } of groupsOn(active.configuration, request.firewall)) {
    const one = { ...request, group: group.name };
    const withheld = await withheldIn(ports, one);
    if (withheld.length > 0) restored[group.name] = await letBack(ports, active, { ...one, withheld });
  }
  if (Object.keys(restored).length > 0) return restored;
  throw new ZonebridgeError('restore/not-withheld', `nothing is withheld on ${request.firewall}`);
}

async function withheldIn(
  ports: Ports,
  { firewall, group, address }: Pick<RestoreRequest, 'firewall' | 'group' | 'address'>,
): Promise<LedgerEntry[]> {
  const rows = await listLedger(ports.tables, firewall, group);
  return rows.filter(
    (entry) => entry.row.withheldFor !== undefined && (address === undefined || entry.address === address),
  );
}

/** Addresses that an announcement lists. */
const toldMax = 200;

async function letBack(
  ports: Ports,
  active: ActiveConfiguration,
  request: RestoreRequest & { withheld: readonly LedgerEntry[] },
): Promise<string[]> {
  const { firewall, group, address, by = 'unknown', reason, withheld } = request;
  const addresses = withheld.map((entry) => entry.address).sort();
  const details = address === undefined ? { addresses } : undefined;
  await recordAction(ports, { what: 'restore', by, firewall, group, address, reason, details });
  const keys = withheld.map(({ key }) => key);
  await lookAgain(ports, active, { firewall, keys, cause: 'approval', forget: ['withheldFor'] });
  // The next comparison counts them anew; what is published does not have to wait for it.
  const back = { add: { missing: -keys.length } };
  await ports.tables.write({ key: objectKey(firewall, group), update: back });
  const detail = {
    firewall,
    group,
    by,
    count: addresses.length,
    addresses: addresses.slice(0, toldMax),
    ...(reason === undefined ? {} : { reason }),
  };
  await announceDone(ports.tables, {
    id: ports.random.id(),
    type: 'restored',
    at: ports.clock.now(),
    detail,
  });
  return addresses;
}

/** Marks addresses dirty for a firewall and wakes it; attributes in `forget` leave the ledger rows first. */
export async function lookAgain(
  ports: Ports,
  active: ActiveConfiguration,
  request: {
    firewall: string;
    keys: readonly string[];
    cause: 'approval' | 'reconcile';
    forget?: readonly string[];
  },
): Promise<void> {
  const settings = active.configuration.firewalls[request.firewall];
  if (!settings) throw new ZonebridgeError('command/usage', `no firewall ${request.firewall}`);
  const now = ports.clock.now();
  await inParallel(request.keys, 16, async (key) => {
    const { firewall, cause } = request;
    const mark = markDirty({ id: ports.random.id(), firewall, key, cause, time: now });
    if (request.forget) await forget(ports, { firewall, key, names: request.forget, mark });
    else await ports.tables.write(mark);
  });
  const writerKey = writerKeyOf(ports.firewalls, settings);
  await wake(ports, { hub: ports.hub, network: settings.network, writerKey, parts: [], now });
}

/** In one transaction with the mark: a row that forgot and is not looked at would stay as it is. */
async function forget(
  ports: Ports,
  request: { firewall: string; key: string; names: readonly string[]; mark: Write },
): Promise<void> {
  const { firewall, key, names, mark } = request;
  const { realm, address } = parseMembershipKey(key);
  const update: Write = {
    key: ledgerKey(firewall, key),
    update: { remove: names },
    if: [{ attribute: 'changedAt', is: 'present' }],
  };
  try {
    await ports.tables.transact([update, mark]);
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
    ports.telemetry.info('row is gone', { firewall, realm, address });
  }
}
