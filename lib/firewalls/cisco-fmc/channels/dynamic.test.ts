import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FirewallConnection, ObjectChanges, ObjectReport } from '../../../core/firewall.ts';
import {
  addressesIn,
  callsOf,
  connectFmc,
  fmcComment,
  fmcObject,
  fmcRequest,
} from '../../../../test/support/firewalls/fmc-connection.ts';
import { seed } from '../../../../test/support/firewalls/fmc-rig.ts';
import { ciscoFmc } from '../index.ts';
import { enforcedAddresses } from '../simulator/enforced.ts';
import { type FmcSimulator, startFmcSimulator } from '../simulator/index.ts';

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

function held(group: string): string[] {
  return enforcedAddresses(simulator.manager, 'dynamic', fmcObject(group).name) ?? [];
}

function fill(group: string, addresses: readonly string[]): void {
  const { name } = fmcObject(group);
  seed(simulator, { channel: 'dynamic', name }, { description: fmcComment(name), addresses });
}

function change(group: string, changes: Partial<ObjectChanges>): ObjectChanges {
  return { object: fmcObject(group), add: [], remove: [], expectedCount: 0, ...changes };
}

async function apply(...changes: ObjectChanges[]): Promise<readonly ObjectReport[]> {
  return await connection.apply(changes);
}

function states(report: ObjectReport | undefined): Record<string, string> {
  return Object.fromEntries(
    [...(report?.outcomes ?? [])].map(([address, outcome]) => [
      address,
      outcome.state === 'done' ? 'done' : outcome.error.code,
    ]),
  );
}

test.each([10, 1_000, 10_000])('one change of a group of %i costs one call', async (size) => {
  fill('web', addressesIn(1, size));
  await connection.observeObject(fmcObject('web'));
  callsOf(simulator);
  const fresh = await connectFmc(simulator);
  const [report] = await fresh.apply([change('web', { add: ['10.99.0.1'], expectedCount: size + 1 })]);
  await fresh.close();
  expect(states(report)).toEqual({ '10.99.0.1': 'done' });
  expect(callsOf(simulator)).toEqual({ logins: 0, reads: 0, writes: 1 });
  expect(held('web')).toHaveLength(size + 1);
});

test('a burst of 1,000 changes over 50 groups is one write, after one look at all objects', async () => {
  const groups = Array.from({ length: 50 }, (_, index) => `g${index}`);
  for (const [index, group] of groups.entries()) fill(group, addressesIn(index, 10));
  const changes = groups.map((group, index) =>
    change(group, { add: addressesIn(100 + index, 10), remove: addressesIn(index, 10), expectedCount: 10 }),
  );
  const reports = await apply(...changes);
  expect(callsOf(simulator)).toEqual({ logins: 1, reads: 1, writes: 1 });
  expect(
    reports.flatMap(({ outcomes }) => [...outcomes.values()]).every(({ state }) => state === 'done'),
  ).toBe(true);
  for (const [index, group] of groups.entries())
    expect(held(group).sort()).toEqual(addressesIn(100 + index, 10).sort());
});

test('a first sync of 5,000 members in 20 groups fits into a tenth of the budget', async () => {
  const groups = Array.from({ length: 20 }, (_, index) => `g${index}`);
  await apply(
    ...groups.map((group, index) => ({
      ...change(group, { add: addressesIn(index, 250), expectedCount: 250 }),
      createWith: { comment: fmcComment(fmcObject(group).name) },
    })),
  );
  // All objects in one call, then 1,000 addresses in each.
  expect(callsOf(simulator)).toEqual({ logins: 1, reads: 0, writes: 6 });
  for (const group of groups) expect(held(group)).toHaveLength(250);
});

test('an object that is gone stops no other, and one that was made anew is found under its new id', async () => {
  for (const group of ['web', 'api', 'db']) fill(group, []);
  await apply(
    change('web', { add: ['10.1.0.1'] }),
    change('api', { add: ['10.1.0.2'] }),
    change('db', { add: ['10.1.0.3'] }),
  );
  const { global } = simulator.manager;
  const table = global.table('object/dynamicobjects');
  for (const group of ['api', 'db']) table.delete(table.named(fmcObject(group).name)!);
  fill('db', []);
  const [web, api, db] = await apply(
    change('web', { add: ['10.1.1.1'] }),
    change('api', { add: ['10.1.1.2'] }),
    change('db', { add: ['10.1.1.3'] }),
  );
  expect([states(web), states(api), states(db)]).toEqual([
    { '10.1.1.1': 'done' },
    { '10.1.1.2': 'firewall/object-missing' },
    { '10.1.1.3': 'done' },
  ]);
  expect(held('db')).toEqual(['10.1.1.3']);
});

