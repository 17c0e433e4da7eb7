import { afterEach, describe, expect, test } from 'vitest';
import {
  applyTo,
  commentFor,
  connectTo,
  objectNamed,
} from '../../../../test/support/firewalls/fortigate-connection.ts';
import type { FirewallConnection, ObjectRef } from '../../../core/firewall.ts';
import type { FortigateSimulator, SimulatorOptions } from '../simulator/index.ts';
import { startFortigateSimulator } from '../simulator/index.ts';
import { seedDevice } from '../simulator/seed.ts';

let simulator: FortigateSimulator;
let connection: FirewallConnection;
let object: ObjectRef;

async function start(options: SimulatorOptions = {}, more: Record<string, unknown> = {}): Promise<void> {
  simulator = await startFortigateSimulator(options);
  connection = await connectTo(simulator, more);
  object = objectNamed('shop', 'objects');
}

afterEach(async () => {
  await connection.close();
  await simulator.stop();
});

function members(name: string, table = 'addrgrp'): string[] | undefined {
  const row = simulator.device.vdom('root').table(`firewall/${table}`)?.rows.get(name);
  return row && [...(row.lists.get('member')?.keys() ?? [])];
}
const addressRow = (name: string) => simulator.device.vdom('root').table('firewall/address')?.rows.get(name);
const createWith = () => ({ comment: commentFor(object.name) });

describe('before FortiOS 7.2.0', () => {
  test('the placeholder stands in while a group would be empty', async () => {
    await start({ version: '6.4.14' });
    const { report } = await applyTo(connection, object, { createWith: createWith() });
    expect(report.created).toEqual({ state: 'done' });
    expect(members(object.name)).toEqual(['none']);
    expect(await connection.observeMembers(object)).toEqual([]);
    await applyTo(connection, object, { add: ['10.0.0.1'], expectedCount: 1 });
    expect(members(object.name)).toEqual(['zb-test-10.0.0.1']);
    await applyTo(connection, object, { add: ['10.0.0.2'], remove: ['10.0.0.1'], expectedCount: 1 });
    expect(members(object.name)).toEqual(['zb-test-10.0.0.2']);
    const { states } = await applyTo(connection, object, { remove: ['10.0.0.2'], expectedCount: 0 });
    expect(states).toEqual({ '10.0.0.2': 'done' });
    expect(members(object.name)).toEqual(['none']);
    expect(addressRow('zb-test-10.0.0.2')).toBeUndefined();
  });

  test('the last member goes although the count was wrong', async () => {
    await start({ version: '7.0.12' });
    await applyTo(connection, object, { createWith: createWith(), add: ['10.0.0.1'], expectedCount: 1 });
    const { states } = await applyTo(connection, object, { remove: ['10.0.0.1'], expectedCount: 7 });
    expect(states).toEqual({ '10.0.0.1': 'done' });
    expect(members(object.name)).toEqual(['none']);
  });

  test('a configured version that is too new is corrected by the first refusal', async () => {
    await start({ version: '7.0.12' }, { version: '7.4' });
    const { report } = await applyTo(connection, object, { createWith: createWith() });
    expect(report.created).toEqual({ state: 'done' });
    expect(members(object.name)).toEqual(['none']);
  });
});

describe('large groups', () => {
  const addresses = Array.from({ length: 40 }, (_, index) => `10.9.0.${index}`);

  test('are split into groups of groups, all carrying our mark', async () => {
    await start({}, { groupMembersMax: 10 });
    object = { ...object, sizeHint: 50 };
    const { report, states } = await applyTo(connection, object, {
      createWith: createWith(),
      add: addresses,
      expectedCount: 40,
    });
    expect(report.created).toEqual({ state: 'done' });
    expect(Object.values(states).every((state) => state === 'done')).toBe(true);
    expect(members(object.name)).toHaveLength(8);
    expect([...(await connection.observeMembers(object))].sort()).toEqual([...addresses].sort());
  });

  test.each([
    ['larger', undefined, 50],
    ['smaller', 50, undefined],
  ])('keep every address removable when their limit became %s', async (_, before, after) => {
    await start({}, { groupMembersMax: 10 });
    const sized = (hint: number | undefined) => (hint === undefined ? object : { ...object, sizeHint: hint });
    const few = addresses.slice(0, 6);
    await applyTo(connection, sized(before), { createWith: createWith(), add: few, expectedCount: 6 });
    const now = sized(after);
    await applyTo(connection, now, { add: ['10.9.1.1', few[0]!], expectedCount: 7 });
    expect([...(await connection.observeMembers(now))].sort()).toEqual([...few, '10.9.1.1'].sort());
    expect(Object.fromEntries(await connection.observeSome(now, [few[1]!, '10.9.1.1', '10.9.1.2']))).toEqual({
      [few[1]!]: true,
      '10.9.1.1': true,
      '10.9.1.2': false,
    });
    const gone = [...few, '10.9.1.1'];
    const { states } = await applyTo(connection, now, { remove: gone, expectedCount: 0 });
    expect(states).toEqual(Object.fromEntries(gone.map((address) => [address, 'done'])));
    expect(await connection.observeMembers(now)).toEqual([]);
    for (const address of gone) expect(addressRow(`zb-test-${address}`)).toBeUndefined();
  });
});

