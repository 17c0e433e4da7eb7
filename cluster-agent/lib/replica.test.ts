import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Replica, ReplicaWorld } from '../../test/support/replicas/replica-world.ts';

const second = 1_000;

/** A world in which one replica leads and the hub has heard everything of it. */
async function led(seed = 1): Promise<ReplicaWorld> {
  const world = await ReplicaWorld.begin(seed);
  await world.kernel.run(20 * second);
  expect(world.leader.agent.status.ready).toBe(true);
  return world;
}

/** Runs until it is true, and says after how many milliseconds. */
async function until(world: ReplicaWorld, what: () => boolean, most: number): Promise<number> {
  const begin = world.kernel.now;
  while (!what() && world.kernel.now - begin < most) await world.kernel.run(50);
  expect(what()).toBe(true);
  return world.kernel.now - begin;
}

describe('of two replicas', () => {
  test('one leads and watches; the other lists nothing, says nothing, and is ready all the same', async () => {
    const world = await led();
    const follower = world.living.find(({ election }) => !election.leads);
    expect(follower?.agent.status.listed.size).toBe(0);
    expect(follower?.agent.status.ready).toBe(true);
    expect(follower?.agent.status.report()).toMatchObject({
      role: 'follower',
      leader: `${world.leader.pod}_${world.leader.agent.process}`,
    });
    expect(await follower?.agent.status.registry.metrics()).toContain('zonebridge_agent_leads 0');
    expect(await world.standing()).toMatchObject({ epoch: 1, process: world.leader.agent.process });
    expect([...world.accepted.values()].map((by) => [...by])).toEqual([[world.leader.process.name]]);
    await world.kernel.run(3_600 * second);
    expect(world.ends).toEqual([]);
    expect((await world.standing()).epoch).toBe(1);
  });

  test.each([1, 2, 3, 4, 5, 6])('a dead leader is followed within 15 s, seed %i', async (seed) => {
    const world = await led(seed);
    const { leader } = world;
    await world.kernel.run(seed * 777);
    leader.process.kill('SIGKILL');
    const told = await until(
      world,
      () => world.leaders.some((one) => one !== leader && one.agent.status.ready),
      15 * second,
    );
    expect(told).toBeGreaterThan(5 * second);
    await world.kernel.run(60 * second);
    expect(world.ends).toEqual(['killed']);
    expect(await world.standing()).toMatchObject({ epoch: 2, process: world.leader.agent.process });
  });

  test('a leader that is told to stop gives the Lease up, and the other leads at its next look', async () => {
    const world = await led();
    const { leader } = world;
    leader.stop.abort();
    const told = await until(world, () => world.leaders.some((one) => one !== leader), 3 * second);
    expect(told).toBeLessThanOrEqual(1_500);
    expect(world.ends).toEqual(['stopped']);
    // The one that is started in its place follows.
    await world.kernel.run(60 * second);
    expect(world.leader.pod).not.toBe(leader.pod);
    expect(world.living).toHaveLength(2);
  });

  test('a leader that stood still is replaced; what it says afterwards is refused, and it starts again', async () => {
    const world = await led();
    const old = world.leader;
    old.process.standStill(60 * second);
    await world.kernel.run(30 * second);
    const next = world.leaders.find((one) => one !== old);
    expect(await world.standing()).toMatchObject({ epoch: 2, process: next?.agent.process });
    // It hears of these from its watch when it wakes up, and tells them under its epoch.
    for (let i = 0; i < 5; i++) world.pod(i, 7);
    await world.kernel.run(60 * second);
    expect(world.ends.every((end) => end === 'deposed' || end === 'superseded')).toBe(true);
    expect(world.ends).toHaveLength(1);
    expect(world.leader).toBe(next);
    expect([...(world.accepted.get(1) ?? [])]).toEqual([old.process.name]);
    expect([...(world.accepted.get(2) ?? [])]).toEqual([next?.process.name]);
    expect((await world.standing()).epoch).toBe(2);
  });

  test('a process that starts again under the name of the leader is another one, and waits its turn', async () => {
    const world = await ReplicaWorld.begin(1, 1);
    await world.kernel.run(20 * second);
    const { leader } = world;
    leader.process.kill('SIGKILL');
    await until(world, () => world.living.length === 1, 15 * second);
    expect(world.leaders).toEqual([]);
    await until(world, () => world.leaders.length === 1, 15 * second);
    expect(world.leader.pod).toBe(leader.pod);
    expect(world.lease.record?.transitions).toBe(1);
    await world.kernel.run(20 * second);
    expect((await world.standing()).epoch).toBe(2);
  });

  test('a deleted Lease is made again by the leader; when that is dead, too, by the follower after its term', async () => {
    const world = await led();
    const { leader } = world;
    world.lease.delete();
    await world.kernel.run(60 * second);
    expect(world.leader).toBe(leader);
    expect(world.lease.record?.holder).toContain(leader.agent.process);
    expect((await world.standing()).epoch).toBe(1);
    leader.process.kill('SIGKILL');
    world.lease.delete();
    await until(world, () => world.leaders.some((one) => one !== leader), 15 * second);
  });

  test('clocks of nodes that differ by hours change nothing', async () => {
    for (const skew of [-7_200, -200, 200, 7_200]) {
      const world = await led();
      const follower = world.living.find(({ election }) => !election.leads);
      follower!.skew = skew * second;
      await world.kernel.run(300 * second);
      expect(world.ends).toEqual([]);
      world.leader.process.kill('SIGKILL');
      await until(world, () => world.leaders[0]?.agent.status.ready === true, 15 * second);
      expect(world.leader).toBe(follower);
    }
  });

  test('a leader that does not reach the Lease leads on until somebody else does', async () => {
    const world = await led();
    const { leader } = world;
    world.lease.down = true;
    await world.kernel.run(120 * second);
    expect(world.leader).toBe(leader);
    const { heartbeatAt } = await world.standing();
    expect(world.kernel.now - heartbeatAt).toBeLessThan(40 * second);
    world.lease.down = false;
    await world.kernel.run(30 * second);
    expect(world.leaders).toHaveLength(1);
  });

  test('a leader ends when the Lease names another one, also when nothing reaches the hub', async () => {
    const world = await led();
    const { leader } = world;
    world.eventLost = 1;
    world.lease.edit({ holder: 'somebody else' });
    await world.kernel.run(10 * second);
    expect(world.ends).toEqual(['deposed']);
    expect(leader.process.alive).toBe(false);
  });

  test('a Lease that others wrote nonsense into is taken after a minute at most', async () => {
    const world = await led();
    const { leader } = world;
    leader.process.kill('SIGKILL');
    world.lease.edit({ holder: 'nobody\nknown', durationSeconds: 1e9, renewedAt: 1e15, transitions: 1e6 });
    await until(world, () => world.leaders.length === 1, 62 * second);
  });
});

