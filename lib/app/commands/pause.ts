import { type Action, noteOutcome, recordAction } from '../audit/actions.ts';
import { interruptRuns } from '../orders/interrupt.ts';
import type { Person } from '../person.ts';
import type { Ports } from '../ports.ts';
import { announceDone } from '../state/announcements.ts';
import type { ActiveConfiguration, Configurations } from '../state/configurations.ts';
import { inParallel } from '../state/items.ts';
import { everything, type Pause, pauseUpdate, readPauses, resumeUpdate } from '../state/pauses.ts';
import { wake, writerRow } from '../state/writers.ts';
import { writerKeyOf } from '../targets.ts';
import type { Key } from '../../core/ports.ts';

export interface PauseRequest {
  /** Undefined: all firewalls, also those that are configured later. */
  firewall: string | undefined;
  by: Person;
  reason?: string | undefined;
}

/**
 * Stops all writes to a firewall, or to all: also a run that is under way makes no further call once its next write is due. What changes
 * meanwhile stays dirty. Returns the pause that holds now, which may be an older one, and what it was before.
 */
export async function pauseWrites(
  ports: Ports,
  configurations: Configurations,
  request: PauseRequest,
): Promise<{ pause: Pause; already: boolean }> {
  const active = await configurations.active();
  const { firewall, by, reason } = request;
  const action: Action = { what: 'pause', by: by.name, firewall, reason };
  await recordAction(ports, action);
  const pause: Pause = { since: ports.clock.now(), by: by.name, reason };
  const what = firewall ?? everything;
  const before = await ports.tables.write({
    key: placeOf(ports, configurations, { active, firewall }),
    update: pauseUpdate(what, pause),
  });
  const firewalls = Object.keys(active.configuration.firewalls);
  // Also when it holds already: whoever ordered it may have died before this.
  await interruptRuns(ports, active, firewall === undefined ? firewalls : [firewall]);
  const known = readPauses(before).get(what);
  if (known) {
    await noteOutcome(ports, action, { outcome: `it was paused by ${known.by} already` });
    return { pause: known, already: true };
  }
  const detail = { firewall: what, by: by.name, ...(reason === undefined ? {} : { reason }) };
  const told = { id: ports.random.id(), type: 'paused', at: ports.clock.now(), detail } as const;
  await announceDone(ports.tables, told);
  return { pause, already: false };
}

/** Lets writes go on and wakes the firewalls, which catch up with all that became dirty. Returns the pause that ended, if there was one. */
export async function resumeWrites(
  ports: Ports,
  configurations: Configurations,
  request: Omit<PauseRequest, 'reason'>,
): Promise<Pause | undefined> {
  const active = await configurations.active();
  const { firewall, by } = request;
  const what = firewall ?? everything;
  const place = placeOf(ports, configurations, { active, firewall });
  const ended = await endPause(ports, place, { what, action: { what: 'resume', by: by.name, firewall } });
  // Also when nothing was paused: whoever resumed it may have died before this.
  const firewalls = Object.entries(active.configuration.firewalls);
  const mine = firewalls.filter(([id]) => firewall === undefined || id === firewall);
  await inParallel(mine, 8, ([, settings]) =>
    wake(ports, {
      hub: ports.hub,
      network: settings.network,
      writerKey: writerKeyOf(ports.firewalls, settings),
      parts: [],
      now: ports.clock.now(),
    }),
  );
  if (!ended) return undefined;
  const detail = { firewall: what, by: by.name, pausedAt: ended.since, pausedBy: ended.by };
  const told = { id: ports.random.id(), type: 'resumed', at: ports.clock.now(), detail } as const;
  await announceDone(ports.tables, told);
  return ended;
}

/** Undefined when there is none to end; then nothing is recorded, unless somebody else ended it after a look at it. */
async function endPause(
  ports: Ports,
  key: Key,
  { what, action }: { what: string; action: Action },
): Promise<Pause | undefined> {
  const [row] = await ports.tables.read([key]);
  if (!readPauses(row).has(what)) return undefined;
  await recordAction(ports, action);
  const before = await ports.tables.write({ key, update: resumeUpdate(what) });
  const ended = readPauses(before).get(what);
  if (!ended) await noteOutcome(ports, action, { outcome: 'no effect, it was resumed meanwhile' });
  return ended;
}

/** The pause of one firewall stands with its lease, the one of all with the active configuration: rows that every run reads. */
function placeOf(
  ports: Ports,
  configurations: Configurations,
  place: { active: ActiveConfiguration; firewall: string | undefined },
): Key {
  const settings =
    place.firewall === undefined ? undefined : place.active.configuration.firewalls[place.firewall];
  return settings ? writerRow(writerKeyOf(ports.firewalls, settings)) : configurations.pointer;
}
