import { afterEach, describe, expect, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import { names } from '../../lib/app/names.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };

describe('two hubs on one firewall', () => {
  test('never fight over an object: it belongs to whoever made it', async () => {
    const first = await World.start([group('web')]);
    const second = new World([group('web')]);
    second.ports.hub = 'other';
    second.configuration.firewalls['edge']!.settings['device'] =
      first.configuration.firewalls['edge']!.settings['device'];
    second.secrets.values.set(names.secret('other', 'edge'), 'token');
    await second.activate();
    await second.hello('agent-process-1');
    await first.upsert(pod('a', '10.1.0.1', web));
    await second.upsert(pod('z', '10.9.0.1', web));
    expect((await readStatus(second)).firewalls[0]!.groups[0]).toMatchObject({ trouble: 'foreign-object' });
    const applies = first.device.applies().length;
    for (let round = 0; round < 5; round++) {
      await first.reconcile();
      await second.reconcile();
      await second.upsert(pod(`z${round}`, `10.9.1.${round}`, web));
    }
    expect(first.on('web')).toEqual(['10.1.0.1']);
    expect(first.device.applies()).toHaveLength(applies);
    expect((await readStatus(first)).firewalls[0]!.comparison).toMatchObject({
      foreign: 0,
      lost: 0,
      removedByHand: 0,
    });
    expect((await readStatus(second)).firewalls[0]!.groups[0]).toMatchObject({
      trouble: 'foreign-object',
      size: 0,
    });
  });
});

describe('a firewall that does half of a change', () => {
  test.each(['firewall/outcome-unknown', 'firewall/busy', 'firewall/unreachable'] as const)(
    'and says %s is read back and gets the rest',
    async (code) => {
      const world = await World.start([group('web')]);
      for (let i = 0; i < 10; i++) await world.upsert(pod(`a${i}`, `10.1.0.${i}`, web));
      let broken = 3;
      world.device.fault = (call) => {
        if (call !== 'apply' || broken-- <= 0) return;
        const [changes] = world.device.applies().at(-1) ?? [];
        const { members } = world.device.objects.get('obj-web')!;
        for (const address of (changes?.add ?? []).filter((_, i) => i % 2 === 0)) members.add(address);
        for (const address of (changes?.remove ?? []).filter((_, i) => i % 2 === 0)) members.delete(address);
        throw new ZonebridgeError(code, 'half of it was done');
      };
      const changes = Array.from({ length: 8 }, (_, i) =>
        world.upsertChange(pod(`b${i}`, `10.1.1.${i}`, web)),
      );
      await world.send(...changes, ...[0, 1, 2, 3].map((i) => world.removeChange(`a${i}`)));
      await world.settle();
      expect(world.on('web')).toHaveLength(14);
      const [edge] = (await readStatus(world)).firewalls;
      expect(edge).toMatchObject({ health: 'in step', dirty: 0 });
      expect(edge!.groups[0]!.size).toBe(14);
    },
  );
});

describe('a FortiGate', () => {
  let world: OperatorWorld;
  afterEach(() => world.stop());

  async function started(channel: string): Promise<void> {
    const publish = [
      {
        firewall: 'edge',
        channel,
        create: 'own',
        mode: 'sync',
        ...(channel === 'objects' ? { acceptConfigChurn: { writesPerHour: 1000 } } : {}),
      },
    ];
    world = await OperatorWorld.start({ web: pushed('web', { publish }) });
    world.storeToken();
    expect((await world.run(['apply', '--yes'])).code).toBe(0);
    await world.tell(pod('a', '10.1.0.1', web));
  }

  async function later(count: number): Promise<void> {
    const { ports, configurations } = world.operator;
    for (let i = 0; i < count; i++) {
      await world.clock.sleep(65_000);
      await sweep(ports, configurations);
      await world.work();
    }
  }

  async function edge(): Promise<Record<string, unknown>> {
    const { result } = await world.json(['status']);
    return (result['firewalls'] as Record<string, unknown>[])[0]!;
  }

  test.each([
    ['whose configuration is locked', { kind: 'reject', status: 500, error: -361, cliError: 'locked' }],
    ['that is busy', { kind: 'reject', status: 500, error: -360 }],
    ['that answers 503 with a page', { kind: 'server-error' }],
    ['that throttles and says for how long', { kind: 'throttle', retryAfterSeconds: 90 }],
  ])('%s keeps its last state, and catches up', async (_, fault) => {
    await started('push');
    world.simulator.faults.add({ path: 'external-resource', ...fault });
    await world.tell(pod('b', '10.1.0.2', web), pod('a', [], web));
    await later(3);
    expect(await edge()).toMatchObject({ health: 'behind', behindSince: expect.any(Number) });
    world.simulator.faults.remove();
    await later(4);
    expect(world.members('web')).toEqual(['10.1.0.2']);
    expect(await edge()).toMatchObject({ health: 'in step', dirty: 0 });
  });

  test('keeps the pause that a 429 asks for', async () => {
    await started('push');
    world.simulator.faults.add({ kind: 'throttle', retryAfterSeconds: 90 });
    const now = world.clock.now();
    await world.tell(pod('b', '10.1.0.2', web));
    const { nextAttempt } = await edge();
    expect(Number(nextAttempt) - now).toBeGreaterThanOrEqual(90_000);
  });

  test('with a full object table takes removals, and the rest when there is room', async () => {
    await started('objects');
    world.simulator.device.settings.limits.addresses = 0;
    await world.tell(pod('b', '10.1.0.2', web));
    expect(await edge()).toMatchObject({
      health: 'in step',
      groups: [{ failed: { count: 1, codes: ['firewall/table-full'] } }],
    });
    world.simulator.device.settings.limits.addresses = Infinity;
    await world.clock.sleep(1_000);
    await world.json(['reconcile', 'edge']);
    expect(await edge()).toMatchObject({ groups: [{ failed: { count: 0 }, size: 2 }] });
  });
});