/** What happens to one of the replicas, or to all. */
type Trouble = { do: keyof typeof troubles; pod: number; seconds: number };

const troubles = {
  kill: (_, replica) => replica?.process.kill('SIGKILL'),
  stop: (_, replica) => replica?.stop.abort(),
  cut: (_, replica) => replica && (replica.cut = true),
  heal: (_, replica) => replica && (replica.cut = false),
  'stand still': (_, replica, seconds) => replica?.process.standStill(seconds * second),
  // An hour and more, ahead or behind.
  skew: (_, replica, seconds) => replica && (replica.skew = (seconds - 30) * 120 * second),
  'delete lease': ({ lease }) => lease.delete(),
  'empty lease': ({ lease }) => lease.edit({ holder: '' }),
  change: (world) => world.pod(world.kernel.dice.between(0, 9), world.kernel.dice.between(0, 9)),
  'lease down': ({ kernel, lease }, _, seconds) => {
    lease.down = true;
    kernel.scheduler.after(seconds * second, () => (lease.down = false));
  },
  wait: () => undefined,
} satisfies Record<string, (world: ReplicaWorld, replica: Replica | undefined, seconds: number) => unknown>;

const trouble: fc.Arbitrary<Trouble> = fc.record({
  do: fc.constantFrom(...(Object.keys(troubles) as (keyof typeof troubles)[])),
  pod: fc.nat(1),
  seconds: fc.nat(60),
});

/** Does it, and lets a part of the time pass that its number says. */
async function play(world: ReplicaWorld, { do: what, pod, seconds }: Trouble): Promise<void> {
  const replica = world.living.find((one) => one.pod === `agent-${pod}`);
  troubles[what](world, replica, seconds);
  await world.kernel.run(what === 'wait' || pod === 0 ? seconds * second : 200);
}

test('whatever happens, the hub takes the events of one process for each epoch, and in the end one replica leads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(1e6), fc.array(trouble, { maxLength: 40 }), async (seed, steps) => {
      const world = await ReplicaWorld.begin(seed);
      world.eventLost = 0.05;
      world.eventTwice = 0.2;
      world.lease.fails = 0.1;
      world.lease.losesAnswers = 0.1;
      for (const step of steps) await play(world, step);
      world.eventLost = world.eventTwice = world.lease.fails = world.lease.losesAnswers = 0;
      world.lease.down = false;
      for (const replica of world.living) {
        replica.cut = false;
        replica.process.goOn();
      }
      await world.kernel.run(300 * second);

      for (const [epoch, by] of world.accepted) expect([epoch, [...by]]).toEqual([epoch, [[...by][0]]]);
      expect(world.kernel.violations).toEqual([]);
      const { leader } = world;
      expect(world.lease.record?.holder).toBe(`${leader.pod}_${leader.agent.process}`);
      expect(leader.agent.status.ready).toBe(true);
      const { epoch, heartbeatAt, process } = await world.standing();
      expect(process).toBe(leader.agent.process);
      expect(world.kernel.now - heartbeatAt).toBeLessThan(40 * second);
      // Nothing goes on that would not end.
      const before = world.ends.length;
      await world.kernel.run(600 * second);
      expect(world.ends.length).toBe(before);
      expect((await world.standing()).epoch).toBe(epoch);
    }),
    {
      numRuns: Number(process.env['RANDOM_RUNS'] ?? 60),
      // Stopped while a watch was asked for.
      examples: [
        [
          144_717,
          [
            { do: 'cut', pod: 1, seconds: 0 },
            { do: 'cut', pod: 1, seconds: 0 },
            { do: 'stop', pod: 0, seconds: 0 },
          ],
        ],
      ],
    },
  );
}, 120_000);
