import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask, logInTo } from '../../../../test/support/firewalls/fortimanager-session.ts';
import { type FortimanagerSimulator, startFortimanagerSimulator } from './index.ts';

const objects = '/pm/config/adom/root/obj';
const policies = '/pm/config/adom/root/pkg/branch/firewall/policy';
const locked = 'Workspace is locked by other user';

let simulator: FortimanagerSimulator;
beforeEach(async () => {
  simulator = await startFortimanagerSimulator({ workspace: 'normal', devices: ['fgt-1', 'fgt-2'] });
  const admin = { session: '', user: 'admin', locking: false };
  const rows = (path: string, ...all: [string, Record<string, string | string[]>][]) =>
    simulator.manager.adom('root').change(path, new Map(all), admin);
  rows('firewall/address', ['web', { name: 'web' }], ['db', { name: 'db' }]);
  rows('pkg/branch/firewall/policy', ['1', { policyid: '1' }], ['2', { policyid: '2' }]);
  rows('pkg/other/firewall/policy', ['1', { policyid: '1' }]);
});
afterEach(async () => await simulator.stop());

const logIn = async () => await logInTo(simulator);

const ok = { status: { code: 0 } };
const refused = { status: { message: locked } };

describe('locks below the ADOM', () => {
  test('a package: its policies are open to its session, everything else is not', async () => {
    const [alice, bob] = [await logIn(), await logIn()];
    expect(await alice.workspace('lock/pkg/branch')).toMatchObject(ok);
    expect(await alice.code('update', `${policies}/1`, { name: 'mine' })).toBe(0);
    expect(
      await alice.code('update', '/pm/config/adom/root/pkg/other/firewall/policy/1', { name: 'x' }),
    ).toBe(-10147);
    expect(await alice.code('update', `${objects}/firewall/address/web`, { comment: 'x' })).toBe(-10147);
    expect(await bob.code('update', `${policies}/1`, { name: 'theirs' })).toBe(-10147);
    expect(await bob.workspace('lock/pkg/branch')).toMatchObject(refused);
    expect(await bob.workspace('lock/pkg/branch/firewall/policy/1')).toMatchObject(refused);
    expect(await bob.workspace('lock/pkg/other')).toMatchObject(ok);
  });

  test('keeps others from locking the ADOM, and is not told with its state', async () => {
    const [alice, bob] = [await logIn(), await logIn()];
    await alice.workspace('lock/pkg/branch');
    expect(await bob.info()).toBeUndefined();
    expect(await bob.workspace('lock')).toMatchObject(refused);
    expect(await bob.info('/pkg/branch')).toMatchObject([
      { lock_user: 'zonebridge', obj_url: 'branch', type: 2 },
    ]);
    expect(await bob.info('/pkg/other')).toBeUndefined();
    await alice.workspace('unlock/pkg/branch');
    expect(await bob.workspace('lock')).toMatchObject(ok);
    expect(await alice.workspace('lock/pkg/branch')).toMatchObject(refused);
  });

  test('an object needs a package or policy of the same session first, and is open alone', async () => {
    const [alice, bob] = [await logIn(), await logIn()];
    expect(await alice.workspace('lock/obj/firewall/address/web')).toMatchObject({
      status: { code: -10147 },
    });
    await alice.workspace('lock/pkg/branch/firewall/policy/1');
    expect(await alice.workspace('lock/obj/firewall/address/web')).toMatchObject(ok);
    expect(await alice.code('update', `${objects}/firewall/address/web`, { comment: 'mine' })).toBe(0);
    expect(await alice.code('update', `${objects}/firewall/address/db`, { comment: 'x' })).toBe(-10147);
    expect(await alice.code('update', `${policies}/2`, { name: 'x' })).toBe(-10147);
    await bob.workspace('lock/pkg/branch/firewall/policy/2');
    expect(await bob.workspace('lock/obj/firewall/address/web')).toMatchObject(refused);
    expect(await bob.workspace('lock/pkg/branch')).toMatchObject(refused);
  });

  test('two sessions save their own rows of one table, and nothing of each other', async () => {
    const [alice, bob] = [await logIn(), await logIn()];
    const web = `${objects}/firewall/address/web`;
    const db = `${objects}/firewall/address/db`;
    for (const [one, pkg, object] of [
      [alice, 'branch', 'web'],
      [bob, 'other', 'db'],
    ] as const) {
      await one.workspace(`lock/pkg/${pkg}`);
      await one.workspace(`lock/obj/firewall/address/${object}`);
    }
    await alice.code('update', web, { comment: 'by alice' });
    await bob.code('update', db, { comment: 'by bob' });
    expect([await alice.dirty(), await bob.dirty()]).toEqual([{ dirty: 1 }, { dirty: 1 }]);
    expect((await bob.say('get', web)).data).not.toMatchObject({ comment: 'by alice' });
    expect(await alice.workspace('commit/pkg/branch')).toMatchObject(ok);
    expect([await alice.dirty(), await bob.dirty()]).toEqual([{ dirty: 0 }, { dirty: 1 }]);
    expect((await bob.say('get', web)).data).toMatchObject({ comment: 'by alice' });
    expect((await bob.say('get', db)).data).toMatchObject({ comment: 'by bob' });
    expect((await alice.say('get', db)).data).not.toMatchObject({ comment: 'by bob' });
    await bob.workspace('commit/pkg/other');
    expect((await alice.say('get', db)).data).toMatchObject({ comment: 'by bob' });
    expect((await alice.say('get', web)).data).toMatchObject({ comment: 'by alice' });
  });

  test('what was not saved is lost with the lock, or with the session', async () => {
    const [alice, bob] = [await logIn(), await logIn()];
    const nameOf = async () => (await bob.say('get', `${policies}/1`)).data;
    await alice.workspace('lock/pkg/branch');
    await alice.code('update', `${policies}/1`, { name: 'lost' });
    await alice.workspace('unlock/pkg/branch');
    await alice.workspace('lock/pkg/branch');
    await alice.workspace('commit/pkg/branch');
    expect(await nameOf()).not.toHaveProperty('name');
    await alice.code('update', `${policies}/1`, { name: 'lost, too' });
    await alice.code('exec', '/sys/logout');
    expect(await bob.workspace('lock')).toMatchObject(ok);
    await bob.workspace('commit');
    expect(await nameOf()).not.toHaveProperty('name');
  });

  test('a device, and what is not there', async () => {
    const [alice, bob] = [await logIn(), await logIn()];
    expect(await alice.workspace('lock/dev/fgt-1')).toMatchObject(ok);
    expect(await bob.workspace('lock/dev/fgt-1')).toMatchObject(refused);
    expect(await bob.workspace('lock/dev/fgt-2')).toMatchObject(ok);
    expect(await bob.workspace('lock')).toMatchObject(refused);
    for (const place of ['dev/fgt-9', 'pkg/nowhere', 'obj/firewall', 'zone/x'])
      expect(await alice.workspace(`lock/${place}`), place).toMatchObject({ status: { code: -6 } });
    expect(await alice.workspace('commit/obj/firewall/address/web')).toMatchObject(refused);
  });

  test('who locks the whole ADOM gives up the locks of its parts', async () => {
    const [alice, bob] = [await logIn(), await logIn()];
    await alice.workspace('lock/pkg/branch');
    await alice.code('update', `${policies}/1`, { name: 'kept' });
    expect(await alice.workspace('lock')).toMatchObject(ok);
    expect(await alice.workspace('commit')).toMatchObject(ok);
    await alice.workspace('unlock');
    expect(await bob.workspace('lock/pkg/branch')).toMatchObject(ok);
    expect((await bob.say('get', `${policies}/1`)).data).toMatchObject({ name: 'kept' });
  });
});

