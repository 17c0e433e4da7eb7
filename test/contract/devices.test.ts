import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { restoreAll } from '../../lib/app/commands/restore.ts';
import { readStatus } from '../../lib/app/commands/status.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import type { Rig } from '../support/firewalls/rig.ts';
import { rigs, variants } from '../support/firewalls/rigs.ts';
import { pod } from '../support/world.ts';
import { Site } from './firewall/site.ts';

/** What happens to the device itself: the whole way from a pod, over every channel of every vendor. */
for (const module of Object.values(firewallModules)) {
  for (const channel of Object.keys(module.facts.channels))
    describe(`${module.kind}, channel ${channel}`, () => devices(module.kind, channel));
}

for (const [name, { channels }] of Object.entries(variants)) {
  for (const channel of channels) describe(`${name}, channel ${channel}`, () => devices(name, channel));
}

function devices(kind: string, channel: string): void {
  let former: Rig;
  let other: Rig;
  beforeEach(async () => {
    const start = rigs[kind] ?? variants[kind]?.start;
    if (!start) throw new Error(`no rig for ${kind}`);
    [former, other] = [await start(), await start()];
  });
  afterEach(async () => {
    await other.stop();
    await former.stop();
  });

  async function withTwo(name: string): Promise<Site> {
    const site = await Site.start(former, channel, name);
    await site.pod('a', '10.1.0.1');
    await site.pod('b', '10.1.0.2');
    expect(site.enforced()).toEqual(['10.1.0.1', '10.1.0.2']);
    return site;
  }

  test('what is as it should be is read and not written', async () => {
    const site = await withTwo('as-it-should-be');
    await site.world.reconcile();
    const before = former.seen().writes;
    await site.world.reconcile();
    await site.world.clock.sleep(60_000);
    await site.world.reconcile();
    expect(former.seen().writes).toBe(before);
    expect(site.enforced()).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('an address goes with its owner: to a pod that is not wanted, and back', async () => {
    const site = await withTwo('reused');
    const at = (uid: string, app: string) => site.world.upsert(pod(uid, '10.1.0.2', { app }));
    await at('c', 'other');
    expect(site.enforced()).toEqual(['10.1.0.1']);
    await at('d', 'web');
    expect(site.enforced()).toEqual(['10.1.0.1', '10.1.0.2']);
    // What is told late of those that had it changes nothing.
    await site.world.remove('b');
    await site.world.remove('c');
    expect(site.enforced()).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('an empty one in its place is filled again', async () => {
    const site = await withTwo('emptied');
    other.becomeAnother?.();
    await site.giveWayTo(other);
    await site.pod('c', '10.1.0.3');
    await site.world.reconcile();
    expect(site.enforced()).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3']);
  });

  test('the other unit of a pair is compared before it is written to, and loses what it should not have', async ({
    skip,
  }) => {
    skip(!other.becomeAnother, 'declared: nothing tells one from another here');
    const site = await withTwo('taken-over');
    other.becomeAnother?.();
    // It had not heard of everything yet when it took over.
    site.fill(other, ['10.1.0.1', '10.1.0.77']);
    // So soon that a late read of the former one would be waited for.
    await site.giveWayTo(other, 120_000);
    await site.pod('c', '10.1.0.3');
    await site.world.reconcile();
    expect(site.lookedFirst).toBe(true);
    expect(site.enforced()).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3']);
  });

  test('an older configuration put back loses what was dead by then; what came since is back, or waits for a word', async () => {
    const site = await withTwo('put-back');
    site.fill(other, ['10.1.0.1', '10.1.0.66']);
    other.restart?.(site.world.clock.now());
    await site.giveWayTo(other);
    await site.world.reconcile();
    await site.world.reconcile();
    if (other.restart) {
      expect(site.enforced()).toEqual(['10.1.0.1', '10.1.0.2']);
      return;
    }
    // Nobody can tell it from a person's work: it stays out, and is shown.
    expect(site.enforced()).toEqual(['10.1.0.1']);
    const [edge] = (await readStatus(site.world)).firewalls;
    expect(edge?.groups[0]).toMatchObject({ withheld: 1 });
    const { ports, configurations } = site.world;
    const back = await restoreAll(ports, await configurations.active(), { firewall: 'edge' });
    expect(back).toEqual({ 'put-back': ['10.1.0.2'] });
    await site.world.settle();
    expect(site.enforced()).toEqual(['10.1.0.1', '10.1.0.2']);
    await expect(
      restoreAll(ports, await configurations.active(), { firewall: 'edge' }),
    ).rejects.toMatchObject({ code: 'restore/not-withheld' });
  });

  test("changes that met a person's lock are made when it is given back, whatever else waits to be installed", async ({
    skip,
  }) => {
    const lacking = 'declared: what is saved acts at once';
    skip(!former.othersWait, lacking);
    const site = await withTwo('locked-out');
    former.useInRule(channel, site.object);
    skip(!former.othersWait?.(channel), lacking);
    const lock = former.lockByPerson?.(channel);
    await site.pod('c', '10.1.0.3');
    await site.world.remove('b');
    expect(site.enforced()).toEqual(['10.1.0.1', '10.1.0.2']);
    lock?.release();
    await site.world.clock.sleep(120_000);
    await site.world.reconcile();
    expect(site.enforced()).toEqual(['10.1.0.1', '10.1.0.3']);
  });
}
