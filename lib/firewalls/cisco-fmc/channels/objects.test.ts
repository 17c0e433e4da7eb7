import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FirewallConnection, ObjectChanges } from '../../../core/firewall.ts';
import { ciscoFmc } from '../index.ts';
import {
  addressesIn,
  callsOf,
  connectFmc,
  fmcComment,
  fmcObject,
  fmcRequest,
} from '../../../../test/support/firewalls/fmc-connection.ts';
import { seed } from '../../../../test/support/firewalls/fmc-rig.ts';
import { type FmcSimulator, startFmcSimulator } from '../simulator/index.ts';
import type { Row } from '../simulator/table.ts';

const exits = fmcObject('exits', 'objects');

let simulator: FmcSimulator;
let connection: FirewallConnection;

beforeEach(async () => {
  simulator = await startFmcSimulator();
  connection = await connectFmc(simulator);
});
afterEach(async () => {
  await connection.close();
  await simulator.stop();
});

function row(): Row {
  return simulator.manager.global.table('object/networkgroups').named(exits.name)!;
}

function literals(): string[] {
  const { literals: list } = row().fields;
  return Array.isArray(list) ? list.map((one) => (one as { value: string }).value) : [];
}

async function apply(changes: Partial<ObjectChanges>): Promise<Record<string, string>> {
  const [report] = await connection.apply([
    { object: exits, add: [], remove: [], expectedCount: 0, ...changes },
  ]);
  return Object.fromEntries(
    [...(report?.outcomes ?? [])].map(([address, one]) => [
      address,
      one.state === 'done' ? 'done' : one.error.code,
    ]),
  );
}

async function create(addresses: readonly string[]): Promise<void> {
  await apply({ createWith: { comment: fmcComment(exits.name) }, add: addresses });
}

test('a group that is empty holds an address that nothing has, and nobody sees it', async () => {
  await create([]);
  expect(literals()).toEqual(['192.0.2.0']);
  expect(await connection.observeMembers(exits)).toEqual([]);
  await apply({ add: ['10.9.0.1', 'fd00::9'] });
  expect(literals()).toEqual(['10.9.0.1', 'fd00::9']);
  await apply({ remove: ['10.9.0.1', 'fd00::9'] });
  expect(literals()).toEqual(['192.0.2.0']);
});

test('a change of many addresses is one read and one write, and none when nothing changes', async () => {
  await create(['10.9.0.1']);
  callsOf(simulator);
  await apply({ add: addressesIn(3, 400), remove: ['10.9.0.1'] });
  expect(callsOf(simulator)).toEqual({ logins: 0, reads: 1, writes: 1 });
  await apply({ add: addressesIn(3, 400), remove: ['10.9.0.1'] });
  expect(callsOf(simulator)).toEqual({ logins: 0, reads: 1, writes: 0 });
});

test('what a person put into a group of ours or an offered one stays through our writes', async () => {
  const { manager } = simulator;
  const host = manager.newId();
  manager.global.table('object/hosts').put({
    id: host,
    name: 'their-host',
    user: 'somebody',
    timestamp: 0,
    system: false,
    fields: { name: 'their-host', type: 'Host', value: '10.77.0.1' },
  });
  const description = 'used in NAT zonebridge:offer:exits';
  const offered = { ...exits, name: 'K8S_EXITS', create: 'offered' as const };
  const made = seed(
    simulator,
    { channel: 'objects', name: 'K8S_EXITS' },
    { description, addresses: ['10.5.0.0/16'] },
  );
  const fields = {
    ...made.fields,
    overridable: true,
    objects: [{ id: host, name: 'their-host', type: 'Host' }],
    literals: [{ type: 'Network', value: '10.5.0.0/16' }],
  };
  manager.global.table('object/networkgroups').put({ ...made, fields });
  await connection.apply([{ object: offered, add: ['10.9.0.1'], remove: [], expectedCount: 1 }]);
  const kept = manager.global.table('object/networkgroups').named('K8S_EXITS')?.fields;
  expect(kept).toMatchObject({ description, overridable: true, objects: [{ id: host }] });
  expect([...(await connection.observeMembers(offered))].sort()).toEqual([
    '10.5.0.0/16',
    '10.9.0.1',
    'object:their-host',
  ]);
  await connection.apply([
    { object: offered, add: [], remove: ['object:their-host', '10.5.0.0/16'], expectedCount: 1 },
  ]);
  expect(await connection.observeMembers(offered)).toEqual(['10.9.0.1']);
});

test('a success with an error in it is read back, and a lie shows when somebody looks', async () => {
  await create(['10.9.0.1']);
  simulator.faults.add({ kind: 'error-in-success', method: 'PUT', times: 1 });
  expect(await apply({ add: ['10.9.0.3'] })).toEqual({ '10.9.0.3': 'firewall/outcome-unknown' });
  await apply({ remove: ['10.9.0.3'] });
  simulator.faults.add({ kind: 'lie', method: 'PUT', times: 1 });
  expect(await apply({ add: ['10.9.0.2'] })).toEqual({ '10.9.0.2': 'done' });
  expect(await connection.observeMembers(exits)).toEqual(['10.9.0.1']);
});

/** A connection for which a person does something whenever it waits for the write lock. */
async function meanwhile(person: () => void): Promise<FirewallConnection> {
  const sleep = async () => await Promise.resolve(person());
  return await ciscoFmc.connect({ ...fmcRequest(simulator), clock: { now: () => Date.now(), sleep } });
}

