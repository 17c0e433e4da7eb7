import { applyConfiguration } from '../../../lib/app/commands/apply.ts';
import { approveHeld, type Decision, listHeld } from '../../../lib/app/commands/approve.ts';
import { planConfiguration } from '../../../lib/app/commands/plan.ts';
import { requestReconcile } from '../../../lib/app/commands/request-reconcile.ts';
import { restoreMember } from '../../../lib/app/commands/restore.ts';
import { listLedger } from '../../../lib/app/state/ledger.ts';
import type { Person } from '../../../lib/app/person.ts';
import { holdRule } from '../../../lib/core/plan/hold-reasons.ts';
import type { TableName } from '../../../lib/core/ports.ts';
import type { StoreBackup } from '../../support/memory-store.ts';
import type { App, Hub } from '../hub.ts';
import { configurationOf, type HubSpec, objectName } from '../plan/spec.ts';
import type { HubStep } from '../plan/steps.ts';
import type { HubSide } from '../world.ts';

const tables: readonly TableName[] = ['endpoints', 'memberships', 'dirty', 'ledger', 'control'];
/** Whoever acts at the command line. */
export const approver: Person = { name: 'an approver', principal: 'arn:aws:iam::111122223333:user/approver' };
export const author: Person = { name: 'an author', principal: 'arn:aws:iam::111122223333:user/author' };
/** How long an approval holds; the oracle gives it as much and a run more. */
const approvalMs = 62 * 60_000;

type TableBackup = { at: number; tables: ReadonlyMap<TableName, StoreBackup> };
/** By hub, in the order in which they were made. */
export type TableBackups = Map<string, TableBackup[]>;

/**
 * DynamoDB puts nothing back that is younger ("LatestRestorableDateTime is typically 5 minutes before the current time", API reference, PointInTimeRecoveryDescription).
 * The hub tells a table that was put back by what its sweep wrote every minute.
 */
const restorableMs = 5 * 60_000;

export function playHub(side: HubSide, backups: TableBackups, step: HubStep): void {
  const { hub } = side;
  if (step.do !== 'back up tables') hub.kernel.happened(`hub: ${step.do}`);
  switch (step.do) {
    case 'apply':
      return apply(side, { ...hub.spec, groups: step.groups });
    case 'approve':
      return approveAll(side);
    case 'restore member':
      return restoreSome(side, step.choice);
    case 'compare':
      return compareAll(hub);
    case 'redrive':
      return hub.redrive();
    case 'outage':
      return outage(side, step.minutes);
    case 'back up tables':
      return void backups.set(hub.spec.name, [...(backups.get(hub.spec.name) ?? []), backUp(hub)]);
    case 'restore table':
    case 'lose table':
      return disturb(side, step.table, step.do === 'restore table' ? restorable(hub, backups) : undefined);
  }
}

/** Plans and applies, as the command does. */
export function apply(side: HubSide, spec: HubSpec): void {
  const { hub, watch } = side;
  hub.person('apply', async (app, process) => {
    const configuration = configurationOf(spec);
    const plans = await planConfiguration(app.ports, app.configurations, configuration);
    for (const { firewall, groups } of plans)
      for (const { group, allowance } of groups) watch.brakes.announce(`${firewall}|${group}`, allowance);
    hub.candidates.set(process, spec);
    await applyConfiguration(app, { configuration, plans, author: author.name, principal: author.principal });
  });
}

/**
 * Releases everything that waits for a person, on every firewall; at rest what a freeze holds is left to the freeze. What is not compared
 * yet goes on by itself when it is: whoever releases it before takes it upon himself.
 */
export function approveAll(side: HubSide, options: { frozen: boolean } = { frozen: true }): void {
  side.hub.person('approve', async (app) => {
    const active = await app.configurations.active();
    for (const firewall of Object.keys(active.configuration.firewalls)) {
      const held = await listHeld(app.ports, active, firewall);
      const mine = held.filter(
        ({ reason }) =>
          holdRule(reason).approvable && reason !== 'unverified' && (options.frozen || reason !== 'frozen'),
      );
      if (mine.length > 0) await approve(side, app, { firewall, held: mine, by: approver });
    }
  });
}

