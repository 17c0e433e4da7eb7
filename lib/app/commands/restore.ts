import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import { recordAction } from '../audit/actions.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { markDirty } from '../state/dirty.ts';
import { ledgerKey, listLedger } from '../state/ledger.ts';
import { wake } from '../state/writers.ts';
import { writerKeyOf } from '../targets.ts';

export interface MemberPlace {
  firewall: string;
  group: string;
  address: string;
  /** Who lets it. */
  by?: string;
}

/** Lets an address that a person took off a firewall come back. Throws `command/usage` when nothing is withheld there. */
export async function restoreMember(
  ports: Ports,
  active: ActiveConfiguration,
  place: MemberPlace,
): Promise<void> {
  const rows = await listLedger(ports.tables, place.firewall, place.group);
  const withheld = rows.find(
    ({ address, row }) => address === place.address && row.withheldFor !== undefined,
  );
  if (!withheld) {
    throw new ZonebridgeError(
      'command/usage',
      `${place.address} is not withheld in ${place.group} on ${place.firewall}`,
    );
  }
  await recordAction(ports, { what: 'restore', by: 'unknown', ...place });
  await lookAgain(ports, active, {
    firewall: place.firewall,
    keys: [withheld.key],
    cause: 'approval',
    forget: ['withheldFor'],
  });
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
  for (const key of request.keys) {
    if (request.forget) await forget(ports, request.firewall, key, request.forget);
    const mark = { id: ports.random.id(), firewall: request.firewall, key, cause: request.cause, time: now };
    await ports.tables.write(markDirty(mark));
  }
  const writerKey = writerKeyOf(ports.firewalls, settings);
  await wake(ports, { hub: ports.hub, network: settings.network, writerKey, parts: [], now });
}

async function forget(ports: Ports, firewall: string, key: string, names: readonly string[]): Promise<void> {
  const { realm, address } = parseMembershipKey(key);
  try {
    await ports.tables.write({
      key: ledgerKey(firewall, key),
      update: { remove: names },
      if: [{ attribute: 'changedAt', is: 'present' }],
    });
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
    ports.telemetry.info('row is gone', { firewall, realm, address });
  }
}