test('an object of ours that a person replaced by one of the same name is not written to', async () => {
  fill('web', []);
  await connection.observeObject(fmcObject('web'));
  const table = simulator.manager.global.table('object/dynamicobjects');
  table.delete(table.named(fmcObject('web').name)!);
  seed(
    simulator,
    { channel: 'dynamic', name: fmcObject('web').name },
    { description: 'mine', addresses: [] },
  );
  const [report] = await apply(change('web', { add: ['10.1.0.1'] }));
  expect(states(report)).toEqual({ '10.1.0.1': 'firewall/object-missing' });
  const [again] = await apply(change('web', { add: ['10.1.0.1'] }));
  expect(states(again)).toEqual({ '10.1.0.1': 'firewall/object-foreign' });
  expect(held('web')).toEqual([]);
});

test('while somebody else writes it is tried again a little later, as a whole', async () => {
  for (const group of ['web', 'api']) fill(group, []);
  await connection.listObjects!(fmcObject('web'));
  callsOf(simulator);
  const [fault] = simulator.faults.add({ kind: 'locked' });
  const changes = [change('web', { add: ['10.1.0.1'] }), change('api', { add: ['10.1.0.2'] })];
  const [web, api] = await apply(...changes);
  expect([states(web), states(api)]).toEqual([
    { '10.1.0.1': 'firewall/busy' },
    { '10.1.0.2': 'firewall/busy' },
  ]);
  expect(callsOf(simulator).writes).toBe(3);
  simulator.faults.remove(fault!.id);
  simulator.faults.add({ kind: 'locked', times: 1 });
  simulator.faults.add({ kind: 'try-again', method: 'POST', times: 1 });
  expect(states((await apply(...changes))[0])).toEqual({ '10.1.0.1': 'done' });
  expect(held('web')).toEqual(['10.1.0.1']);
});

test('two writes at a time: the manager refuses the second, and it follows by itself', async () => {
  simulator.manager.settings.writeMilliseconds = 30;
  for (const group of ['web', 'api']) fill(group, []);
  const other = await connectFmc(simulator);
  await connection.observeObject(fmcObject('web'));
  await other.observeObject(fmcObject('api'));
  const reports = await Promise.all([
    connection.apply([change('web', { add: ['10.1.0.1'] })]),
    other.apply([change('api', { add: ['10.1.0.2'] })]),
  ]);
  await other.close();
  const codes = reports.flat().flatMap((report) => Object.values(states(report)));
  // The clock of this test does not wait, so the second may come three times too early; it is never lost without a word.
  expect(codes.filter((code) => code === 'done').length).toBeGreaterThanOrEqual(1);
  expect(codes.every((code) => code === 'done' || code === 'firewall/busy')).toBe(true);
  expect(held('web').length + held('api').length).toBe(codes.filter((code) => code === 'done').length);
});

test('the other kind of 429 is the limit of requests, and is not tried again at once', async () => {
  const groups = Array.from({ length: 40 }, (_, index) => `g${index}`);
  for (const group of groups) fill(group, ['10.1.0.1']);
  await connection.listObjects!(fmcObject('g0'));
  await apply(...groups.map((group) => change(group, { add: ['10.1.0.2'] })));
  simulator.manager.settings.limits.requestsPerMinute = 0;
  callsOf(simulator);
  const reports = await apply(
    ...groups.map((group) => change(group, { add: ['10.1.0.3'], remove: ['10.1.0.1'] })),
  );
  for (const report of reports)
    expect(states(report)).toEqual({
      '10.1.0.1': 'firewall/throttled',
      '10.1.0.3': 'firewall/throttled',
    });
  expect(callsOf(simulator).writes).toBe(1);
});

test('success with an error in it, and a success that does not name what it did, are read back', async () => {
  fill('web', []);
  simulator.faults.add({ kind: 'error-in-success', method: 'POST', path: 'mappings', times: 1 });
  expect(states((await apply(change('web', { add: ['10.1.0.1'] })))[0])).toEqual({
    '10.1.0.1': 'firewall/outcome-unknown',
  });
  expect(Object.fromEntries(await connection.observeSome(fmcObject('web'), ['10.1.0.1']))).toEqual({
    '10.1.0.1': true,
  });
  simulator.faults.add({ kind: 'lie', method: 'POST', path: 'mappings', times: 1 });
  expect(states((await apply(change('web', { add: ['10.1.0.2'] })))[0])).toEqual({ '10.1.0.2': 'done' });
  // A lie that repeats everything shows only when somebody looks.
  expect(await connection.observeMembers(fmcObject('web'))).toEqual(['10.1.0.1']);
});

