import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { stableJson } from '../../core/model/content-hash.ts';
import { type Action, noteOutcome, recordAction } from '../audit/actions.ts';
import type { App } from '../compose.ts';
import type { Configuration, FirewallConfiguration } from '../configuration/model.ts';
import { startWalk } from '../ingest/walk.ts';
import { unconfirmed } from '../person.ts';
import type { Ports } from '../ports.ts';
import { requireQualifications } from '../qualify/required.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { markDirty } from '../state/dirty.ts';
import { inParallel } from '../state/items.ts';
import { leaving, noteLeft } from '../state/left.ts';
import { objectKey, readObject, updateObject } from '../state/ledger.ts';
import { askProbe, type Lease, releaseLease, sendWakeUp, takeLease, wake } from '../state/writers.ts';
import { groupsOn, writerKeyOf } from '../targets.ts';
import { onlyTeamsSince, onTopOfTeams } from '../delegation/on-top-of-teams.ts';
import { activeOrNone } from '../state/active-or-none.ts';
import { isUnfinished } from './authors.ts';
import type { FirewallPlan } from './plan.ts';
import { unknownFirewall } from '../unknown-name.ts';

/** What an apply released for one group on one firewall. */
export interface Allowance {
  firewall: string;
  group: string;
  add: number;
  remove: number;
  /** Changes that wait for a person. */
  held: number;
}

export interface ApplyRequest {
  configuration: Configuration;
  /** What was shown to the person who applies. */
  plans: readonly FirewallPlan[];
  author: string;
  /** Who AWS says it is. */
  principal?: string | undefined;
  /** Firewalls that have it first; the others follow when it is promoted. */
  canary?: { firewalls: readonly string[]; promoteAfterMs?: number | undefined } | undefined;
  /** Set when everything but groups of resources stays as it is: what was released since that generation counts on. */
  releasedSince?: number | undefined;
  /** It takes the place of a canary that is on. */
  endsCanary?: boolean | undefined;
}

/** How often an `apply` goes on top of what teams make meanwhile before it gives up. */
const activateAttempts = 5;

/**
 * Makes a configuration the active generation, releases what its plan showed, and starts the walk over all endpoints. Does not
 * wait for the walk. Throws `configuration/outdated` when a person made another generation active since the plan was made.
 */
export async function applyConfiguration(
  app: App,
  request: ApplyRequest,
): Promise<{ generation: number; allowances: Allowance[] }> {
  for (let attempt = 1; ; attempt++) {
    const before = await activeOrNone(app.configurations);
    refuseWhileTrying(before, request);
    const next = await onTopOfTeams(app, request, before);
    try {
      const generation = await activate(app, { ...next, before });
      return await carryOut(app, generation, { request: next.request, before });
    } catch (error) {
      if (!isZonebridgeError(error, 'configuration/outdated') || attempt >= activateAttempts) throw error;
      const now = await app.configurations.active();
      if (request.releasedSince !== undefined || !onlyTeamsSince(now, next.previous)) throw error;
    }
  }
}

async function activate(
  { ports, configurations }: App,
  at: { request: ApplyRequest; previous: number; before: ActiveConfiguration | undefined },
): Promise<number> {
  const { request, previous, before } = at;
  const { configuration, author, principal, releasedSince, canary } = request;
  await requireQualifications(ports, configuration);
  await proveQueues(ports, writersOf(ports, configuration));
  if (before) await noteLeft(ports.tables, leaving(before.configuration, configuration), ports.clock.now());
  const action: Action = {
    what: 'apply',
    by: principal ?? unconfirmed(author),
    details: {
      previous,
      author,
      ...(canary ? { canary: [...canary.firewalls] } : {}),
      released: request.plans.flatMap(allowancesOf).map((one) => ({ ...one })),
    },
  };
  await recordAction(ports, action);
  const now = ports.clock.now();
  const overUnfinished = before !== undefined && (await isUnfinished(ports, before));
  try {
    return await configurations.activate(configuration, {
      previous,
      author,
      principal,
      now,
      releasedSince,
      canary,
      overUnfinished,
    });
  } catch (error) {
    if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
    await noteOutcome(ports, action, { previous, outcome: 'no effect, somebody else applied meanwhile' });
    throw outdated(previous, error);
  }
}

