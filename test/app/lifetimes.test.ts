import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { interpret } from '../../lib/app/audit/interpret.ts';
import { metrics } from '../../lib/app/metrics.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { panorama } from '../../lib/firewalls/panorama/index.ts';
import { taggedAddresses } from '../../lib/firewalls/panorama/simulator/enforced.ts';
import type { PanoramaSimulator } from '../../lib/firewalls/panorama/simulator/index.ts';
import { startPanoramaSimulator } from '../../lib/firewalls/panorama/simulator/index.ts';
import { sandboxHub } from '../../lib/sandbox/configuration.ts';
import type { MemoryTables } from '../support/memory-tables.ts';
import { OperatorWorld } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';

const day = 24;
const lets = { expireAfterHours: day, bypassBrakes: true };
const tag = panorama.objectName({ hub: sandboxHub, group: 'web', channel: 'tags', firewall: 'edge' });

let world: OperatorWorld;
let simulator: PanoramaSimulator;
beforeEach(async () => {
  simulator = await startPanoramaSimulator();
  world = await OperatorWorld.start({});
});
afterEach(async () => {
  await world.stop();
  await simulator.stop();
});

function web(onSilence: unknown, more: Record<string, unknown> = {}) {
  const target = { firewall: 'edge', channel: 'tags', create: 'own', mode: 'sync', onForeignAdd: 'remove' };
  return {
    addresses: 'pod',
    anyNamespace: true,
    select: "app == 'web'",
    usedIn: 'allow',
    maxMembers: 50,
    onSilence,
    owner: 'team@example.com',
    reviewBy: '2030-01-01',
    publish: [target],
    ...more,
  };
}

/** In the place of the FortiGate of this world: a device that forgets a tag after two days, where the group says so. */
async function apply(group: Record<string, unknown>, timeoutSeconds = 2 * day * 3600): Promise<void> {
  const { port, caFile } = simulator;
  const device = {
    kind: 'panorama',
    managedBy: undefined,
    device: 'firewall',
    version: '10.2',
    port,
    caFile,
  };
  await world.write({ web: group }, { ...device, timeoutSeconds });
  expect((await world.run(['secret', 'set', 'edge'], { stdin: simulator.apiKey })).code).toBe(0);
  const applied = await world.run(['apply', '--yes']);
  expect(applied.stderr + applied.stdout).not.toContain('error');
  expect(applied.code).toBe(0);
}

async function pass(hours: number): Promise<void> {
  simulator.passTime(hours * 3_600_000);
  await world.clock.sleep(hours * 3_600_000);
}

async function compare(): Promise<void> {
  await world.run(['reconcile', 'edge']);
  await world.work();
}

const tables = () => world.operator.ports.tables as MemoryTables;
const members = () => taggedAddresses(simulator.device, tag)?.sort() ?? [];
const labelled = (...numbers: number[]) =>
  numbers.map((number) => pod(`p${number}`, `10.1.0.${number}`, { app: 'web' }));

