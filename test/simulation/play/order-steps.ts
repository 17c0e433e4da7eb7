import { approveHeld, listHeld, rejectHeld } from '../../../lib/app/commands/approve.ts';
import { pauseWrites, resumeWrites } from '../../../lib/app/commands/pause.ts';
import { liftQuarantine, quarantine } from '../../../lib/app/commands/quarantine.ts';
import { isZonebridgeError } from '../../../lib/core/errors.ts';
import type { OrderStep } from '../plan/steps.ts';
import type { HubSide } from '../world.ts';
import { approver, author } from './hub-steps.ts';

const actions: Record<OrderStep['do'], (side: HubSide, step: OrderStep) => void> = {
  pause: (side, step) => {
    const firewall = firewallOf(side, step);
    side.hub.person(`pause ${firewall ?? 'all'}`, async ({ ports, configurations }, process) => {
      const done = side.watch.orders.begins(process, firewall);
      await pauseWrites(ports, configurations, { firewall, by: approver });
      done();
    });
  },
  resume: (side, step) => {
    // What was paused, if anything is: otherwise most pauses would last.
    const paused = side.watch.orders.paused;
    resume(side, chosen(paused, step.choice) ?? firewallOf(side, step));
  },
  quarantine: (side, step) => {
    const target = targetOf(side, step);
    if (target === undefined) return;
    side.hub.person(`quarantine ${target}`, async (app, process) => {
      const done = side.watch.orders.begins(process);
      await quarantine(app, { target, by: approver });
      done();
      side.watch.decisions.quarantined(target);
    });
  },
  lift: (side, step) => {
    const target = chosen([...side.truth.quarantines.keys()], step.choice);
    if (target === undefined) return;
    side.hub.person(`lift ${target}`, async (app, process) => {
      const done = side.watch.orders.begins(process);
      await liftQuarantine(app, { target, by: approver });
      done();
    });
  },
  reject: (side, step) => reject(side, step.choice),
  'approve own': (side, step) => approveOwn(side, step.choice),
};

export function playOrder(side: HubSide, step: OrderStep): void {
  side.hub.kernel.happened(`order: ${step.do}`);
  actions[step.do](side, step);
}

/** Nothing stays paused at rest. */
export function endPauses(side: HubSide): void {
  for (const what of side.watch.orders.paused) resume(side, what);
}

function resume(side: HubSide, what: string | undefined): void {
  const firewall = what === '*' ? undefined : what;
  side.watch.decisions.heldUp(0);
  side.hub.person(`resume ${firewall ?? 'all'}`, ({ ports, configurations }) =>
    resumeWrites(ports, configurations, { firewall, by: approver }),
  );
}

/** A part of what is held on a firewall is rejected. */
function reject(side: HubSide, choice: number): void {
  const { hub, watch } = side;
  hub.person('reject', async (app) => {
    const active = await app.configurations.active();
    for (const firewall of Object.keys(active.configuration.firewalls)) {
      const held = (await listHeld(app.ports, active, firewall)).filter(
        (_, index) => (index + choice) % 3 > 0,
      );
      if (held.length === 0) continue;
      const { decided } = await rejectHeld(app.ports, active, { firewall, held, by: approver });
      hub.kernel.tell(
        () => `rejected on ${firewall}: ${decided.map(({ op, key }) => `${op} ${key}`).join(', ')}`,
      );
      // What a pause kept from being looked at is not what was rejected.
      if (watch.orders.paused.length > 0) continue;
      // A dead address that only waits is not kept alive by a rejection.
      for (const { group, op, address, dead } of decided)
        if (!dead) watch.decisions.rejected(`${firewall}|${group}|${op}|${address}`);
    }
  });
}

/** Whoever applied the configuration tries to release what it caused. */
function approveOwn(side: HubSide, choice: number): void {
  const { hub } = side;
  hub.person('approve own', async (app) => {
    const active = await app.configurations.active();
    const firewall = chosen(Object.keys(active.configuration.firewalls), choice) ?? '';
    const held = await listHeld(app.ports, active, firewall);
    const own = held.filter(({ cause }) => cause === 'configuration');
    if (own.length === 0) return;
    try {
      await approveHeld(app.ports, active, { firewall, held: own, by: author });
    } catch (error) {
      if (isZonebridgeError(error, 'approval/second-person')) return;
      throw error;
    }
    hub.kernel.violate('the author releases nothing of his own', `${own.length} changes on ${firewall}`);
  });
}

function firewallOf({ hub }: HubSide, step: OrderStep): string | undefined {
  if ('whole' in step && step.whole) return undefined;
  return chosen(hub.spec.firewalls, step.choice)?.name;
}

function targetOf(side: HubSide, step: OrderStep): string | undefined {
  const { clusters } = side;
  if (step.do !== 'quarantine') return undefined;
  const pods = clusters.flatMap(({ cluster }) =>
    [...cluster.api.pods.values()]
      .filter(({ ended }) => !ended)
      .map((pod) => ({ pod, cluster: cluster.spec.name })),
  );
  const one = chosen(pods, step.choice);
  if (step.what === 'pod') return one && `${one.cluster}/${one.pod.namespace}/${one.pod.name}`;
  if (step.what === 'address') return one?.pod.address;
  return chosen([...side.truth.touchedAt.keys()], step.choice);
}

function chosen<T>(all: readonly T[], choice: number): T | undefined {
  return all[choice % Math.max(1, all.length)];
}
