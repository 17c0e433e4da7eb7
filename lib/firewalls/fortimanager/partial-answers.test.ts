import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  applyTo,
  commentFor,
  connectTo,
  objectNamed,
} from '../../../test/support/firewalls/fortimanager-connection.ts';
import { type FortimanagerSimulator, startFortimanagerSimulator } from './simulator/index.ts';

/** Answers that are a success and hold less than there is: none of them may take anything off. */

const person = { session: '', user: 'alice', locking: false };

let simulator: FortimanagerSimulator;
beforeEach(async () => {
  simulator = await startFortimanagerSimulator();
});
afterEach(async () => await simulator.stop());

const unexpected = { code: 'firewall/unexpected-answer' };

async function made(channel: string, addresses: readonly string[]) {
  const object = objectNamed('web', channel);
  const connection = await connectTo(simulator);
  const createWith = { comment: commentFor(object.name) };
  await applyTo(connection, object, { createWith, add: addresses, expectedCount: addresses.length });
  return { object, connection };
}

test.each([
  ['with fewer rows', { keep: 1 }, '10.1.0.'],
  ['without rows', { keep: 0 }, 'fd00::'],
  ['without data', {}, '10.1.0.'],
])('a list of address objects %s does not make our own addresses strangers', async (_, how, start) => {
  const { object, connection } = await made('objects', [`${start}1`, `${start}2`]);
  const url = start.startsWith('fd') ? 'firewall/address6' : 'firewall/address';
  simulator.faults.add({ kind: 'cut', url, ...how });
  await expect(connection.observeMembers(object)).rejects.toMatchObject(unexpected);
  await expect(connection.observeSome(object, [`${start}2`])).rejects.toMatchObject(unexpected);
});

test('an IPv6 object that a person made a range is no member, whatever prefix it kept', async () => {
  const { object, connection } = await made('objects', ['fd00::1']);
  const adom = simulator.manager.adom('root');
  const [[name, row] = ['', {}]] = [...adom.rows('firewall/address6')];
  const range = { ...row, type: 'iprange', 'start-ip': 'fd00::1', 'end-ip': 'fd00::ff' };
  adom.change('firewall/address6', new Map([[name, range]]), person);
  expect(await connection.observeMembers(object)).toEqual(['edited:fd00::1']);
  await applyTo(connection, object, { add: ['fd00::1'], expectedCount: 1 });
  expect(adom.rows('firewall/address6').get(name)).toMatchObject({ type: 'ipprefix', ip6: 'fd00::1/128' });
});

test('a tag whose addresses did not come is not an empty one', async () => {
  const { object, connection } = await made('tags', ['10.1.0.1']);
  simulator.faults.add({ kind: 'cut', url: 'connector/get/user' });
  await expect(connection.observeMembers(object)).rejects.toMatchObject(unexpected);
  await expect(connection.observeSome(object, ['10.1.0.1'])).rejects.toMatchObject(unexpected);
});

test('the list of tags that did not come does not hide a renamed one', async () => {
  const { object, connection } = await made('tags', ['10.1.0.1']);
  simulator.faults.add({ kind: 'cut', url: 'user/adgrp' });
  await expect(connection.listObjects?.(object)).rejects.toMatchObject(unexpected);
});

test('a file is not deleted when the list of those who fetch it did not come', async () => {
  const { object, connection } = await made('feed', ['10.1.0.1']);
  simulator.faults.add({ kind: 'cut', url: 'system/external-resource' });
  await expect(connection.deleteObject(object)).rejects.toMatchObject(unexpected);
  expect(simulator.manager.files.size).toBe(1);
});

test('a tag that a rule uses is not emptied when the search for its uses says less than it counted', async () => {
  const { object, connection } = await made('tags', ['10.1.0.1']);
  const adom = simulator.manager.adom('root');
  const tag = `js_zonebridge_${object.name}`;
  adom.change('pkg/branch/firewall/policy', new Map([['1', { policyid: 1, 'fsso-groups': [tag] }]]), person);
  simulator.manager.settings.behaviour.whereUsed = 'counted';
  await expect(connection.deleteObject(object)).rejects.toMatchObject(unexpected);
  simulator.manager.settings.behaviour.whereUsed = 'silent';
  await expect(connection.deleteObject(object)).rejects.toMatchObject(unexpected);
  expect([...(adom.tags.get(tag) ?? [])]).toEqual(['10.1.0.1']);
});