describe('a group that lets go when nobody is heard', () => {
  test('keeps its members as long as the hub lives, with one message each time half of it is over', async () => {
    await apply(web(lets));
    await world.tell(...labelled(1, 2));
    const { writes } = simulator.seen;
    await pass(20);
    await compare();
    expect(simulator.seen.writes).toBe(writes);
    for (let round = 1; round <= 5; round++) {
      await pass(25);
      await compare();
      expect(members()).toEqual(['10.1.0.1', '10.1.0.2']);
      expect(simulator.seen.writes).toBe(writes + round);
    }
  });

  test('loses them when the hub is gone, and has them back with it: nobody took them off', async () => {
    await apply(web(lets));
    await world.tell(...labelled(...Array.from({ length: 40 }, (_, index) => index + 1)));
    await pass(47);
    expect(members()).toHaveLength(40);
    await pass(1);
    expect(members()).toEqual([]);
    await compare();
    expect(members()).toHaveLength(40);
    await pass(47);
    expect(members()).toHaveLength(40);
  });

  test('is warned of when it is only observed: then nobody renews its members', async () => {
    const observed = { firewall: 'edge', channel: 'tags', create: 'own', mode: 'observe' };
    await apply(web(lets, { publish: [observed] }));
    const { stdout, stderr } = await world.run(['validate']);
    expect(stdout + stderr).toContain('the firewall forgets them within 172800 s');
    await apply(web('keep', { publish: [observed] }));
    const kept = await world.run(['validate']);
    expect(kept.stdout + kept.stderr).not.toContain('forgets them');
  });

  test('leaves out what a person took off, also when it is due', async () => {
    await apply(web(lets));
    await world.tell(...labelled(1, 2));
    await pass(30);
    simulator.device.table().unregister('10.1.0.2', [tag]);
    await compare();
    await pass(30);
    await compare();
    expect(members()).toEqual(['10.1.0.1']);
  });

  test('does not put back what a person takes off between comparison and renewal', async () => {
    await apply(web(lets));
    await world.tell(...labelled(1, 2));
    await pass(30);
    const table = simulator.device.table();
    const off = vi.fn(() => table.unregister('10.1.0.2', [tag]));
    // The comparison has read the members and writes down what it found.
    tables().beforeCall = (_, call) => {
      if (
        'writes' in call &&
        call.writes.some(({ key }) => key.table === 'dirty') &&
        off.mock.calls.length === 0
      )
        off();
    };
    await compare();
    expect(off).toHaveBeenCalledOnce();
    expect(members()).toEqual(['10.1.0.1']);
    expect(world.telemetry.valuesOf(metrics.failures.name)).toEqual([]);
    await compare();
    await pass(30);
    await compare();
    expect(members()).toEqual(['10.1.0.1']);
  });

  test('keeps what a brake holds back from leaving', async () => {
    const brakes = { shrink: { minimum: 0, share: 0 } };
    await apply(web(lets, { brakes }));
    const numbers = Array.from({ length: 5 }, (_, index) => index + 1);
    await world.tell(...labelled(...numbers));
    await pass(1);
    await world.tell(...numbers.map((number) => pod(`p${number}`, `10.1.0.${number}`, { app: 'off' })));
    const held = members();
    expect(held).toHaveLength(5);
    for (let round = 0; round < 3; round++) {
      await pass(25);
      await compare();
      expect(members()).toEqual(held);
    }
  });

  test('keeps its members while another address finds no room', async () => {
    await apply(web(lets));
    await world.tell(...labelled(1, 2));
    simulator.device.facts.registeredIpsMax = 2;
    for (let round = 1; round <= 3; round++) {
      await world.tell(...labelled(2 + round));
      await pass(25);
      await compare();
      expect(members()).toEqual(['10.1.0.1', '10.1.0.2']);
    }
  });

  test('leaves no trace of it in the history', async () => {
    await apply(web(lets));
    await world.tell(...labelled(1));
    world.stream.take();
    await pass(30);
    await compare();
    await pass(30);
    expect(members()).toEqual(['10.1.0.1']);
    const told = world.stream.take().flatMap((change) => interpret(change) ?? []);
    expect(told.filter(({ address }) => address !== undefined)).toEqual([]);
  });
});

describe('a renewal that comes to no good end', () => {
  test.each(['as-sent', 'register-first'] as const)(
    'puts everything back when its answer is lost, with %s',
    async (order) => {
      await apply(web(lets));
      await world.tell(...labelled(1, 2));
      simulator.device.behaviour.order = order;
      await pass(30);
      simulator.faults.add({ kind: 'drop-after-commit', path: 'type=user-id', times: 1 });
      await compare();
      await pass(0.1);
      await world.work();
      await compare();
      await pass(20);
      expect(members()).toEqual(['10.1.0.1', '10.1.0.2']);
    },
  );

  test("is taken for nobody's removal when the run dies after it", async () => {
    await apply(web(lets));
    await world.tell(...labelled(1, 2));
    await pass(30);
    const { writes } = simulator.seen;
    // The device did half of it, and the run dies before it can write anything down.
    tables().beforeCall = () => {
      if (simulator.seen.writes === writes) return;
      throw new ZonebridgeError('store/unavailable', 'crash');
    };
    await compare().catch(() => undefined);
    tables().beforeCall = undefined;
    simulator.device.table().unregister('10.1.0.2', [tag]);
    await pass(1);
    await compare();
    expect(members()).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('is done at last on a device that puts on before it takes off', async () => {
    await apply(web(lets));
    await world.tell(...labelled(1, 2));
    simulator.device.behaviour.order = 'register-first';
    for (let round = 0; round < 3; round++) {
      await pass(30);
      await compare();
      expect(members()).toEqual(['10.1.0.1', '10.1.0.2']);
    }
  });
});

describe('a group that keeps', () => {
  test.each([
    ['says nothing', undefined],
    ['says so', 'keep'],
    ['wants a person to be asked', { expireAfterHours: day }],
  ])('has tags without a time: it %s', async (_, onSilence) => {
    await apply(web(onSilence));
    await world.tell(...labelled(1));
    const { writes } = simulator.seen;
    await pass(60 * day);
    await compare();
    expect(members()).toEqual(['10.1.0.1']);
    expect(simulator.seen.writes).toBe(writes);
  });

  test('gets them without a time when it let go before, and with one the other way round', async () => {
    await apply(web(lets));
    await world.tell(...labelled(1));
    await apply(web('keep'));
    await compare();
    await pass(30 * day);
    expect(members()).toEqual(['10.1.0.1']);
    await apply(web(lets));
    await compare();
    await pass(3 * day);
    expect(members()).toEqual([]);
  });
});
