import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { notePartWalked } from '../../../lib/app/state/walks.ts';
import { shardCount } from '../../../lib/core/model/endpoint.ts';
import { CrashSwitch } from '../../support/hub/crash.ts';
import { HubRig, until, workQueues } from '../../support/hub/hub-rig.ts';
import { type CrashPoint, crashPoints, type Story } from './points.ts';
import { CrashWorld, type EndState, groupsFor } from './world.ts';

/**
 * The functions as deployed are killed at named requests; what finishes the work afterwards is the product and its queues alone.
 * Two things are shortened: the visibility of the queues, which is how long a dead run's message stays hidden (150 to 360 s
 * as deployed), and one sweep runs besides the one of each minute. Leases take their 75 s: the points wait for theirs together.
 */
const visibilitySeconds = 5;
const stories: readonly Story[] = ['change', 'wide', 'compare'];

interface Outcome {
  end: EndState;
  calls: { reads: number; writes: number };
}

let directory: string;
let rig: HubRig;
let crash: CrashSwitch;
const worlds = new Map<string, CrashWorld>();
const outcomes = new Map<string, Promise<Outcome>>();

const twin = (story: Story): string => `twin-${story}`;

/** Shards that the sweep looks through in the next minute. */
function isSweptNextMinute(shard: number): boolean {
  const first = (Math.floor(Date.now() / 60_000 + 1) * 5) % 256;
  return (shard - first + 256) % 256 < 5;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zonebridge-crash-'));
  crash = new CrashSwitch(directory);
  const firewalls = [...stories.map(twin), ...crashPoints.map(({ name }) => name)];
  rig = await HubRig.start({ firewalls, groups: groupsFor(firewalls) });
  await crash.install(rig);
  await rig.apply();
  await endWalk();
  const agent = await rig.agent();
  for (const queue of Object.values(workQueues)) await rig.setVisibility(queue, visibilitySeconds);
  for (const [index, firewall] of firewalls.entries())
    worlds.set(firewall, new CrashWorld(rig, agent, { firewall, index }));
  for (const world of worlds.values()) await world.seed();
  for (const world of worlds.values()) {
    const isThere = (): boolean => world.members().every((members) => members?.length === 1);
    await until('every firewall has its first pod', async () => isThere() && (await world.isSettled()));
  }
  await loseMessages();
  for (const story of stories) begin(twin(story), () => playTwin(story));
  const [ofIngest, others] = [crashPoints.filter(isOfIngest), crashPoints.filter((one) => !isOfIngest(one))];
  const swept = ofIngest.filter(({ lost }) => lost === 'sweep');
  for (const point of [...others, ...swept]) begin(point.name, () => playPoint(point));
  await until('ingest is done with these', async () => (await rig.waiting(workQueues.ingest)) === 0);
  // One after the other: several would share a batch, and each other's end.
  for (const point of ofIngest) {
    if (swept.includes(point)) continue;
    begin(point.name, () => playPoint(point));
    await until(`${point.name} fired`, () => hasFired(point));
    await until('ingest is done with it', async () => (await rig.waiting(workQueues.ingest)) === 0);
  }
});

/** As the second pass of the walk does, 90 s after the first: its messages are lost below. */
async function endWalk(): Promise<void> {
  const { ports, configurations } = rig.app;
  const { clusters, generation } = await configurations.active();
  for (const cluster of clusters.keys())
    for (let from = 0; from < shardCount; from += 16)
      await notePartWalked(ports.tables, cluster, { generation, part: String(from) });
}

afterAll(async () => {
  await Promise.allSettled(outcomes.values());
  await rig?.stop();
  await rm(directory, { recursive: true, force: true });
});

function begin(name: string, play: () => Promise<Outcome>): void {
  const outcome = play();
  // Whoever asks for it hears of its failure.
  outcome.catch(() => undefined);
  outcomes.set(name, outcome);
}

function worldOf(name: string): CrashWorld {
  const world = worlds.get(name);
  if (!world) throw new TypeError(`no world ${name}`);
  return world;
}

const armings = (point: CrashPoint) =>
  point.arm(worldOf(point.name).place).map((arming, index) => ({ name: `${point.name}-${index}`, arming }));

function hasFired(point: CrashPoint): boolean {
  return armings(point).every(({ name }) => crash.hasFired(name));
}

/** It ends the function that takes the events of all points. */
function isOfIngest(point: CrashPoint): boolean {
  return armings(point).some(({ arming }) => arming.function === 'IngestDeltas');
}

