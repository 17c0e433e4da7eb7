import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { MemoryInstaller } from '../support/memory-installer.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';

const role = 'arn:aws:iam::000000000000:role/operator';
const onboarding = ['onboard', 'shop', '--yes', '--no-wait', '--image', 'registry.example/agent:1'];
const minute = 60_000;

let world: OperatorWorld;
let installer: MemoryInstaller;
let signals: EventEmitter;

beforeEach(async () => {
  world = await OperatorWorld.start({ web: pushed('web') });
  installer = new MemoryInstaller();
  installer.letIn = false;
  installer.now = () => world.clock.now();
  world.principal = installer.principal;
  signals = new EventEmitter();
});

afterEach(async () => world.stop());

const run = (...argv: string[]) => world.run(argv, { installer: () => installer, signals });
const entryCalls = () => installer.calls.filter((call) => /^(admit|dismiss) /.test(call));

/** What a run that began so long ago made. */
function entryOf(principal: string, { ageMs }: { ageMs: number }): void {
  installer.entries.add(principal);
  installer.madeAt.set(principal, world.clock.now() - ageMs);
}

test.each([
  ['lets us in', 0],
  ['does not, because the run died before it had rights', 1],
])('an entry that a killed run left is deleted: it %s', async (_, refused) => {
  entryOf(role, { ageMs: 10 * minute });
  installer.slowEntries = refused;
  const { code, stdout } = await run(...onboarding);
  expect([code, stdout]).toEqual([0, expect.stringContaining('an interrupted run left')]);
  expect(entryCalls()).toEqual([`dismiss ${role}`, `admit ${role}`, `dismiss ${role}`]);
  expect([...installer.entries]).toEqual([]);
  expect(installer.objects.has('Deployment zonebridge/zonebridge-agent')).toBe(true);
});

test('a cluster that still knows the deleted entry is not worked on under it', async () => {
  entryOf(role, { ageMs: 10 * minute });
  const before = { ...installer.eks };
  installer.eks.dismiss = async (cluster, principal) => {
    await before.dismiss(cluster, principal);
    installer.letIn = true;
  };
  installer.eks.admit = async (cluster, principal) => {
    await before.admit(cluster, principal);
    installer.letIn = false;
  };
  expect((await run(...onboarding)).code).toBe(0);
  expect(entryCalls()).toEqual([`dismiss ${role}`, `admit ${role}`, `dismiss ${role}`]);
});

test('it is deleted also when something else stands in the way, and by a dry run', async () => {
  installer.addonList = [];
  entryOf(role, { ageMs: 10 * minute });
  expect((await run(...onboarding)).code).toBe(1);
  expect([...installer.entries]).toEqual([]);
  entryOf(role, { ageMs: 10 * minute });
  expect((await run('offboard', 'shop', '--dry-run')).code).toBe(0);
  expect([...installer.entries]).toEqual([]);
});

test('an entry of a run that may be under way is left to it, that of somebody else to them', async () => {
  entryOf(role, { ageMs: minute });
  const { code, stderr } = await run(...onboarding);
  expect([code, stderr]).toEqual([1, expect.stringContaining('let in for another run')]);
  installer.entries.clear();
  const namesake = 'arn:aws:iam::444455556666:role/operator';
  entryOf(namesake, { ageMs: 10 * minute });
  expect((await run(...onboarding)).code).toBe(0);
  expect(installer.calls).not.toContain(`dismiss ${namesake}`);
});

test('whoever is let in anyway needs no right to look at entries', async () => {
  installer.letIn = true;
  installer.eks.accessEntries = async () => {
    throw new ZonebridgeError('cluster/access-denied', 'EKS refuses the access entries');
  };
  expect((await run(...onboarding)).code).toBe(0);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s ends the work, and the access with it', async (signal) => {
  installer.onApplied = async ({ kind }) => {
    if (kind === 'Namespace') signals.emit(signal);
  };
  const { code, stderr } = await run(...onboarding);
  expect([code, stderr]).toEqual([1, expect.stringContaining('cluster/interrupted')]);
  expect(installer.calls.filter((call) => call.startsWith('created'))).toEqual([
    'created Namespace zonebridge',
  ]);
  expect([...installer.entries]).toEqual([]);
  expect(signals.eventNames()).toEqual([]);
});

test('work that takes too long ends before its entry counts as left', async () => {
  const began = world.clock.now();
  installer.onApplied = async () => world.clock.sleep(40_000);
  const { code, stderr } = await run(...onboarding);
  expect([code, stderr]).toEqual([1, expect.stringContaining('its time is over')]);
  expect(world.clock.now() - began).toBeLessThanOrEqual(3 * minute + 10_000);
  expect([...installer.entries]).toEqual([]);
});
