import { describe, expect, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import type { MaintenanceWindows } from '../../lib/app/configuration/model.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const hour = 3_600_000;
const night = { from: '22:00', to: '05:00', zone: 'UTC' };

/** The clock of the world begins at midnight UTC, on a Thursday. */
async function worldWith(maintenance: MaintenanceWindows, startHour: number): Promise<World> {
  const world = new World([group('web')]);
  await world.activate();
  await world.hello('agent-process-1');
  for (let i = 0; i < 4; i++) await world.upsert(pod(`p${i}`, `10.1.0.${i}`, web));
  world.configuration.firewalls['edge']!.maintenance = maintenance;
  await world.activate();
  await world.clock.sleep(startHour * hour);
  return world;
}

async function sweepNow(world: World): Promise<void> {
  await sweep(world.ports, world.configurations);
  await world.settle();
}

describe('a firewall with maintenance windows', () => {
  test('takes additions within them alone, and gets the rest when one opens', async () => {
    const world = await worldWith({ only: [night] }, 12);
    await world.upsert(pod('new', '10.1.0.9', web));
    expect(world.on('web')).not.toContain('10.1.0.9');
    const [edge] = (await readStatus(world)).firewalls;
    expect(edge!.closed).toMatchObject({ strict: false, until: Date.UTC(2026, 0, 1, 22) });
    expect(edge).toMatchObject({ dirty: 0, behindSince: undefined });
    await world.clock.sleep(10 * hour);
    await sweepNow(world);
    expect(world.on('web')).toContain('10.1.0.9');
    await world.upsert(pod('next', '10.1.0.10', web));
    expect(world.on('web')).toContain('10.1.0.10');
    expect((await readStatus(world)).firewalls[0]!.closed).toBeUndefined();
  });

  test('loses dead addresses at any time, unless it is strict', async () => {
    const world = await worldWith({ only: [night] }, 12);
    await world.remove('p1');
    expect(world.on('web')).not.toContain('10.1.0.1');
    const strict = await worldWith({ only: [night], strict: true }, 12);
    await strict.remove('p1');
    expect(strict.on('web')).toContain('10.1.0.1');
    await strict.clock.sleep(10 * hour);
    await sweepNow(strict);
    expect(strict.on('web')).not.toContain('10.1.0.1');
  });

  test('takes nothing within the windows it must not be touched in', async () => {
    const world = await worldWith({ never: [{ ...night, reason: 'night shift' }] }, 23);
    await world.upsert(pod('new', '10.1.0.9', web));
    expect(world.on('web')).not.toContain('10.1.0.9');
    expect((await readStatus(world)).firewalls[0]!.closed).toMatchObject({ reason: 'night shift' });
    await world.clock.sleep(7 * hour);
    await sweepNow(world);
    expect(world.on('web')).toContain('10.1.0.9');
  });

  test('waits for no person: nothing counts as held', async () => {
    const world = await worldWith({ only: [night] }, 12);
    await world.upsert(pod('new', '10.1.0.9', web));
    await sweepNow(world);
    expect(world.telemetry.valuesOf('ChangesHeld').at(-1)).toBe(0);
  });

  test('a strict one loses its dead address before another one stricter by a freeze opens', async () => {
    const world = await worldWith({ never: [night], strict: true }, 23);
    world.configuration.approvals = {
      freeze: [{ from: '2026-01-01T20:00', to: '2026-01-02T12:00', zone: 'UTC' }],
    };
    await world.activate();
    await world.remove('p1');
    await world.upsert(pod('new', '10.1.0.9', web));
    expect((await readStatus(world)).firewalls[0]!.closed).toMatchObject({
      strict: true,
      until: Date.UTC(2026, 0, 2, 12),
    });
    expect(world.on('web')).toHaveLength(4);
    await world.clock.sleep(7 * hour);
    await sweepNow(world);
    expect((await readStatus(world)).firewalls[0]!.closed).toMatchObject({ strict: false });
    await world.clock.sleep(7 * hour);
    await sweepNow(world);
    expect(world.on('web').sort()).toEqual(['10.1.0.0', '10.1.0.2', '10.1.0.3', '10.1.0.9']);
  });
});