/** For the points whose event is lost: killed in ingest, of a delivery that does not come again. One after the other, each alone. */
async function loseMessages(): Promise<void> {
  for (const point of crashPoints) {
    const { name, story, lost } = point;
    if (lost === undefined || story === 'compare') continue;
    // The shards that a sweep looks through change with the minute: there is a whole one for ingest to be killed in, and one for the sweep.
    if (lost === 'sweep') worldOf(name).comeFrom(isSweptNextMinute);
    for (const { name: arming, arming: how } of armings(point)) crash.arm(arming, how);
    await worldOf(name).playWithoutQueue(story);
    await until(`ingest was killed for ${name}`, () => crash.hasFired(`${name}-0`), { seconds: 10 });
    if (lost === 'sweep') await killSweep(point);
  }
}

async function killSweep(point: CrashPoint): Promise<void> {
  await until(`the sweep of ${point.name} was killed`, async () => {
    await rig.invoke('Sweep');
    await delay(2000);
    return hasFired(point);
  });
}

async function playTwin(story: Story): Promise<Outcome> {
  const world = worldOf(twin(story));
  const before = world.calls();
  await world.play(story);
  return settled(world, story, before);
}

async function playPoint(point: CrashPoint): Promise<Outcome> {
  const world = worldOf(point.name);
  const before = world.calls();
  if (point.lost === undefined) {
    for (const { name, arming } of armings(point)) crash.arm(name, arming);
    await world.play(point.story);
  } else if (point.lost === 'next change') {
    await world.touch();
  } else {
    // A flag without a message counts as lost after a minute; this sweep serves every point that left one.
    await delay(75_000);
    await rig.invoke('Sweep');
  }
  await until(`${point.name} fired`, () => hasFired(point));
  return settled(world, point.story, before);
}

/** The end: nothing to do any more, twice in a row, because between two steps there may be nothing to see. */
async function settled(world: CrashWorld, story: Story, before: Outcome['calls']): Promise<Outcome> {
  const { firewall } = world.place;
  await until(`the hub has heard of ${firewall}`, () => world.hasHeard(story), { everyMs: 1000 });
  let quiet = 0;
  const isQuiet = async (): Promise<boolean> => {
    quiet = (await world.isSettled()) ? quiet + 1 : 0;
    return quiet > 2;
  };
  await until(`${firewall} is settled`, isQuiet, { everyMs: 1000 });
  const { reads, writes } = world.calls();
  return {
    end: await world.endState(),
    calls: { reads: reads - before.reads, writes: writes - before.writes },
  };
}

async function outcomeOf(name: string): Promise<Outcome> {
  const outcome = outcomes.get(name);
  if (!outcome) throw new TypeError(`${name} was not played`);
  return outcome;
}

describe('without a crash', () => {
  test('a change puts the new pod in the place of the old one', async () => {
    const { end } = await outcomeOf(twin('change'));
    expect(Object.values(end.device)).toEqual([['10.0.0.1'], ['10.0.0.1'], ['10.0.0.1']]);
    expect(end.objects).toEqual(['zb-sandbox-10.0.0.1']);
    expect(end.dirty).toEqual([]);
  });

  test('a wide change adds sixteen addresses', async () => {
    const { end } = await outcomeOf(twin('wide'));
    expect(Object.values(end.device).map((members) => members?.length)).toEqual([17, 17, 17]);
  });

  test('a comparison leaves out what a person took off, and repairs the rest', async () => {
    const { end } = await outcomeOf(twin('compare'));
    expect(Object.values(end.device)).toEqual([[], ['10.0.0.9'], ['10.0.0.9']]);
    expect(JSON.stringify(end.ledger)).toContain('"withheldFor"');
  });
});

describe('a process that ends, then the queues', () => {
  test.for(crashPoints.map((point) => [point.name, point.when, point] as const))(
    '%s: %s',
    async ([name, , { story }]) => {
      const [without, outcome] = await Promise.all([outcomeOf(twin(story)), outcomeOf(name)]);
      expect(outcome.end).toEqual(without.end);
      // What the dead run had sent is read back, not sent again; only the request it died in may be.
      expect(outcome.calls.writes).toBeLessThanOrEqual(without.calls.writes + 1);
      expect(outcome.calls.reads).toBeLessThanOrEqual(without.calls.reads + (story === 'wide' ? 60 : 25));
    },
  );
});

test('afterwards nothing waits in a queue', async () => {
  await Promise.allSettled(outcomes.values());
  for (const queue of Object.values(workQueues)) expect(await rig.waiting(queue)).toBe(0);
});