describe('what other people do', () => {
  test('an address object of ours that was edited is put right', async () => {
    await start();
    await applyTo(connection, object, { createWith: createWith(), add: ['10.0.0.1'], expectedCount: 1 });
    simulator.device
      .vdom('root')
      .table('firewall/address')
      ?.update('zb-test-10.0.0.1', { subnet: '10.0.0.0 255.0.0.0' });
    expect(await connection.observeMembers(object)).toEqual(['edited:10.0.0.1']);
    expect(await connection.observeSome(object, ['10.0.0.1'])).toEqual(new Map([['10.0.0.1', false]]));
    const { states } = await applyTo(connection, object, { add: ['10.0.0.1'], expectedCount: 1 });
    expect(states).toEqual({ '10.0.0.1': 'done' });
    expect(await connection.observeMembers(object)).toEqual(['10.0.0.1']);
  });

  test('a foreign address object with our name is neither used nor deleted', async () => {
    await start();
    const row = { name: 'zb-test-10.0.0.1', subnet: '10.0.0.1 255.255.255.255', comment: 'mine' };
    seedDevice(simulator.device, { rows: { 'firewall/address': [row] } });
    const { states } = await applyTo(connection, object, {
      createWith: createWith(),
      add: ['10.0.0.1'],
      expectedCount: 1,
    });
    expect(states).toEqual({ '10.0.0.1': 'firewall/object-foreign' });
    expect(members(object.name)).toEqual([]);
    await applyTo(connection, object, { remove: ['10.0.0.1'], expectedCount: 0 });
    expect(addressRow('zb-test-10.0.0.1')).toBeDefined();
  });

  test('an address object that a person uses elsewhere stays', async () => {
    await start();
    await applyTo(connection, object, { createWith: createWith(), add: ['10.0.0.1'], expectedCount: 1 });
    const theirs = { name: 'theirs', member: [{ name: 'zb-test-10.0.0.1' }] };
    seedDevice(simulator.device, { rows: { 'firewall/addrgrp': [theirs] } });
    const { states } = await applyTo(connection, object, { remove: ['10.0.0.1'], expectedCount: 0 });
    expect(states).toEqual({ '10.0.0.1': 'done' });
    expect(members(object.name)).toEqual([]);
    expect(members('theirs')).toEqual(['zb-test-10.0.0.1']);
  });

  test('a foreign IPv6 group of our name makes the pair foreign, and is not written to', async () => {
    await start();
    await applyTo(connection, object, { createWith: createWith(), add: ['10.0.0.1'], expectedCount: 1 });
    seedDevice(simulator.device, { rows: { 'firewall/addrgrp6': [{ name: object.name, comment: 'mine' }] } });
    const { states } = await applyTo(connection, object, { add: ['fd00::1'], expectedCount: 2 });
    expect(states).toEqual({ 'fd00::1': 'firewall/object-foreign' });
    expect(await connection.observeObject(object)).toEqual({ exists: true, comment: 'mine' });
    expect(members(object.name, 'addrgrp6')).toEqual([]);
    expect(await connection.observeMembers(object)).toEqual(['10.0.0.1']);
  });

  test('an offered group is filled, its IPv6 sibling only when it is offered, too', async () => {
    await start();
    const offered = { ...object, name: 'Web', create: 'offered' } as const;
    const comment = 'zonebridge:offer:shop';
    seedDevice(simulator.device, { rows: { 'firewall/addrgrp': [{ name: 'Web', comment }] } });
    const first = await applyTo(connection, offered, { add: ['10.0.0.1', 'fd00::1'], expectedCount: 2 });
    expect(first.states).toEqual({ '10.0.0.1': 'done', 'fd00::1': 'firewall/object-missing' });
    seedDevice(simulator.device, { rows: { 'firewall/addrgrp6': [{ name: 'Web', comment }] } });
    const second = await applyTo(connection, offered, { add: ['fd00::1'], expectedCount: 2 });
    expect(second.states).toEqual({ 'fd00::1': 'done' });
    expect([...(await connection.observeMembers(offered))].sort()).toEqual(['10.0.0.1', 'fd00::1']);
  });

  test('a group that is gone is reported, not made behind the back of the plan', async () => {
    await start();
    const { states } = await applyTo(connection, object, { add: ['10.0.0.1'], expectedCount: 1 });
    expect(states).toEqual({ '10.0.0.1': 'firewall/object-missing' });
    await expect(connection.observeMembers(object)).rejects.toMatchObject({
      code: 'firewall/object-missing',
    });
  });
});

