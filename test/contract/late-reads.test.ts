import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import { metrics } from '../../lib/app/metrics.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import type { Rig } from '../support/firewalls/rig.ts';
import { rigs, variants } from '../support/firewalls/rigs.ts';
import { subjects } from '../support/firewalls/scene.ts';
import { Site } from './firewall/site.ts';

test.each(Object.values(firewallModules))(
  '$kind declares how long its reads may lag exactly where they can',
  async ({ kind, facts }) => {
    const rig = await rigs[kind]?.();
    expect(facts.readsLagMs !== undefined).toBe(rig?.lag !== undefined);
    await rig?.stop();
  },
);

/** Reads that are answered from before our own writes: by a copy, a cache, the other unit of a pair. */
for (const { kind, channels } of subjects)
  for (const channel of channels) describe(`${kind}, channel ${channel}`, () => lateReads(kind, channel));

const declared = 'declared: what was written is read';

function lateReads(kind: string, channel: string): void {
  let device: Rig;
  beforeEach(async () => {
    const start = rigs[kind] ?? variants[kind]?.start;
    if (!start) throw new Error(`no rig for ${kind}`);
    device = await start();
  });
  afterEach(async () => await device.stop());

  /** From now on reads are as late as the vendor's may be. */
  function lag(site: Site): void {
    const { clock } = site.world;
    const until = clock.now() + lagMs() * 0.8;
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (milliseconds) => {
      await sleep(milliseconds);
      if (clock.now() >= until) device.calm();
    };
    device.lag?.();
  }

  function lagMs(): number {
    return device.module.facts.readsLagMs ?? 0;
  }

  const madeAt = (site: Site) =>
    Math.max(...site.world.tables.store.all('ledger').map(({ item }) => Number(item['madeAt'] ?? 0)));

  const drift = (site: Site) => site.world.telemetry.valuesOf(metrics.drift.name);

  /** Runs and comparisons for as long as a read may lag, at most. */
  async function lookOften(site: Site): Promise<void> {
    for (let times = 0; times < 3; times++) {
      await site.world.clock.sleep(Math.ceil(lagMs() / 15));
      await site.world.reconcile();
    }
  }

  async function expectRight(site: Site, members: readonly string[]): Promise<void> {
    await site.world.clock.sleep(600_000);
    await site.world.settle();
    await site.world.reconcile();
    expect(site.enforced()).toEqual(members);
    expect(Math.max(0, ...drift(site))).toBe(0);
    const before = device.seen().writes;
    await site.world.reconcile();
    expect(device.seen().writes).toBe(before);
    const [edge] = (await readStatus(site.world)).firewalls;
    expect(edge?.groups[0]).toMatchObject({
      withheld: 0,
      held: 0,
      failed: { count: 0 },
      size: members.length,
    });
    expect(edge?.groups[0]?.trouble).toBeUndefined();
  }

  test("what came and went meanwhile is nobody else's work, and nothing of it is undone", async ({
    skip,
  }) => {
    skip(!device.lag, declared);
    const site = await Site.start(device, channel, 'late');
    await site.pod('a', '10.1.0.1');
    await site.pod('b', '10.1.0.2');
    await site.world.clock.sleep(600_000);
    await site.world.reconcile();
    lag(site);
    await site.pod('c', '10.1.0.3');
    await site.world.remove('a');
    await lookOften(site);
    await site.pod('d', '10.1.0.4');
    await lookOften(site);
    // What could not be written waits; what was written stays.
    expect(site.enforced()).toEqual(expect.arrayContaining(['10.1.0.2', '10.1.0.3']));
    await expectRight(site, ['10.1.0.2', '10.1.0.3', '10.1.0.4']);
  });

  test('an object that is not shown yet is made once', async ({ skip }) => {
    skip(!device.lag, declared);
    const site = await Site.start(device, channel, 'late-made');
    await site.world.reconcile();
    lag(site);
    await site.pod('a', '10.1.0.1');
    await lookOften(site);
    await site.pod('b', '10.1.0.2');
    await lookOften(site);
    await expectRight(site, ['10.1.0.1', '10.1.0.2']);
  });

  test('an object whose making was not answered, and that is not shown yet, comes right', async ({
    skip,
  }) => {
    skip(!device.lag, declared);
    const site = await Site.start(device, channel, 'late-lost');
    await site.world.reconcile();
    lag(site);
    device.trouble('reply lost');
    const began = site.world.clock.now();
    await site.pod('a', '10.1.0.1');
    // Members of a tag are read by themselves: nothing is made again for them. Elsewhere the object is, which changes nothing.
    if (kind === 'fortimanager' && channel === 'tags') expect(madeAt(site)).toBe(began);
    await site.world.clock.sleep(Math.ceil(lagMs() / 3));
    await site.pod('b', '10.1.0.2');
    await expectRight(site, ['10.1.0.1', '10.1.0.2']);
  });

  test("a person's work is still seen when reads are late no more", async ({ skip }) => {
    skip(!device.lag, declared);
    const site = await Site.start(device, channel, 'late-person');
    await site.pod('a', '10.1.0.1');
    await site.pod('b', '10.1.0.2');
    await site.world.remove('a');
    device.putMember(channel, site.object, '10.1.0.9');
    await site.world.clock.sleep(600_000);
    await site.world.reconcile();
    expect(site.enforced()).toEqual(['10.1.0.2']);
    expect(Math.max(0, ...drift(site))).toBe(1);
  });

  test('an object that a person deletes is made again at once, whatever was put there a moment ago', async ({
    skip,
  }) => {
    skip(!device.deleteObject, 'declared: this device cannot be told to lose one');
    const site = await Site.start(device, channel, 'late-deleted');
    await site.pod('a', '10.1.0.1');
    await site.world.clock.sleep(600_000);
    await site.pod('b', '10.1.0.2');
    device.deleteObject?.(site.object);
    await site.world.reconcile();
    expect(site.enforced()).toEqual(['10.1.0.1', '10.1.0.2']);
    await site.world.clock.sleep(600_000);
    // All that it holds was put there a moment ago.
    await site.pod('c', '10.1.0.3');
    for (const gone of ['a', 'b']) await site.world.remove(gone);
    device.deleteObject?.(site.object);
    await site.world.reconcile();
    expect(site.enforced()).toEqual(['10.1.0.3']);
  });

  test('what a person puts in is found, although something leaves all the time', async ({ skip }) => {
    skip(!device.lag, declared);
    const site = await Site.start(device, channel, 'late-busy');
    await site.pod('a', '10.1.0.1');
    device.putMember(channel, site.object, '10.1.0.9');
    for (let minutes = 0; minutes < 10; minutes += 2) {
      await site.pod('b', '10.1.0.2');
      await site.world.remove('b');
      await site.world.clock.sleep(120_000);
      await site.world.reconcile();
    }
    expect(site.enforced()).toEqual(['10.1.0.1']);
  });
}