/** Releases what the plans of a generation that is active show, starts its walk and wakes the firewalls. Doing it again is harmless. */
export async function carryOut(
  { ports, configurations }: App,
  generation: number,
  { request, before }: { request: ApplyRequest; before?: ActiveConfiguration | undefined },
): Promise<{ generation: number; allowances: Allowance[] }> {
  const byWriter = writersOf(ports, request.configuration);
  // What was shown here must not be released for what a person has applied since; teams change what is theirs alone.
  const proveActive = async (): Promise<ActiveConfiguration> => {
    const now = await configurations.active();
    if (now.generation !== generation && !onlyTeamsSince(now, generation)) throw outdated(generation);
    return now;
  };
  await proveActive();
  await inParallel([...byWriter], 8, ([writerKey, firewalls]) => {
    const ids = new Set(firewalls.map(([id]) => id));
    const plans = request.plans.filter(({ firewall }) => ids.has(firewall));
    return release(ports, proveActive, { writerKey, generation, plans, before });
  });
  await startWalk(ports, await proveActive());
  await inParallel([...byWriter], 8, async ([writerKey, firewalls]) => {
    const network = firewalls[0]?.[1].network ?? '';
    // What made the hub leave a firewall alone may be mended by this: nobody should wait until the circuit closes by itself.
    for (const [id, settings] of firewalls)
      if (isReachedAnew(before, id, settings)) await askProbe(ports.tables, writerKey, id);
    return wake(ports, { hub: ports.hub, network, writerKey, parts: [], now: ports.clock.now() });
  });
  return { generation, allowances: request.plans.flatMap(allowancesOf) };
}

type Writers = ReadonlyMap<string, readonly (readonly [string, FirewallConfiguration])[]>;

function writersOf(ports: Ports, { firewalls }: Configuration): Writers {
  return Map.groupBy(Object.entries(firewalls), ([, settings]) => writerKeyOf(ports.firewalls, settings));
}

/** Whether a firewall is called in another way than before: address, certificate authority, VDOM, network and the like. */
function isReachedAnew(
  before: ActiveConfiguration | undefined,
  id: string,
  { network, settings }: FirewallConfiguration,
): boolean {
  const old = before?.configuration.firewalls[id];
  return old !== undefined && (old.network !== network || stableJson(old.settings) !== stableJson(settings));
}

/**
 * Throws `configuration/canary-waiting`: the firewalls that are no canary would jump to a generation that nobody promoted.
 * Throws `command/usage` for a canary that is not there or is all firewalls, `configuration/canary-not-possible` for the first generation
 * and for one that takes groups away from the firewalls that should stay as they are, or changes anything but groups.
 */
export function refuseWhileTrying(
  active: ActiveConfiguration | undefined,
  request: Pick<ApplyRequest, 'configuration' | 'canary' | 'endsCanary'>,
): void {
  if (active?.canary && request.endsCanary !== true)
    throw new ZonebridgeError(
      'configuration/canary-waiting',
      `generation ${active.generation} is still being tried on ${active.canary.firewalls.join(', ')}`,
    );
  if (!request.canary) return;
  const all = Object.keys(request.configuration.firewalls);
  for (const firewall of request.canary.firewalls)
    if (!all.includes(firewall)) throw unknownFirewall(request.configuration, firewall);
  if (!active)
    throw new ZonebridgeError(
      'configuration/canary-not-possible',
      'the first generation has none before it: apply it without a canary',
    );
  if (all.every((firewall) => request.canary?.firewalls.includes(firewall)))
    throw new ZonebridgeError('command/usage', 'a canary is some of the firewalls, not all');
  refuseOtherSections(active.configuration, request.configuration);
  refuseTakingAway(active.configuration, request.configuration, request.canary.firewalls);
}

/** Groups alone stay as they were where they are not tried yet, and come back when the canary is given up; the rest counts everywhere at once. */
function refuseOtherSections(before: Configuration, next: Configuration): void {
  const sections = [...new Set([...Object.keys(before), ...Object.keys(next)])] as (keyof Configuration)[];
  const differing = sections.filter(
    (section) =>
      section !== 'groups' && stableJson(before[section] ?? null) !== stableJson(next[section] ?? null),
  );
  if (differing.length === 0) return;
  throw new ZonebridgeError(
    'configuration/canary-not-possible',
    `a canary tries groups alone, and ${differing.join(', ')} changed, too: apply that first, without a canary`,
  );
}

