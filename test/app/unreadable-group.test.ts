import { expect, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import { type ErrorCode, ZonebridgeError } from '../../lib/core/errors.ts';
import { group, pod, World } from '../support/world.ts';

const stranger = '192.0.2.9';

/** Three groups, each with a member that a person put there; the device refuses to list those whose turn is named. */
async function compared(code: ErrorCode, refused: readonly number[]): Promise<World> {
  const names = ['api', 'mid', 'web'];
  const world = await World.start(names.map((name) => group(name)));
  for (const [index, name] of names.entries()) {
    await world.upsert(pod(name, `10.1.0.${index + 1}`, { app: name }));
    world.device.objects.get(`obj-${name}`)?.members.add(stranger);
  }
  let turn = 0;
  world.device.fault = (call) => {
    if (call === 'observeMembers' && refused.includes(turn++))
      throw new ZonebridgeError(code, `list ${turn} cannot be read`);
  };
  await world.reconcile().catch(() => undefined);
  world.device.fault = undefined;
  await world.settle();
  return world;
}

const withStranger = (world: World) =>
  ['api', 'mid', 'web'].filter((name) => world.on(name).includes(stranger));
const comparison = async (world: World) => (await readStatus(world)).firewalls[0]?.comparison;

test('a group that the device cannot list keeps no other one from being compared', async () => {
  const world = await compared('firewall/rejected', [0]);
  expect(withStranger(world)).toEqual(['api']);
  expect(await comparison(world)).toMatchObject({ error: 'firewall/rejected: list 1 cannot be read' });
  await world.reconcile();
  expect(withStranger(world)).toEqual([]);
  expect(await comparison(world)).toMatchObject({ error: '' });
});

test('figures of the others are told, raise alarms and end none, and failures are counted', async () => {
  const world = await compared('firewall/rejected', [0]);
  const { telemetry } = world;
  expect(telemetry.valuesOf('Drift').at(-1)).toBe(2);
  expect(telemetry.valuesOf('ComparisonFailures').at(-1)).toBe(1);
  const before = telemetry.valuesOf('Drift').length;
  world.device.fault = (call) => {
    if (call === 'observeMembers') throw new ZonebridgeError('firewall/rejected', 'cannot be read');
  };
  await world.reconcile().catch(() => undefined);
  expect(telemetry.valuesOf('Drift')).toHaveLength(before);
  expect(telemetry.valuesOf('StaleAllow')).toEqual([]);
  expect(telemetry.valuesOf('ComparisonFailures').at(-1)).toBe(2);
  world.device.fault = undefined;
  await world.reconcile();
  expect(telemetry.valuesOf('ComparisonFailures').at(-1)).toBe(0);
});

test('several are told together', async () => {
  const world = await compared('firewall/unsupported', [0, 2]);
  expect(withStranger(world)).toEqual(['api', 'web']);
  const text =
    'firewall/unsupported: 2 groups could not be compared: list 1 cannot be read; list 3 cannot be read';
  expect(await comparison(world)).toMatchObject({ error: text });
});

test.each(['firewall/unreachable', 'firewall/permission-denied'] as const)(
  'a device that refuses everything is not asked on (%s)',
  async (code) => {
    const world = await compared(code, [0]);
    expect(withStranger(world)).toEqual(['api', 'mid', 'web']);
  },
);