test.each([
  {},
  { error: { messages: { description: 'it failed' } } },
  { error: { messages: ['it failed'] } },
  { error: { messages: 'it failed' } },
  { error: { category: 'OTHER' } },
  { error: [] },
  { error: null, add: [] },
])('success that says %j instead of repeating what was asked is read back', async (body) => {
  fill('web', []);
  simulator.faults.add({ kind: 'answer', status: 201, body, method: 'POST', path: 'mappings' });
  expect(states((await apply(change('web', { add: ['10.1.0.1'] })))[0])).toEqual({
    '10.1.0.1': 'firewall/outcome-unknown',
  });
});

test('success that does not show the object made nothing, unless it is there', async () => {
  const wanted = { ...change('web', {}), createWith: { comment: fmcComment(fmcObject('web').name) } };
  const [fault] = simulator.faults.add({
    kind: 'answer',
    status: 201,
    body: {},
    path: 'objects$',
    method: 'POST',
  });
  expect((await apply(wanted))[0]?.created).toMatchObject({
    state: 'unknown',
    error: { code: 'firewall/outcome-unknown' },
  });
  simulator.faults.remove(fault!.id);
  expect((await apply(wanted))[0]?.created).toEqual({ state: 'done' });
});

function making(count: number): ObjectChanges[] {
  return Array.from({ length: count }, (_, index) => {
    const comment = fmcComment(fmcObject(`n${index}`).name);
    return { ...change(`n${index}`, { add: ['10.1.0.1'] }), createWith: { comment } };
  });
}

test.each([
  ['throttled', { kind: 'reject', status: 429, description: 'Too many requests' }, 2],
  // Three times, as long as somebody else may be writing.
  ['busy', { kind: 'locked' }, 4],
] as const)(
  'a manager that is %s is not asked for each object that it should make',
  async (code, fault, writes) => {
    const path = 'dynamicobjects';
    simulator.faults.add({ kind: 'reject', status: 400, description: 'no', path: `${path}.*bulk`, times: 1 });
    simulator.faults.add({ ...fault, path, method: 'POST' });
    const reports = await apply(...making(30));
    for (const report of reports)
      expect(report.created).toMatchObject({ state: 'failed', error: { code: `firewall/${code}` } });
    expect(callsOf(simulator).writes).toBe(writes);
  },
);

test('objects whose making is not known to have been done are looked for, and not made again', async () => {
  simulator.faults.add({ kind: 'error-in-success', path: 'dynamicobjects.*bulk', method: 'POST', times: 1 });
  const reports = await apply(...making(30));
  expect(reports.every(({ created }) => created?.state === 'done')).toBe(true);
  // Made, looked at, filled.
  expect(callsOf(simulator)).toMatchObject({ reads: 1, writes: 2 });
});

test('more objects than one call takes are made in several', async () => {
  const reports = await apply(...making(1_100));
  expect(reports.every(({ created }) => created?.state === 'done')).toBe(true);
  expect(held('n1099')).toEqual(['10.1.0.1']);
  // Two to make them, three to fill them: 500 objects to a call.
  expect(callsOf(simulator)).toEqual({ logins: 1, reads: 0, writes: 5 });
});

test('rules that use an object are named as far as policies can be read in few calls', async () => {
  fill('web', []);
  const { global } = simulator.manager;
  const made = { user: 'somebody', timestamp: 0, system: false };
  const id = global.table('object/dynamicobjects').named(fmcObject('web').name)!.id;
  const fields = { sourceDynamicObjects: { objects: [{ id }] } };
  for (const [name, count] of [
    ['huge', 25_000],
    ['edge', 1],
  ] as const) {
    global.table('policy/accesspolicies').put({ ...made, id: name, name, fields: { name } });
    const rules = Array.from({ length: count }, (_, index) => ({
      ...made,
      id: `${index}`,
      name: `rule ${index}`,
    }));
    global.rules.set(
      name,
      rules.map((rule) => ({ ...rule, fields: { name: rule.name, ...fields } })),
    );
  }
  expect(await connection.references(fmcObject('web'))).toEqual({
    count: 1,
    users: [{ where: 'access policy edge', key: 'rule 0', field: 'sourceDynamicObjects' }],
  });
  // The object, the unused ones, the policies, and one for each policy.
  expect(callsOf(simulator).reads).toBe(5);
});

