import { ZonebridgeError } from '../../core/errors.ts';
import { type Action, noteOutcome, recordAction } from '../audit/actions.ts';
import { readFirewallState } from '../commands/firewall-state.ts';
import type { App } from '../compose.ts';
import type { Configuration } from '../configuration/model.ts';
import { metrics } from '../metrics.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration, Canary, Configurations } from '../state/configurations.ts';
import { inParallel } from '../state/items.ts';
import { objectKey, readObject } from '../state/ledger.ts';
import { groupsOn } from '../targets.ts';
import { releaseWaiting } from './release.ts';

/** The canary that is on. Throws `configuration/no-canary` when there is none. */
export function canaryOf(active: ActiveConfiguration): Canary {
  if (active.canary) return active.canary;
  throw new ZonebridgeError(
    'configuration/no-canary',
    `generation ${active.generation} is on all firewalls: there is no canary`,
  );
}

/** Lets all firewalls have the generation that the canaries tried. */
export async function promoteCanary(
  { ports, configurations }: App,
  { by }: { by: string },
): Promise<ActiveConfiguration> {
  const active = await configurations.active();
  const { firewalls } = canaryOf(active);
  const details = { generation: active.generation, canary: [...firewalls] };
  const action: Action = { what: 'canary promote', by, details };
  await recordAction(ports, action);
  if (!(await configurations.promote(active.generation))) {
    await noteOutcome(ports, action, { outcome: 'no effect, it was no canary any more' });
    throw new ZonebridgeError(
      'configuration/outdated',
      `generation ${active.generation} is no canary any more`,
    );
  }
  const promoted = await configurations.active();
  await releaseWaiting(ports, promoted);
  return promoted;
}

/** What an abort applies: the groups of the generation before, with everything else as it is. */
export async function beforeCanary({ configurations }: App): Promise<Configuration> {
  const active = await configurations.active();
  const { groups } = await configurations.stored(canaryOf(active).base);
  return { ...active.configuration, groups };
}

/** Measures how long a canary waits, and promotes it when it was well for as long as was asked for. Returns what is active then. */
export async function sweepCanary(
  ports: Ports,
  configurations: Configurations,
  active: ActiveConfiguration,
): Promise<ActiveConfiguration> {
  const { canary, generation, activatedAt } = active;
  if (!canary) return active;
  const now = ports.clock.now();
  for (const firewall of canary.firewalls)
    ports.telemetry.metric(metrics.canaryWaiting.name, Math.round((now - activatedAt) / 1000), { firewall });
  const unwell = (
    await inParallel(canary.firewalls, 8, (firewall) => troubleOn(ports, active, firewall))
  ).flatMap((text) => text ?? []);
  if (unwell.length > 0) {
    ports.telemetry.info('canary not well', { generation, unwell });
    await configurations.noteUnwell(generation, now);
    return configurations.active();
  }
  if (canary.promoteAfterMs === undefined || now - canary.wellSince < canary.promoteAfterMs) return active;
  ports.telemetry.info('canary promoted', { generation });
  await configurations.promote(generation);
  return configurations.active();
}

/** Why a canary is not well; undefined when it is: in step, nothing held or failed, and compared without drift since the generation began. */
async function troubleOn(
  ports: Ports,
  active: ActiveConfiguration,
  firewall: string,
): Promise<string | undefined> {
  if (!active.configuration.firewalls[firewall]) return undefined;
  const { health, comparison } = await readFirewallState(ports, active.configuration, firewall);
  if (health !== 'in step' && health !== 'working') return `${firewall} is ${health}`;
  const places = groupsOn(active.configuration, firewall);
  const items = await ports.tables.read(places.map(({ group }) => objectKey(firewall, group.name)));
  const rows = items.map((item) => readObject(item, 0));
  if (rows.some(({ held }) => held > 0)) return `${firewall} has held changes`;
  const trouble = rows.find((row) => row.trouble !== undefined)?.trouble;
  if (trouble !== undefined) return `${firewall}: ${trouble}`;
  if (!comparison || comparison.finishedAt < active.activatedAt) return `${firewall} was not compared yet`;
  const { error, removedByHand, lost, foreign } = comparison;
  return error !== '' || removedByHand + lost + foreign > 0 ? `${firewall} has drift` : undefined;
}
