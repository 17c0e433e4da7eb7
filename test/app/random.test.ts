import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { names } from '../../lib/app/names.ts';
import { readObject } from '../../lib/app/state/ledger.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { RandomCluster } from '../support/random-cluster.ts';
import { SeededRandom } from '../support/ports.ts';
import { group, World } from '../support/world.ts';

const runs = Number(process.env['RANDOM_RUNS'] ?? 200);

/** Labels that each group selects. */
const selected = { web: ['web'], db: ['db'], any: ['web', 'db'] } as const;
const wide = { minimum: 1_000_000, share: 1 };
const brakes = { shrink: wide, growth: wide, windowMinutes: 10 };
const groups = Object.entries(selected).map(([name, apps]) =>
  group(name, { select: apps.map((app) => `app == '${app}'`).join(' || '), brakes }),
);
/** Few, so that they are reused all the time; 4 of them in 2 groups each stay below the brake over the whole firewall. */
const addresses = ['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.4'];

const number = fc.nat({ max: 20 });
const app = fc.constantFrom('web', 'db', 'other');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('create' as const), app, choice: number }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), choice: number }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('relabel' as const), app, choice: number }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), choice: number }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      choices: fc.array(number, { minLength: 1, maxLength: 4 }),
      again: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('work' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose wake-ups' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reconcile' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 30, 90, 700) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      after: fc.boolean(),
      calls: fc.integer({ min: 1, max: 25 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('device' as const),
      fault: fc.constantFrom('down', 'busy', 'full', 'reply lost', 'well' as const),
      choice: number,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('together' as const),
      seed: fc.nat(),
      choices: fc.array(number, { maxLength: 3 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Play {
  readonly world: World;
  readonly cluster: RandomCluster;

  constructor(world: World) {
    this.world = world;
    this.cluster = new RandomCluster(world, addresses);
    world.device.objects.set('made-by-hand', { comment: 'zonebridge', members: new Set(['192.0.2.1']) });
  }

  async step(one: Step): Promise<void> {
    const { world, cluster } = this;
    if (one.do === 'create') cluster.create(one.app, one.choice);
    else if (one.do === 'remove') cluster.remove(one.choice);
    else if (one.do === 'relabel') cluster.relabel(one.choice, one.app);
    else if (one.do === 'end') cluster.end(one.choice);
    else if (one.do === 'deliver') await this.deliver(one.choices, one.again).catch(isFault);
    else if (one.do === 'work') await world.settle(2).catch(isFault);
    else if (one.do === 'lose wake-ups') world.queues.take(names.wakeQueue('test', 'lan'));
    else if (one.do === 'sweep') await sweep(world.ports, world.configurations).catch(isFault);
    else if (one.do === 'reconcile') await world.reconcile().catch(isFault);
    else if (one.do === 'wait') await world.clock.sleep(one.seconds * 1000);
    else if (one.do === 'crash') this.crash(one);
    else if (one.do === 'device') this.ail(one.fault, one.choice);
    else await this.together(one.seed, one.choices);
  }

  /** One event with some of the changes that are still on their way; with `again` they come once more later. */
  async deliver(choices: readonly number[], again: boolean): Promise<void> {
    const { undelivered } = this.cluster;
    const chosen = [...new Set(choices.map((choice) => undelivered[choice % undelivered.length]))];
    const changes = chosen.filter((change) => change !== undefined);
    if (changes.length === 0) return;
    await this.world.send(...changes);
    if (!again) for (const change of changes) undelivered.splice(undelivered.indexOf(change), 1);
  }

  /** Events, two syncs, a comparison and a sweep at once, each call to the tables in an order that the seed decides. */
  async together(seed: number, choices: readonly number[]): Promise<void> {
    const { world } = this;
    const random = new SeededRandom(seed);
    const dawdle = async (): Promise<void> => {
      for (let ticks = Math.floor(random.next() * 6); ticks > 0; ticks--)
        await new Promise<void>((resolve) => setImmediate(resolve));
    };
    const crash = world.tables.beforeCall;
    world.device.beforeCall = dawdle;
    world.tables.beforeCall = async (name, call) => {
      await dawdle();
      await crash?.(name, call);
    };
    await Promise.all(
      [
        ...choices.map((choice) => this.deliver([choice], true)),
        world.wakeUp(),
        world.wakeUp(),
        world.reconcile(),
        sweep(world.ports, world.configurations),
        world.settle(1),
      ].map((task) => task.catch(isFault)),
    );
    world.tables.beforeCall = undefined;
    world.device.beforeCall = undefined;
  }

  /** The process dies at a call: before its effect, or after it, when only the reply is lost. */
  crash({ after, calls }: { after: boolean; calls: number }): void {
    const { tables } = this.world;
    let left = calls;
    tables[after ? 'afterCall' : 'beforeCall'] = () => {
      left -= 1;
      if (left > 0) return;
      tables.beforeCall = undefined;
      tables.afterCall = undefined;
      throw new Fault('crash');
    };
  }

  ail(fault: 'down' | 'busy' | 'full' | 'reply lost' | 'well', choice: number): void {
    const { device } = this.world;
    const address = addresses[choice % addresses.length] ?? '';
    if (fault === 'full') device.refuse.set(address, new ZonebridgeError('firewall/table-full', 'test'));
    if (fault === 'busy') device.refuse.set(address, new ZonebridgeError('firewall/busy', 'test'));
    if (fault === 'reply lost') device.loseReply.add(address);
    if (fault === 'down') {
      device.fault = () => {
        throw new ZonebridgeError('firewall/unreachable', 'test');
      };
    }
    if (fault === 'well') this.heal();
  }

  heal(): void {
    const { device, tables } = this.world;
    device.fault = undefined;
    device.refuse.clear();
    device.loseReply.clear();
    tables.beforeCall = undefined;
    tables.afterCall = undefined;
  }

  /** Faults end, every change was delivered at last, and the sweep renews lost wake-ups. */
  async deliverAll(): Promise<void> {
    const { world, cluster } = this;
    this.heal();
    await world.clock.sleep(20 * 60_000);
    await world.send(...cluster.undelivered.toReversed());
    await world.settle();
    await world.clock.sleep(120_000);
    await sweep(world.ports, world.configurations);
    await world.settle();
  }

  /** The slow nets: the manifest of everything, and a comparison for what the firewall refused for good. */
  async compareAll(): Promise<void> {
    const { world, cluster } = this;
    await world.event('manifest', { epoch: 1, manifests: cluster.manifests() });
    await world.settle();
    await world.reconcile();
    await world.reconcile();
  }

  expectForeignUntouched(): void {
    expect(this.world.device.members('made-by-hand')).toEqual(['192.0.2.1']);
    expect(this.world.device.objects.get('made-by-hand')?.comment).toBe('zonebridge');
  }

  /** Device, ledger, counters and memberships all say what the last records say. */
  expectTruth(): void {
    const { world, cluster } = this;
    expect(world.told.filter((message) => (message as { type: string }).type === 'resend')).toEqual([]);
    for (const [name, apps] of Object.entries(selected)) {
      const wanted = cluster.addressesOf(apps);
      expect([name, world.on(name)]).toEqual([name, wanted]);
      const rows = world.tables.all('ledger').filter(({ key }) => key.pk === `edge|${name}`);
      const members = rows.filter(({ key }) => key.sk !== '#object');
      expect(
        members.map(({ key, item }) => [
          key.sk,
          item['state'],
          item['heldReason'],
          item['failedCode'],
          item['withheldFor'],
        ]),
      ).toEqual(wanted.map((address) => [`default|${address}`, 'present', undefined, undefined, undefined]));
      const object = readObject(rows.find(({ key }) => key.sk === '#object')?.item, 0);
      expect([object.counters.size, object.held]).toEqual([wanted.length, 0]);
      const memberships = world.tables.all('memberships').filter(({ key }) => key.pk.startsWith(`${name}|`));
      expect(memberships.map(({ key }) => key.pk)).toEqual(
        wanted.map((address) => `${name}|default|${address}`),
      );
    }
    expect(world.tables.all('dirty')).toEqual([]);
  }
}

class Fault extends Error {}

/** Crashes and what the family of errors knows may end a task; anything else is a mistake in the product. */
function isFault(error: unknown): void {
  if (!(error instanceof Fault) && !(error instanceof ZonebridgeError)) throw error;
}

describe('whatever is lost, repeated, reordered or broken', () => {
  test(`the end is what the last records say (${runs} runs)`, { timeout: 300_000 }, async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const play = new Play(await World.start(groups));
      for (const [index, name] of ['web', 'db', 'web'].entries())
        play.cluster.create(name, 0, `10.9.0.${index}`);
      for (const one of steps) {
        await play.step(one);
        play.expectForeignUntouched();
      }
      await play.deliverAll();
      // No crash and no lost reply needs a comparison; only what the firewall refused waits for one.
      const refused = steps.some((one) => one.do === 'device' && one.fault === 'full');
      if (!refused) play.expectTruth();
      await play.compareAll();
      play.expectForeignUntouched();
      play.expectTruth();
    });
    await fc.assert(property, { numRuns: runs });
  });
});