describe('the user of a key', () => {
  const params = [{ url: '/sys/status' }];

  test.each([
    ['7.6.6', 'somebody', 0],
    ['7.6.7', 'somebody', -11],
    ['7.6.7', 'zonebridge-api', 0],
  ])('in a header, version %s, %s', async (version, user, code) => {
    simulator.manager.settings.version = version;
    const headers = { authorization: `Bearer ${simulator.apiKey}`, access_user: user };
    expect((await ask(simulator, { method: 'get', params }, headers)).status.code).toBe(code);
  });
});

test('normalized interfaces have rows and mappings, and policies name those that are there', async () => {
  simulator.manager.settings.workspace = 'disabled';
  const admin = await logIn();
  const inside = `${objects}/dynamic/interface`;
  expect(
    await admin.code('add', inside, { name: 'inside', 'default-mapping': 'enable', 'defmap-intf': 'port2' }),
  ).toBe(0);
  const mapping = { _scope: [{ name: 'fgt-2', vdom: 'root' }], 'local-intf': ['port7'] };
  expect(await admin.code('add', `${inside}/inside/dynamic_mapping`, mapping)).toBe(0);
  expect((await admin.say('get', `${inside}/inside/dynamic_mapping/fgt-2/root`)).data).toEqual(mapping);
  expect(await admin.code('update', `${policies}/1`, { srcintf: ['inside'], dstintf: ['any'] })).toBe(0);
  expect(await admin.code('update', `${policies}/2`, { srcintf: ['outside'] })).toBe(-10131);
  expect(await admin.code('delete', `${inside}/inside`)).toBe(-10015);
  const data = { adom: 'root', pkg: 'branch', flags: ['none'] };
  await admin.say('exec', '/securityconsole/install/package', data);
  simulator.manager.tasks.finishAll();
  const [first, second] = simulator.manager.adom('root').devices;
  const on = (device: typeof first) => device?.tables.get('pkg/branch/firewall/policy')?.get('1');
  expect([on(first), on(second)]).toMatchObject([
    { srcintf: ['port2'], dstintf: ['any'] },
    { srcintf: ['port7'], dstintf: ['any'] },
  ]);
  expect(simulator.manager.adom('root').pendingOn(first!)).toEqual([]);
  await admin.code('update', `${inside}/inside`, { 'defmap-intf': 'port3' });
  expect(simulator.manager.adom('root').pendingOn(first!)).toEqual(['pkg/branch/firewall/policy/1']);
  expect(simulator.manager.adom('root').pendingOn(second!)).toEqual([]);
});

