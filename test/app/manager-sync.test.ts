import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkFirewall } from '../../lib/app/commands/check.ts';
import { readStatus } from '../../lib/app/commands/status.ts';
import { names } from '../../lib/app/names.ts';
import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import { ciscoFmc } from '../../lib/firewalls/cisco-fmc/index.ts';
import { fmcSettings } from '../../lib/firewalls/cisco-fmc/schema.ts';
import { enforcedAddresses } from '../../lib/firewalls/cisco-fmc/simulator/enforced.ts';
import { type FmcSimulator, startFmcSimulator } from '../../lib/firewalls/cisco-fmc/simulator/index.ts';
import { callsOf } from '../support/firewalls/fmc-connection.ts';
import { fmcSettingsFor } from '../support/firewalls/fmc-rig.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };

let simulator: FmcSimulator;
let world: World;

/** The whole way from a pod to the manager, over HTTPS; only the hub lies in memory. */
async function start(groups: AddressGroup[]): Promise<World> {
  const fresh = new World(groups);
  const edge = fresh.configuration.firewalls['edge']!;
  const settings = fmcSettings.parse(fmcSettingsFor(simulator));
  fresh.configuration.firewalls['edge'] = { ...edge, kind: 'cisco-fmc', settings };
  fresh.ports.firewalls = { 'cisco-fmc': ciscoFmc };
  fresh.secrets.values.set(names.secret('test', 'edge'), simulator.secret);
  await fresh.activate();
  await fresh.hello('agent-process-1');
  return fresh;
}

function dynamic(name: string): AddressGroup {
  const target = {
    firewall: 'edge',
    channel: 'dynamic',
    create: 'own',
    mode: 'sync',
    onForeignAdd: 'remove',
  } as const;
  return group(name, { publish: [target] });
}

function held(name: string): string[] | undefined {
  const object = ciscoFmc.objectName({ hub: 'test', group: name, channel: 'dynamic' });
  return enforcedAddresses(simulator.manager, 'dynamic', object)?.sort();
}

beforeEach(async () => {
  simulator = await startFmcSimulator({ version: '7.4.1' });
  world = await start([dynamic('web'), dynamic('api')]);
});
afterEach(async () => await simulator.stop());

test('a pod that comes or goes is one call, and a burst is one call', async () => {
  await world.upsert(pod('a', '10.1.0.1', web));
  expect(held('web')).toEqual(['10.1.0.1']);
  callsOf(simulator);
  await world.upsert(pod('b', ['10.1.0.2', 'fd00::2'], web));
  expect(callsOf(simulator)).toEqual({ logins: 0, reads: 0, writes: 1 });
  await world.remove('a');
  expect(callsOf(simulator)).toEqual({ logins: 0, reads: 0, writes: 1 });
  await world.send(
    ...Array.from({ length: 40 }, (_, index) => world.upsertChange(pod(`c${index}`, `10.1.1.${index}`, web))),
  );
  await world.settle();
  expect(callsOf(simulator).writes).toBeLessThanOrEqual(2);
  expect(held('web')).toHaveLength(42);
});

test('a person who saves in the manager is waited for, shown, and nothing is lost', async () => {
  await world.upsert(pod('a', '10.1.0.1', web));
  const [fault] = simulator.faults.add({ kind: 'locked' });
  await world.upsert(pod('b', '10.1.0.2', web));
  expect(held('web')).toEqual(['10.1.0.1']);
  const [edge] = (await readStatus(world)).firewalls;
  expect(edge?.health).toBe('behind');
  expect(inspect(edge, { depth: 10 })).toContain('firewall/busy');
  simulator.faults.remove(fault!.id);
  await world.clock.sleep(120_000);
  await world.reconcile();
  await world.upsert(pod('c', '10.1.0.3', web));
  expect(held('web')).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3']);
});

test('a reply that is lost and an error in success are read back and end in the right state', async () => {
  await world.upsert(pod('a', '10.1.0.1', web));
  simulator.faults.add({ kind: 'drop-after-commit', method: 'POST', path: 'mappings', times: 1 });
  await world.upsert(pod('b', '10.1.0.2', web));
  simulator.faults.add({ kind: 'error-in-success', method: 'POST', path: 'mappings', times: 1 });
  await world.remove('a');
  expect(held('web')).toEqual(['10.1.0.2']);
});

