import { parseMembershipKey } from '../../core/model/address-group.ts';
import { spread } from '../../core/model/endpoint.ts';
import type { Item } from '../../core/ports.ts';
import { freezeAt } from '../freezes.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { markDirty, shardOfEndpoint } from '../state/dirty.ts';
import { ownerKey, readOwner } from '../state/endpoints.ts';
import { inParallel } from '../state/items.ts';
import { type LedgerEntry, listLedger, objectKey, readObject } from '../state/ledger.ts';
import { type HoldSummary, readSummary, storeSummary, summaryKey } from '../state/hold-summaries.ts';
import { groupsOn } from '../targets.ts';
import { tellHolds } from './tell-holds.ts';

/** What is held on a firewall. */
export interface HeldFigures {
  waiting: number;
  frozenSince: number | undefined;
  /** Something became dirty. */
  released: boolean;
}

/** Every group is listed again after so many minutes, whether it looks changed or not. */
const everyMinutes = 5;
const minuteMs = 60_000;
/** Revision that no group has. */
const unseen = -1;

/**
 * Looks after what is held on a firewall: lets go what a freeze held when it is over, lets dead addresses go that belong to somebody else
 * by now, counts, and leaves announcements of what is new.
 */
export async function sweepHeld(
  ports: Ports,
  active: ActiveConfiguration,
  firewall: string,
): Promise<HeldFigures> {
  const groups = groupsOn(active.configuration, firewall).map(({ group }) => group.name);
  const items = await ports.tables.read([
    ...groups.map((group) => objectKey(firewall, group)),
    ...groups.map((group) => summaryKey(firewall, group)),
  ]);
  const figures: HeldFigures = { waiting: 0, frozenSince: undefined, released: false };
  await inParallel([...groups.entries()], 4, async ([index, group]) => {
    const known = readSummary(items[groups.length + index]);
    const { held, revision, renamedTo } = readObject(items[index], 0);
    // An object that a person renamed waits for a person, also while nothing has to be changed in it.
    const least = Number(renamedTo !== undefined);
    if (held === 0 && known.digest === '') {
      figures.waiting += least;
      return;
    }
    const swept = await sweepGroup(ports, active, { firewall, group, known, revision });
    figures.waiting += Math.max(least, swept.summary.waiting);
    figures.released ||= swept.released;
    const { frozenSince } = swept.summary;
    if (frozenSince !== undefined)
      figures.frozenSince = Math.min(frozenSince, figures.frozenSince ?? frozenSince);
  });
  return figures;
}

interface GroupHolds {
  firewall: string;
  group: string;
  known: HoldSummary;
  revision: number;
}

async function sweepGroup(
  ports: Ports,
  active: ActiveConfiguration,
  holds: GroupHolds,
): Promise<{ summary: HoldSummary; released: boolean }> {
  const { firewall, group, known, revision } = holds;
  const { digest, requested, requestedUntil } = known;
  const now = ports.clock.now();
  const thaws = known.frozen > 0 && freezeAt(active.freezes, firewall, now) === undefined;
  const minute = Math.floor(now / minuteMs);
  const due = (minute + spread(`${firewall}|${group}`)) % everyMinutes === 0;
  if (known.revision === revision && !thaws && !due) return { summary: known, released: false };
  const rows = (await listLedger(ports.tables, firewall, group)).filter(({ row }) => row.held);
  const frozen = rows.filter(({ row }) => row.held?.reason === 'frozen');
  const released = [
    ...(freezeAt(active.freezes, firewall, now) ? [] : await thaw(ports, firewall, frozen)),
    ...(await letMovedGo(ports, firewall, rows)),
  ];
  const told = await tellHolds(ports, active, { firewall, group, known, rows });
  const sinces = frozen.map(({ row }) => row.held?.since ?? now);
  const summary: HoldSummary = {
    // What could not be told yet is looked at again in a minute.
    revision: told ? revision : unseen,
    waiting: rows.filter(({ row }) => row.held?.reason !== 'frozen' && !row.held?.rejected).length,
    frozen: frozen.length,
    frozenSince: sinces.length === 0 ? undefined : Math.min(...sinces),
    ...(told ?? { digest, requested, requestedUntil }),
  };
  await ports.tables.write(storeSummary(firewall, group, summary));
  return { summary, released: released.length > 0 };
}

/** The freeze is over: what it held is judged by everything else, with the cause it had. */
async function thaw(ports: Ports, firewall: string, frozen: readonly LedgerEntry[]): Promise<LedgerEntry[]> {
  await inParallel(frozen, 16, ({ key, row }) =>
    ports.tables.write(
      markDirty({
        id: ports.random.id(),
        look: true,
        // A dead address that waited for a strict window leaves as one.
        ...(row.held?.dead ? { witnessed: true } : {}),
        firewall,
        key,
        cause: row.cause ?? 'reconcile',
        time: ports.clock.now(),
        source: row.held?.op === 'remove' ? shardOfEndpoint(row.endpoint) : undefined,
      }),
    ),
  );
  return [...frozen];
}

/**
 * A member whose removal is held has no membership any more, so nobody notices when its address gets another owner. That must leave
 * whatever holds it.
 */
async function letMovedGo(
  ports: Ports,
  firewall: string,
  rows: readonly LedgerEntry[],
): Promise<LedgerEntry[]> {
  // What was judged as such, and is held all the same, waits for its object or for a person.
  const leaving = rows.filter(
    ({ row }) => row.held?.op === 'remove' && row.endpoint !== undefined && row.why?.moved !== true,
  );
  const items: (Item | undefined)[] = await ports.tables.read(
    leaving.map(({ key }) => {
      const { realm, address } = parseMembershipKey(key);
      return ownerKey(realm, address);
    }),
  );
  const moved = leaving.filter(({ row }, index) => {
    const owner = readOwner(items[index]);
    return owner !== undefined && owner.endpoint !== row.endpoint;
  });
  await inParallel(moved, 16, ({ key, row }) =>
    ports.tables.write(
      markDirty({
        id: ports.random.id(),
        firewall,
        key,
        cause: row.cause ?? 'watch',
        time: ports.clock.now(),
        moved: true,
      }),
    ),
  );
  return moved;
}
