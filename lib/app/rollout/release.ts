import { isWait } from '../../core/plan/rollout.ts';
import type { AddressGroup } from '../../core/model/address-group.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { markDirty } from '../state/dirty.ts';
import { inParallel } from '../state/items.ts';
import { type LedgerEntry, listLedger, objectKey, readObject } from '../state/ledger.ts';
import { livingRecords } from '../state/living.ts';
import { wake } from '../state/writers.ts';
import { groupsOn, writerKeyOf } from '../targets.ts';
import { firewallsWithout, isCanaryElsewhere } from '../sync/rollout.ts';

/**
 * Has the sync look again at changes whose waiting is over: the generation was promoted or aborted, the other firewalls of the group
 * have its additions, or the endpoint died, whose address must not wait for anything. A group is listed only while something waits in it.
 */
export async function releaseWaiting(ports: Ports, active: ActiveConfiguration): Promise<void> {
  const firewalls = Object.entries(active.configuration.firewalls);
  await inParallel(firewalls, 8, async ([firewall, settings]) => {
    const groups = groupsOn(active.configuration, firewall).map(({ group }) => group);
    const items = await ports.tables.read(groups.map(({ name }) => objectKey(firewall, name)));
    const waiting = groups.filter((_, index) => readObject(items[index], 0).waiting);
    let marked = 0;
    for (const group of waiting) marked += await releaseGroup(ports, active, { firewall, group });
    if (marked === 0) return;
    const writerKey = writerKeyOf(ports.firewalls, settings);
    const now = ports.clock.now();
    await wake(ports, { hub: ports.hub, network: settings.network, writerKey, parts: [], now });
  });
}

/** Returns how many addresses have to be looked at. */
async function releaseGroup(
  ports: Ports,
  active: ActiveConfiguration,
  { firewall, group }: { firewall: string; group: AddressGroup },
): Promise<number> {
  const rows = (await listLedger(ports.tables, firewall, group.name)).filter(
    ({ row: { held } }) => held && isWait(held.reason),
  );
  const over = !(await waits(ports, active, { firewall, group }));
  const ended = over ? rows : await ofTheDead(ports, rows);
  const time = ports.clock.now();
  await inParallel(ended, 16, ({ key }) =>
    ports.tables.write(
      markDirty({ id: ports.random.id(), firewall, key, cause: 'configuration', time, look: true }),
    ),
  );
  // After the marks: a crash in between only makes the same marks again.
  if (over)
    await ports.tables.write({ key: objectKey(firewall, group.name), update: { remove: ['waiting'] } });
  return ended.length;
}

async function waits(
  ports: Ports,
  active: ActiveConfiguration,
  { firewall, group }: { firewall: string; group: AddressGroup },
): Promise<boolean> {
  if (isCanaryElsewhere(active, firewall, group)) return true;
  if (group.consistency !== 'all') return false;
  return (await firewallsWithout(ports, active, { group, but: firewall })).length > 0;
}

/** Removals that wait, of addresses that no longer belong to the endpoint for which they are there. */
async function ofTheDead(ports: Ports, rows: readonly LedgerEntry[]): Promise<LedgerEntry[]> {
  const removals = rows.filter(({ row }) => row.held?.op === 'remove');
  const claimed = removals.flatMap(({ key, realm, address, row: { endpoint } }) =>
    endpoint === undefined ? [] : [{ key, realm, address, endpoint }],
  );
  const living = await livingRecords(ports.tables, claimed);
  return removals.filter(({ key }) => !living.has(key));
}