test('tokens that end in the middle, and a login of somebody with the same user, cost no change', async () => {
  simulator.manager.settings.behaviour.secondLogin = 'ends-first';
  await world.upsert(pod('a', '10.1.0.1', web));
  simulator.world.gate.expire(true);
  await world.upsert(pod('b', '10.1.0.2', web));
  simulator.world.gate.expire(false);
  await world.remove('a');
  expect(held('web')).toEqual(['10.1.0.2']);
});

test('what a person adds is taken out, what a person removes stays out, and a lie is repaired', async () => {
  for (const [uid, last] of Object.entries({ a: 1, b: 2, c: 3 }))
    await world.upsert(pod(uid, `10.1.0.${last}`, web));
  const { global } = simulator.manager;
  const object = ciscoFmc.objectName({ hub: 'test', group: 'web', channel: 'dynamic' });
  const mappings = global.mappings.get(global.table('object/dynamicobjects').named(object)!.id)!;
  mappings.add('10.66.0.1');
  mappings.add('10.66.0.0/24');
  mappings.delete('10.1.0.2');
  await world.reconcile();
  expect(held('web')).toEqual(['10.1.0.1', '10.1.0.3']);
  await world.reconcile();
  expect(held('web')).toEqual(['10.1.0.1', '10.1.0.3']);
});

test('a manager that was replaced is compared before it is written to, and filled again', async () => {
  await world.upsert(pod('a', '10.1.0.1', web));
  const { settings, global } = simulator.manager;
  settings.serial = 'FMC0ANOTHER01';
  const table = global.table('object/dynamicobjects');
  for (const row of table.rows) {
    table.delete(row);
    global.mappings.delete(row.id);
  }
  await world.clock.sleep(120_000);
  await world.upsert(pod('b', '10.1.0.2', web));
  await world.reconcile();
  expect(held('web')).toEqual(['10.1.0.1', '10.1.0.2']);
});

test('status says where members act only after a person has done something more', async () => {
  const target = { ...dynamic('fixed').publish[0]!, channel: 'objects' };
  world = await start([dynamic('web'), group('fixed', { select: "app == 'web'", publish: [target] })]);
  await world.upsert(pod('a', '10.1.0.1', web));
  const [edge] = (await readStatus(world)).firewalls;
  const acts = Object.fromEntries(edge!.groups.map(({ group: name, actsAfter }) => [name, actsAfter]));
  expect(acts).toEqual({ web: undefined, fixed: 'a deployment by a person' });
});

test('the password and the tokens show nowhere, even when the manager repeats them in all it says', async () => {
  await world.upsert(pod('a', '10.1.0.1', web));
  const { user, password } = simulator.credentials;
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  const description = `cannot parse ${password} of ${basic}`;
  simulator.faults.add({ kind: 'reject', status: 422, description });
  await world.upsert(pod('b', '10.1.0.2', web));
  await world.reconcile();
  const { lines } = await checkFirewall(world, world.configuration, 'edge');
  const status = await readStatus(world);
  const tables = ['ledger', 'control', 'dirty', 'memberships'] as const;
  const rows = tables.map((table) => world.tables.all(table));
  const all = inspect([lines, status, world.telemetry, rows], { depth: 20, maxArrayLength: null });
  expect(all).toMatch(/cannot parse .secret. of .secret./);
  for (const secret of [password, basic]) expect(all).not.toContain(secret);
});

test('check tells budget and known defects beside the rights', async () => {
  await world.upsert(pod('a', '10.1.0.1', web));
  const { lines } = await checkFirewall(world, world.configuration, 'edge');
  const states = Object.fromEntries(lines.map(({ name, state }) => [name, state]));
  expect(states).toMatchObject({ token: 'ok', version: 'ok', right: 'ok', budget: 'ok', defects: 'warning' });
  expect(JSON.stringify(lines)).not.toContain(simulator.credentials.password);
});