test('an address object that vanished between two calls is made again', async () => {
  await start({ behaviour: { unknownReference: -651 } });
  await applyTo(connection, object, { createWith: createWith() });
  simulator.faults.add({ kind: 'reject', error: -651, method: 'POST', path: '/member', times: 1 });
  const { states } = await applyTo(connection, object, { add: ['10.0.0.1'], expectedCount: 1 });
  expect(states).toEqual({ '10.0.0.1': 'done' });
  expect(members(object.name)).toEqual(['zb-test-10.0.0.1']);
});

test('a listing that loses a page is an error, not an empty group', async () => {
  await start({ limits: { groupMembers: 5_000 } });
  const many = Array.from({ length: 1_500 }, (_, index) => ({
    name: `zb-test-10.8.${index >> 8}.${index & 255}`,
    subnet: `10.8.${index >> 8}.${index & 255} 255.255.255.255`,
  }));
  const group = {
    name: object.name,
    comment: commentFor(object.name),
    member: many.map(({ name }) => ({ name })),
  };
  seedDevice(simulator.device, { rows: { 'firewall/address': many, 'firewall/addrgrp': [group] } });
  simulator.faults.add({ kind: 'server-error', path: 'start=1000' });
  await expect(connection.observeMembers(object)).rejects.toMatchObject({
    code: 'firewall/unexpected-answer',
  });
  simulator.faults.remove();
  expect(await connection.observeMembers(object)).toHaveLength(1_500);
});

test('a list of address objects that lacks a member of ours is an error, not a stranger', async () => {
  await start();
  await applyTo(connection, object, { createWith: createWith() });
  // The table as it was before: an answer of another moment, or without the right to see it all.
  simulator.faults.add({ kind: 'stale', path: 'firewall/address6?.*filter' });
  await applyTo(connection, object, { add: ['10.0.0.1', 'fd00::1'], expectedCount: 2 });
  await expect(connection.observeMembers(object)).rejects.toMatchObject({
    code: 'firewall/unexpected-answer',
  });
  simulator.faults.remove();
  expect([...(await connection.observeMembers(object))].sort()).toEqual(['10.0.0.1', 'fd00::1']);
});

test('a table that changes between two pages is read anew', async () => {
  await start({ limits: { groupMembers: 5_000 } });
  const many = Array.from({ length: 1_500 }, (_, index) => `10.8.${index >> 8}.${index & 255}`);
  const rows = many.map((address) => ({
    name: `zb-test-${address}`,
    subnet: `${address} 255.255.255.255`,
  }));
  const member = rows.slice(1).map(({ name }) => ({ name }));
  const group = { name: object.name, comment: commentFor(object.name), member };
  seedDevice(simulator.device, { rows: { 'firewall/address': rows, 'firewall/addrgrp': [group] } });
  // The first row, which no group holds, leaves: the row behind the border moves into the first page.
  simulator.faults.add({ kind: 'delay', milliseconds: 300, path: 'start=1000', times: 1 });
  const reading = connection.observeMembers(object);
  setTimeout(() => simulator.device.vdom('root').table('firewall/address')?.delete('zb-test-10.8.0.0'), 150);
  expect([...(await reading)].sort()).toEqual(many.slice(1).sort());
});

