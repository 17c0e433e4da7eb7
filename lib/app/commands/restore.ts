import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { Write } from '../../core/ports.ts';
import { recordAction } from '../audit/actions.ts';
import type { Ports } from '../ports.ts';
import { announceDone } from '../state/announcements.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { markDirty } from '../state/dirty.ts';
import { inParallel } from '../state/items.ts';
import {
  isGivenUp,
  type LedgerEntry,
  ledgerKey,
  listLedger,
  objectKey,
  readObject,
} from '../state/ledger.ts';
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
  const known = await withheldIn(ports, request);
  if (known.withheld.length > 0) return await letBack(ports, active, { ...request, ...known });
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
    const known = await withheldIn(ports, one);
    if (known.withheld.length > 0) restored[group.name] = await letBack(ports, active, { ...one, ...known });
  }
  if (Object.keys(restored).length > 0) return restored;
  throw new ZonebridgeError('restore/not-withheld', `nothing is withheld on ${request.firewall}`);
}

interface Withheld {
  withheld: readonly LedgerEntry[];
  /** What is given up in the group then. */
  stillMissing: number;
  /** Of the object row, read before the others. */
  revision: number;
}

async function withheldIn(
  ports: Ports,
  { firewall, group, address }: Pick<RestoreRequest, 'firewall' | 'group' | 'address'>,
): Promise<Withheld> {
  const [item] = await ports.tables.read([objectKey(firewall, group)]);
  const rows = await listLedger(ports.tables, firewall, group);
  const withheld = rows.filter(
    (entry) => entry.row.withheldFor !== undefined && (address === undefined || entry.address === address),
  );
  const stillMissing = rows.filter(({ row }) => isGivenUp(row)).length - withheld.length;
  return { withheld, stillMissing, revision: readObject(item, 0).revision };
}

/**
 * What is published does not have to wait for the next comparison, which counts everything anew. Before the rows forget, because the firewall
 * is woken by then; a comparison that has listed them already finds another revision and leaves the count alone.
 */
async function countAnew(
  { tables }: Ports,
  { firewall, group }: Pick<RestoreRequest, 'firewall' | 'group'>,
  { stillMissing, revision }: Withheld,
): Promise<void> {
  try {
    await tables.write({
      key: objectKey(firewall, group),
      update: { set: { missing: stillMissing }, add: { revision: 1 } },
      if: [{ attribute: 'revision', is: 'absent or =', value: revision }],
    });
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
  }
}

/** Addresses that an announcement lists. */
const toldMax = 200;

async function letBack(
  ports: Ports,
  active: ActiveConfiguration,
  request: RestoreRequest & Withheld,
): Promise<string[]> {
  const { firewall, group, address, by = 'unknown', reason, withheld } = request;
  const addresses = withheld.map((entry) => entry.address).sort();
  const details = address === undefined ? { addresses } : undefined;
  await recordAction(ports, { what: 'restore', by, firewall, group, address, reason, details });
  const keys = withheld.map(({ key }) => key);
  await countAnew(ports, request, request);
  await lookAgain(ports, active, { firewall, keys, cause: 'approval', forget: ['withheldFor'] });
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