test('shows networks and single addresses with a mask as they were typed, and takes them out by that text', async () => {
  fill('web', ['10.1.0.1', '10.1.0.2/32', '10.5.0.0/16', 'FD00:0::1']);
  const members = await connection.observeMembers(fmcObject('web'));
  expect([...members].sort()).toEqual(['10.1.0.1', '10.1.0.2/32', '10.5.0.0/16', 'fd00::1']);
  await apply(change('web', { remove: ['10.1.0.2/32', '10.5.0.0/16'] }));
  expect(held('web')).toEqual(['10.1.0.1', 'FD00:0::1']);
});

test('a manager that rewrites single addresses as networks shows no drift', async () => {
  fill('web', ['10.1.0.1/32', 'fd00::1/128', '10.5.0.0/16']);
  expect([...(await connection.observeMembers(fmcObject('web')))].sort()).toEqual([
    '10.1.0.1',
    '10.5.0.0/16',
    'fd00::1',
  ]);
});

test('a page that is missing, and a count that does not fit, are no list', async () => {
  fill('web', addressesIn(1, 2_500));
  expect(await connection.observeMembers(fmcObject('web'))).toHaveLength(2_500);
  // The count, and each page twice.
  expect(callsOf(simulator).reads).toBe(7);
  simulator.faults.add({
    kind: 'reject',
    status: 500,
    description: 'no page',
    path: 'offset=1000',
    method: 'GET',
  });
  await expect(connection.observeMembers(fmcObject('web'))).rejects.toMatchObject({ code: 'firewall/busy' });
});

test('a member that is there is seen, whatever moves it from page to page meanwhile', async () => {
  fill('web', addressesIn(1, 2_500));
  const { global } = simulator.manager;
  const mappings = global.mappings.get(
    global.table('object/dynamicobjects').named(fmcObject('web').name)!.id,
  )!;
  let calls = 0;
  const takeCall = () => {
    calls += 1;
    // After login, count and first page.
    if (calls === 4 && mappings.delete('10.1.0.5')) mappings.add('10.9.9.9');
    return 0;
  };
  const other = await ciscoFmc.connect({ ...fmcRequest(simulator), takeCall });
  expect([...(await other.observeMembers(fmcObject('web')))].sort()).toEqual([...mappings].sort());
  expect(calls).toBe(2 + 3 * 3);
  await other.close();
});

test('releases before 7.0 have no dynamic objects, and say so', async () => {
  const old = await startFmcSimulator({ version: '6.7' });
  const to = await connectFmc(old, { settings: { version: '7.0' } });
  await to.identity();
  await expect(to.observeObject(fmcObject('web'))).rejects.toMatchObject({ code: 'firewall/unsupported' });
  const [report] = await to.apply([
    { ...change('web', { add: ['10.1.0.1'] }), createWith: { comment: fmcComment('x') } },
  ]);
  expect(report?.created).toMatchObject({ state: 'failed', error: { code: 'firewall/unsupported' } });
  await to.close();
  await old.stop();
});

test.each(['7.0', '7.2.11', '7.4.1', '7.7', '10.0', 'cdfmc'])('works on release %s', async (version) => {
  const other = await startFmcSimulator({ version });
  const to = await connectFmc(other);
  const identity = await to.identity();
  expect(identity.serial).toBe('FMC0SIMULATOR1');
  expect(identity.version.startsWith(version)).toBe(true);
  const object = fmcObject('web');
  const [report] = await to.apply([
    { ...change('web', { add: ['10.1.0.1', 'fd00::1'] }), createWith: { comment: fmcComment(object.name) } },
  ]);
  expect(states(report)).toEqual({ '10.1.0.1': 'done', 'fd00::1': 'done' });
  expect([...(await to.observeMembers(object))].sort()).toEqual(['10.1.0.1', 'fd00::1']);
  const row = other.manager.global.table('object/dynamicobjects').named(object.name);
  expect(row?.fields).toMatchObject({ agentId: 'zonebridge-test', objectType: 'IP' });
  expect(other.manager.global.outOfDate).toBe(false);
  await to.close();
  await other.stop();
});
