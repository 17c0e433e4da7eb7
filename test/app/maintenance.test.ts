import { describe, expect, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import type { MaintenanceWindows } from '../../lib/app/configuration/model.ts';
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

describe('a firewall with maintenance windows', () => {
  test('takes additions within them alone', async () => {
    const world = await worldWith({ only: [night] }, 12);
    await world.upsert(pod('new', '10.1.0.9', web));
    expect(world.on('web')).not.toContain('10.1.0.9');
    const [edge] = (await readStatus(world)).firewalls;
    expect(edge!.closed).toMatchObject({ strict: false, until: Date.UTC(2026, 0, 1, 22) });
    expect(edge).toMatchObject({ dirty: 0, behindSince: undefined });
    await world.clock.sleep(10 * hour);
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
  });

  test('takes nothing within the windows it must not be touched in', async () => {
    const world = await worldWith({ never: [{ ...night, reason: 'night shift' }] }, 23);
    await world.upsert(pod('new', '10.1.0.9', web));
    expect(world.on('web')).not.toContain('10.1.0.9');
    expect((await readStatus(world)).firewalls[0]!.closed).toMatchObject({ reason: 'night shift' });
  });
});