test('a policy with an interface that a device has none for is not installed there', async () => {
  simulator.manager.settings.workspace = 'disabled';
  const admin = await logIn();
  await admin.say('add', `${objects}/dynamic/interface`, { name: 'inside' });
  const mapping = { _scope: [{ name: 'fgt-2', vdom: 'root' }], 'local-intf': ['port7'] };
  await admin.say('add', `${objects}/dynamic/interface/inside/dynamic_mapping`, mapping);
  await admin.say('update', `${policies}/1`, { srcintf: ['inside'] });
  const data = { adom: 'root', pkg: 'branch', flags: ['none'] };
  const begun = await admin.say('exec', '/securityconsole/install/package', data);
  const { task } = begun.data as { task: number };
  simulator.manager.tasks.finishAll();
  expect((await admin.say('get', `/task/task/${task}`)).data).toMatchObject({
    num_err: 1,
    line: [
      { name: 'fgt-1', err: 1, detail: expect.stringContaining('inside') },
      { name: 'fgt-2', err: 0 },
    ],
  });
  const [first] = simulator.manager.adom('root').devices;
  expect(first?.tables.get('pkg/branch/firewall/policy')?.has('1') ?? false).toBe(false);
});

test('a group takes 600 members, its own and in each mapping; one of IPv6 more', async () => {
  simulator.manager.settings.workspace = 'disabled';
  const admin = await logIn();
  const names = Array.from({ length: 601 }, (_, index) => `a${index}`);
  for (const table of ['address', 'address6'])
    expect(
      await admin.code(
        'add',
        `${objects}/firewall/${table}`,
        names.map((name) => ({ name })),
      ),
    ).toBe(0);
  const most = names.slice(0, 600);
  const group = `${objects}/firewall/addrgrp`;
  expect(await admin.say('add', group, { name: 'g', member: names })).toMatchObject({
    status: { code: -1, message: expect.stringMatching(/Maximum number/) },
  });
  expect(await admin.code('add', group, { name: 'g', member: most })).toBe(0);
  expect(await admin.code('add', `${group}/g/member`, ['a600'])).toBe(-1);
  const scope = [{ name: 'fgt-1', vdom: 'root' }];
  expect(await admin.code('add', `${group}/g/dynamic_mapping`, { _scope: scope, member: names })).toBe(-1);
  expect(await admin.code('add', `${group}/g/dynamic_mapping`, { _scope: scope, member: most })).toBe(0);
  expect(await admin.code('add', `${objects}/firewall/addrgrp6`, { name: 'g', member: names })).toBe(0);
});
