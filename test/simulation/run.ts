import { Kernel, type StoryOptions, type Violation } from './kernel/kernel.ts';
import { fine } from './kernel/weather.ts';
import { callsBeyond } from './oracle/calls.ts';
import { differences } from './oracle/rest.ts';
import { circuitMs, staleMs } from './oracle/stale-watch.ts';
import { lastClosed } from './plan/closed-times.ts';
import type { Plan, Step } from './plan/steps.ts';
import { playAgent } from './play/agent-steps.ts';
import { playCluster, settleCluster } from './play/cluster-steps.ts';
import { type Backups, playDevice } from './play/device-steps.ts';
import { apply, approveAll, compareAll, playHub, restoreSome, type TableBackups } from './play/hub-steps.ts';
import { endPauses, playOrder } from './play/order-steps.ts';
import { offer, playPeople } from './play/people-steps.ts';
import { World } from './world.ts';

export interface Outcome {
  seed: number;
  /** The first thing that did not hold. */
  violation: Violation | undefined;
  /** Hash over everything that happened and when. */
  trace: string;
  simulatedMs: number;
  steps: number;
  events: number;
  /** From when people began to approve, after the faults, until everything was as it should be. */
  convergedMs: number | undefined;
  faults: Record<string, number>;
  story: readonly { time: number; text: string }[];
}

const minuteMs = 60_000;
/** The sweep looks through all shards within 52 minutes; then a comparison, an approval and another comparison. */
const restMs = 100 * minuteMs;

/** Plays a plan: first safety under faults, then, when the faults have ended, that everything comes right by itself. */
export async function runPlan(plan: Plan, options: StoryOptions = {}): Promise<Outcome> {
  const kernel = new Kernel(plan.seed, options);
  const world = new World(kernel, plan);
  const began = kernel.now;
  await begin(world);
  kernel.weather = plan.weather;
  const backups: Backups = new Map();
  const tables: TableBackups = new Map();
  for (const step of plan.steps) {
    if (kernel.violations.length > 0) break;
    play(world, step, { backups, tables });
    await kernel.run(step.wait + (step.in === 'hub' && step.do === 'outage' ? step.minutes * minuteMs : 0));
  }
  const convergedMs = kernel.violations.length > 0 ? undefined : await rest(world);
  return {
    seed: plan.seed,
    violation: kernel.violations[0],
    trace: kernel.trace,
    simulatedMs: kernel.now - began,
    steps: plan.steps.length,
    events: kernel.scheduler.events,
    convergedMs,
    faults: Object.fromEntries(kernel.faults),
    story: kernel.story ?? [],
  };
}

/** Clusters, the first configuration and the first agents, in fine weather. */
async function begin(world: World): Promise<void> {
  for (const side of world.clusters) settleCluster(side);
  for (const side of world.hubs) apply(side, side.hub.spec);
  await world.kernel.run(30_000);
  for (const { agents } of world.clusters) agents.start();
  await world.kernel.run(2 * minuteMs);
}

function play(world: World, step: Step, kept: { backups: Backups; tables: TableBackups }): void {
  switch (step.in) {
    case 'cluster': {
      const side = world.clusters[step.cluster];
      return side && playCluster(side, step);
    }
    case 'agent': {
      const side = world.clusters[step.cluster];
      return side && playAgent(side, step);
    }
    case 'device':
      return playDevice(world, kept.backups, step);
    case 'people':
      return playPeople(world, step);
    case 'hub': {
      const side = world.hubs[step.hub];
      return side && playHub(side, kept.tables, step);
    }
    case 'order': {
      const side = world.hubs[step.hub];
      return side && playOrder(side, step);
    }
  }
}

/**
 * The faults end and people do what the runbook asks of them: dead letters sent again, what is held approved, what they took off restored.
 * No agent is restarted for what it or the hub lost. Then every firewall has to become what the clusters say, and stay so.
 */
async function rest(world: World): Promise<number | undefined> {
  const { kernel } = world;
  kernel.tell(() => 'the faults end');
  kernel.weather = fine;
  for (const device of world.devices.values()) {
    device.heal();
    offer(world, device);
  }
  for (const { hub } of world.hubs) {
    hub.ticking = true;
    if (!isPatient(world)) hub.bus.catchUp();
  }
  for (const side of world.clusters) side.agents.goOn();
  await kernel.run(3 * minuteMs);
  for (const side of world.hubs) {
    endPauses(side);
    apply(side, side.hub.spec);
    side.stale.faultsEnd();
  }
  // Nobody approves anything yet.
  await kernel.run(circuitMs + staleMs + 2 * minuteMs);
  const end = kernel.now;
  const last = Math.max(end, ...world.hubs.map(({ hub }) => lastClosed(hub.spec.closed ?? [])));
  for (let round = 0; kernel.now < last + restMs && kernel.violations.length === 0; round++) {
    for (const device of world.devices.values()) offer(world, device);
    for (const side of world.hubs) {
      side.hub.redrive();
      if (round % 2 === 0) approveAll(side, { frozen: false });
      else restoreSome(side);
      if (round === 1) compareAll(side.hub);
    }
    await kernel.run(5 * minuteMs);
    if (kernel.violations.length === 0 && differences(world).length === 0) {
      const convergedMs = kernel.now - end;
      await staysSo(world);
      if (isPatient(world)) await untilTheLast(world);
      return convergedMs;
    }
  }
  const left = differences(world);
  if (left.length > 0) kernel.violate('comes right by itself', left.slice(0, 20).join('\n  '));
  return undefined;
}

/** At rest nothing is written any more. */
async function staysSo(world: World): Promise<void> {
  const { kernel } = world;
  const applies = (): number => [...world.devices.values()].reduce((sum, device) => sum + device.applies, 0);
  const before = applies();
  await kernel.run(16 * minuteMs);
  const then = differences(world);
  // A comparison may just be under way.
  await kernel.run(10_000);
  const now = new Set(differences(world));
  const left = then.filter((one) => now.has(one));
  if (left.length > 0) kernel.violate('stays right', left.slice(0, 20).join('\n  '));
  if (applies() > before)
    kernel.violate('writes nothing at rest', `${applies() - before} writes in 16 minutes`);
  for (const text of callsBeyond(world)) kernel.violate('calls follow changes', text);
}

/** In one seed of eight what the bus holds up comes when it comes, up to a day later; in the others within a minute. */
function isPatient({ plan }: World): boolean {
  return plan.seed % 8 === 0;
}

/** What arrives a day late changes nothing. */
async function untilTheLast(world: World): Promise<void> {
  const { kernel } = world;
  const last = Math.max(...world.hubs.map(({ hub }) => hub.bus.lastArrival));
  if (last < kernel.now || kernel.violations.length > 0) return;
  await kernel.run(last - kernel.now + minuteMs);
  if (kernel.violations.length === 0) await staysSo(world);
}