test.each([
  ['was done', 'drop-after-commit', { '10.0.0.1': 'done' }, false],
  ['was not done', 'drop', { '10.0.0.1': 'firewall/busy' }, true],
])('the deletion of an address object whose reply is lost and %s', async (_, kind, states, left) => {
  await start();
  await applyTo(connection, object, { createWith: createWith(), add: ['10.0.0.1'], expectedCount: 1 });
  simulator.faults.add({ kind, method: 'DELETE', path: 'firewall/address/', times: 1 });
  const first = await applyTo(connection, object, { remove: ['10.0.0.1'], expectedCount: 0 });
  expect(first.states).toEqual(states);
  expect(addressRow('zb-test-10.0.0.1') !== undefined).toBe(left);
  await applyTo(connection, object, { remove: ['10.0.0.1'], expectedCount: 0 });
  expect(addressRow('zb-test-10.0.0.1')).toBeUndefined();
});

describe('a group that a person made leave something out', () => {
  const shards = { groupMembersMax: 10 };
  const leaveOut = (name: string, excluded: string[], table = 'addrgrp') =>
    simulator.device
      .vdom('root')
      .table(`firewall/${table}`)
      ?.update(name, {
        exclude: 'enable',
        'exclude-member': excluded.map((one) => ({ name: one })),
      });
  const groupRow = (name: string, table = 'addrgrp') =>
    simulator.device.vdom('root').table(`firewall/${table}`)?.rows.get(name);
  const leftOut = (name: string, table = 'addrgrp') => [
    ...(groupRow(name, table)?.lists.get('exclude-member')?.keys() ?? []),
  ];

  test('shows it, and matches everything again when that leaves', async () => {
    await start();
    await applyTo(connection, object, { createWith: createWith(), add: ['10.0.0.1', '10.0.0.2', 'fd00::1'] });
    seedDevice(simulator.device, {
      rows: { 'firewall/address': [{ name: 'office net', subnet: '10.0.0.0 255.255.255.0' }] },
    });
    leaveOut(object.name, ['office net', 'zb-test-10.0.0.2']);
    leaveOut(object.name, ['zb-test-fd00-0-0-0-0-0-0-1'], 'addrgrp6');
    const strange = [
      'without:office%20net',
      'without:zb-test-10.0.0.2',
      'without6:zb-test-fd00-0-0-0-0-0-0-1',
    ];
    const members = ['10.0.0.1', '10.0.0.2', 'fd00::1'];
    expect([...(await connection.observeMembers(object))].sort()).toEqual([...members, ...strange].sort());
    const first = await applyTo(connection, object, { remove: strange.slice(0, 1), expectedCount: 5 });
    expect(first.states).toEqual({ [strange[0]!]: 'done' });
    expect(leftOut(object.name)).toEqual(['zb-test-10.0.0.2']);
    await applyTo(connection, object, { remove: strange, expectedCount: 3 });
    expect([...(await connection.observeMembers(object))].sort()).toEqual(members);
    expect([leftOut(object.name), leftOut(object.name, 'addrgrp6')]).toEqual([[], []]);
    expect(groupRow(object.name)?.values.get('exclude') ?? 'disable').toBe('disable');
  });

  test('in its shards, too', async () => {
    await start();
    await connection.close();
    connection = await connectTo(simulator, shards);
    const large = { ...object, sizeHint: 50 };
    await applyTo(connection, large, { createWith: createWith(), add: ['10.0.0.1', '10.0.0.2'] });
    const [shard = ''] = members(object.name) ?? [];
    leaveOut(shard, ['zb-test-10.0.0.1']);
    expect([...(await connection.observeMembers(large))].sort()).toContain('without:zb-test-10.0.0.1');
    await applyTo(connection, large, { remove: ['without:zb-test-10.0.0.1'], expectedCount: 2 });
    expect(leftOut(shard)).toEqual([]);
  });

  test('an IPv6 group of a version that leaves nothing out is read as before', async () => {
    await start({ version: '7.2.8' });
    await applyTo(connection, object, { createWith: createWith(), add: ['fd00::1'] });
    expect(await connection.observeMembers(object)).toEqual(['fd00::1']);
  });
});