/** The oracle is told before: an approval counts from the first row in which it is written. */
async function approve(side: HubSide, app: App, decision: Decision): Promise<void> {
  const { hub, watch } = side;
  const { firewall, held } = decision;
  hub.kernel.tell(
    () =>
      `approved on ${firewall}: ${held.map(({ op, key, reason }) => `${op} ${key} (${reason})`).join(', ')}`,
  );
  for (const { group, op, address } of held) {
    const key = `${firewall}|${group}|${op}|${address}`;
    watch.brakes.released.set(key, hub.kernel.now + approvalMs);
    watch.decisions.approved(key);
  }
  await approveHeld(app.ports, await app.configurations.active(), decision);
}

/** Lets addresses come back that people took off. */
export function restoreSome({ hub }: HubSide, choice?: number): void {
  hub.person('restore', async (app) => {
    const places = await withheld(app);
    const chosen =
      choice === undefined ? places : places.filter((_, index) => index === choice % places.length);
    for (const place of chosen) await restoreMember(app.ports, await app.configurations.active(), place);
  });
}

export function compareAll(hub: Hub): void {
  hub.person('reconcile', async (app) => {
    const active = await app.configurations.active();
    for (const firewall of Object.keys(active.configuration.firewalls))
      await requestReconcile(app.ports, active, firewall);
  });
}

async function withheld(app: App): Promise<{ firewall: string; group: string; address: string }[]> {
  const { configuration } = await app.configurations.active();
  const places = Object.values(configuration.groups).flatMap(({ name, publish }) =>
    publish.map(({ firewall }) => ({ firewall, group: name })),
  );
  const found: { firewall: string; group: string; address: string }[] = [];
  for (const place of places) {
    for (const { address, row } of await listLedger(app.ports.tables, place.firewall, place.group))
      if (row.withheldFor !== undefined) found.push({ ...place, address });
  }
  return found;
}

/** The region is down: nothing runs, nobody is heard; messages wait. */
function outage({ hub, clusters, stale, watch }: HubSide, minutes: number): void {
  hub.kernel.tell(() => `hub ${hub.spec.name}: outage of ${minutes} min`);
  hub.ticking = false;
  const milliseconds = minutes * 60_000;
  watch.decisions.heldUp(milliseconds);
  stale.heldUp(milliseconds);
  for (const { agents } of clusters) agents.pause(milliseconds, false);
  hub.kernel.scheduler.after(milliseconds, () => {
    hub.ticking = true;
  });
}

function backUp(hub: Hub): TableBackup {
  return {
    at: hub.kernel.now,
    tables: new Map(tables.map((table) => [table, hub.tables.store.backup(table)])),
  };
}

/** The youngest backup that can be put back; without one the table is lost. */
function restorable(hub: Hub, backups: TableBackups): TableBackup | undefined {
  return backups.get(hub.spec.name)?.findLast(({ at }) => hub.kernel.now - at >= restorableMs);
}

/**
 * A table is lost or put back to an older state, alone. Nobody does anything about it: the hub has to notice and to mend it with what the
 * agents say. The loss of `control` is left out: it holds the epochs, and nothing promises what happens when one is
 * given out twice.
 */
function disturb(side: HubSide, table: TableName, backup: TableBackup | undefined): void {
  const { hub, watch } = side;
  hub.kernel.tell(
    () => `hub ${hub.spec.name}: table ${table} is ${backup ? 'restored from a backup' : 'lost'}`,
  );
  hub.tables.restore(table, backup?.tables.get(table));
  if (table === 'endpoints' || table === 'memberships') watch.retoldAt = hub.kernel.now;
  // What nobody gave up must not leave, whatever is lost; an older ledger may bring back what it says.
  if (table !== 'ledger') return;
  watch.misled = true;
  forgetLeftGroups(hub);
}

/**
 * What lies in groups that are not published on a firewall now is known by the ledger alone: without it, it is foreign when they come back,
 * as far as anybody can tell.
 */
function forgetLeftGroups(hub: Hub): void {
  const { spec } = hub;
  for (const { name: firewall } of spec.firewalls) {
    const device = hub.deviceOf(firewall);
    const published = new Set(
      spec.groups
        .filter(({ publish }) => publish.some((one) => one.firewall === firewall))
        .map((group) => objectName(spec.name, group)),
    );
    for (const [name, { maker, members }] of device?.objects ?? [])
      if (maker === `${spec.name}/${firewall}` && !published.has(name))
        for (const address of members) device?.broughtBack.add(`${name}|${address}`);
  }
}