/** What left the configuration is not followed any more, nor quarantined: it cannot stay as it was where the generation is not tried yet. */
function refuseTakingAway(before: Configuration, next: Configuration, canaries: readonly string[]): void {
  const lost = [...leaving(before, next)].filter(([firewall]) => !canaries.includes(firewall));
  if (lost.length === 0) return;
  const places = lost.flatMap(([firewall, groups]) => groups.map((group) => `${group} on ${firewall}`));
  throw new ZonebridgeError(
    'configuration/canary-not-possible',
    `a canary cannot take groups away from the other firewalls: ${places.join(', ')}; apply that without a canary`,
  );
}

function outdated(generation: number, cause?: unknown): ZonebridgeError {
  const message = `generation ${generation}, which the plan is based on, is no longer the active one`;
  return new ZonebridgeError('configuration/outdated', message, { cause });
}

/** A network that is configured but not deployed has no queue: that must show before anything is activated. A wake-up does no harm. */
async function proveQueues(ports: Ports, byWriter: Writers): Promise<void> {
  const networks = new Map(
    [...byWriter].map(([writerKey, [first]]) => [first?.[1].network ?? '', writerKey]),
  );
  await inParallel([...networks], 8, ([network, writerKey]) =>
    sendWakeUp(ports.queues, { hub: ports.hub, network, writerKey }),
  );
}

function allowancesOf({ firewall, groups }: FirewallPlan): Allowance[] {
  return groups.map(({ group, allowance, held }) => ({
    firewall,
    group,
    ...allowance,
    held: held.length,
  }));
}

/** How often an order of a person may take the lease away before the `apply` gives up. */
const releaseAttempts = 5;

/**
 * Writes allowances and marks under the lease of the writer: a run that began with the older generation has ended then, so it can
 * neither hold what is released here nor write its older counters over the allowances. A pause or a quarantine that interrupts it is
 * waited for; doing it once more is harmless.
 */
async function release(ports: Ports, proveActive: () => Promise<unknown>, work: Releasing): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const lease = await waitForLease(ports, work.writerKey);
    try {
      await proveActive();
      return await releaseUnder(ports, work, lease);
    } catch (error) {
      if (attempt >= releaseAttempts || !isZonebridgeError(error, 'store/condition-failed')) throw error;
    } finally {
      await releaseLease(ports.tables, lease);
    }
  }
}

interface Releasing {
  writerKey: string;
  generation: number;
  plans: readonly FirewallPlan[];
  before: ActiveConfiguration | undefined;
}

async function releaseUnder(ports: Ports, work: Releasing, lease: Lease): Promise<void> {
  const { generation } = work;
  for (const { firewall, groups } of work.plans) {
    const kept = new Set(
      work.before ? groupsOn(work.before.configuration, firewall).map((one) => one.group.name) : [],
    );
    const items = await ports.tables.read(groups.map(({ group }) => objectKey(firewall, group)));
    // A later generation of resources released what its delegation says: that is not taken back.
    const open = groups.filter(
      (_, index) => readObject(items[index], 0).counters.allowance.generation <= generation,
    );
    await inParallel(open, 8, async ({ group, allowance, look }) => {
      // As a transaction: sent again and late, it would release once more what was used up meanwhile.
      await ports.tables.transact([
        updateObject(
          { firewall, group, fence: lease.fence },
          {
            allowGeneration: generation,
            allowAdd: allowance.add,
            allowRemove: allowance.remove,
          },
          // Nobody compared the object while the group was not published there: it may be somebody else's by now.
          kept.has(group) ? [] : ['ownership'],
        ),
      ]);
      const time = ports.clock.now();
      await inParallel(look, 16, (key) =>
        ports.tables.write(markDirty({ id: ports.random.id(), firewall, key, cause: 'configuration', time })),
      );
    });
  }
}

const leaseMs = 20_000;
/** Longer than a run keeps its lease. */
const patienceMs = 100_000;
const pauseMs = 500;

async function waitForLease(ports: Ports, writerKey: string): Promise<Lease> {
  const end = ports.clock.now() + patienceMs;
  for (;;) {
    try {
      return await takeLease(ports.tables, { writerKey, now: ports.clock.now(), lengthMs: leaseMs });
    } catch (error) {
      if (!isZonebridgeError(error, 'sync/lease-held') || ports.clock.now() > end) throw error;
    }
    await ports.clock.sleep(pauseMs);
  }
}