const locked = { kind: 'locked', path: 'networkgroups', times: 1 } as const;

test.each([locked, { ...locked, kind: 'expire' } as const])(
  'what a person saved while we waited to write stays: $kind',
  async (fault) => {
    await create(['10.9.0.1']);
    const other = await meanwhile(() => {
      const { fields, ...rest } = row();
      const list = [...literals(), '10.77.0.7'].map((value) => ({ type: 'Host', value }));
      simulator.manager.global
        .table('object/networkgroups')
        .put({ ...rest, fields: { ...fields, literals: list } });
    });
    simulator.faults.add({ ...fault, method: 'PUT' });
    const [report] = await other.apply([{ object: exits, add: ['10.9.0.2'], remove: [], expectedCount: 2 }]);
    expect(report?.outcomes.get('10.9.0.2')).toEqual({ state: 'done' });
    expect(literals().sort()).toEqual(['10.77.0.7', '10.9.0.1', '10.9.0.2']);
    await other.close();
  },
);

test.each(['dynamic', 'objects'])(
  'what lost our mark while we waited is not deleted: %s',
  async (channel) => {
    const object = fmcObject('exits', channel);
    const made = seed(simulator, object, { description: fmcComment(object.name), addresses: ['10.9.0.1'] });
    const table = simulator.manager.global.table(
      channel === 'dynamic' ? 'object/dynamicobjects' : 'object/networkgroups',
    );
    const other = await meanwhile(() =>
      table.put({ ...made, fields: { ...made.fields, description: 'mine now' } }),
    );
    simulator.faults.add({ kind: 'locked', method: 'DELETE', times: 1 });
    await expect(other.deleteObject(object)).rejects.toMatchObject({ code: 'firewall/object-foreign' });
    expect(table.get(made.id)).toBeDefined();
    await other.close();
  },
);

test('an object that the manager takes out of a group without a word is not kept silent about', async () => {
  const { manager } = simulator;
  const made = seed(simulator, exits, { description: fmcComment(exits.name), addresses: ['10.9.0.1'] });
  const host = { id: manager.newId(), name: 'their-host', user: 'somebody', timestamp: 0, system: false };
  manager.global.table('object/hosts').put({ ...host, fields: { name: 'their-host', type: 'Host' } });
  const objects = [{ id: host.id, name: 'their-host', type: 'HostObject' }];
  manager.global.table('object/networkgroups').put({ ...made, fields: { ...made.fields, objects } });
  expect(await apply({ add: ['10.9.0.2'] })).toEqual({ '10.9.0.2': 'firewall/outcome-unknown' });
});

test('success that does not show the group is read back', async () => {
  await create(['10.9.0.1']);
  simulator.faults.add({ kind: 'answer', status: 200, body: {}, method: 'PUT', times: 1 });
  expect(await apply({ add: ['10.9.0.2'] })).toEqual({ '10.9.0.2': 'firewall/outcome-unknown' });
  expect(await apply({ add: ['10.9.0.2'] })).toEqual({ '10.9.0.2': 'done' });
});

test('a name that a host has is not taken', async () => {
  simulator.manager.global.table('object/hosts').put({
    id: simulator.manager.newId(),
    name: exits.name,
    user: 'somebody',
    timestamp: 0,
    system: false,
    fields: { name: exits.name, type: 'Host', value: '10.77.0.1' },
  });
  const [report] = await connection.apply([
    {
      object: exits,
      createWith: { comment: fmcComment(exits.name) },
      add: ['10.9.0.1'],
      remove: [],
      expectedCount: 1,
    },
  ]);
  expect(report?.created).toMatchObject({ state: 'failed', error: { code: 'firewall/object-foreign' } });
});

test('a change marks the devices that use the group as out of date, and deploys nothing', async () => {
  await create(['10.9.0.1']);
  expect(simulator.manager.global.outOfDate).toBe(false);
  const policy = { id: simulator.manager.newId(), user: 'somebody', timestamp: 0, system: false };
  simulator.manager.global.rules.set(policy.id, [
    { ...policy, name: 'nat', fields: { sourceNetworks: { objects: [{ id: row().id }] } } },
  ]);
  await apply({ add: ['10.9.0.2'] });
  expect(simulator.manager.global.outOfDate).toBe(true);
  expect(simulator.requests.list().some(({ pattern }) => pattern.includes('deploymentrequests'))).toBe(false);
});

test('before 7.2 the manager tells only that somebody uses a group', async () => {
  const old = await startFmcSimulator({ version: '7.0' });
  const to = await connectFmc(old);
  await to.apply([
    {
      object: exits,
      createWith: { comment: fmcComment(exits.name) },
      add: ['10.9.0.1'],
      remove: [],
      expectedCount: 1,
    },
  ]);
  expect(await to.references(exits)).toEqual({ count: 0, users: [] });
  const { id } = old.manager.global.table('object/networkgroups').named(exits.name)!;
  const rule = { id: 'r', name: 'r', user: '', timestamp: 0, system: false };
  old.manager.global.rules.set('p', [{ ...rule, fields: { sourceNetworks: { objects: [{ id }] } } }]);
  expect(await to.references(exits)).toEqual({ count: 1, users: [] });
  await to.close();
  await old.stop();
});
