import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  applyTo,
  commentFor,
  connectTo,
  objectNamed,
} from '../../../../test/support/firewalls/fortigate-connection.ts';
import type { FirewallConnection } from '../../../core/firewall.ts';
import { enforcedAddresses } from '../simulator/enforced.ts';
import { type FortigateSimulator, startFortigateSimulator } from '../simulator/index.ts';

/** A large group whose making stopped in the middle: a shard takes members as soon as it is there, and matches nothing until the group holds it. */

const object = { ...objectNamed('shop', 'objects'), sizeHint: 50 };
const four = Array.from({ length: 12 }, (_, index) => `10.9.0.${index}`);
const six = Array.from({ length: 8 }, (_, index) => `fd00::${index + 1}`);

let simulator: FortigateSimulator;
let connection: FirewallConnection;
beforeEach(async () => {
  simulator = await startFortigateSimulator();
  connection = await again();
});
afterEach(async () => {
  await connection.close();
  await simulator.stop();
});

const again = async (): Promise<FirewallConnection> => await connectTo(simulator, { groupMembersMax: 10 });
const enforced = () => enforcedAddresses(simulator.device, 'objects', object.name) ?? [];
const createWith = { comment: commentFor(object.name) };

/** The group of IPv6 is not there, all of its shards are. */
async function withoutGroup(): Promise<void> {
  await applyTo(connection, object, { createWith, add: four.slice(0, 1), expectedCount: 1 });
  simulator.faults.add({ kind: 'drop', method: 'POST', path: String.raw`addrgrp6\?`, after: 8, times: 1 });
  const first = await applyTo(connection, object, { add: six.slice(0, 1), expectedCount: 2 });
  expect(first.states).toEqual({ [six[0]!]: 'unknown' });
}

/** The group grew into two shards, of which it holds the first. */
const grown = { ...object, sizeHint: 12 };
async function withoutLink(): Promise<void> {
  const small = { ...object, sizeHint: 5 };
  await applyTo(connection, small, { createWith, add: four.slice(0, 1), expectedCount: 1 });
  simulator.faults.add({
    kind: 'drop',
    method: 'POST',
    path: 'addrgrp/zb-test.shop/member',
    after: 1,
    times: 1,
  });
  const first = await applyTo(connection, grown, { add: four.slice(1, 2), expectedCount: 2 });
  expect(first.states).toEqual({ [four[1]!]: 'unknown' });
}

describe.each([
  ['the same run', async () => await Promise.resolve()],
  [
    'the next process',
    async () => {
      await connection.close();
      connection = await again();
    },
  ],
])('%s', (_, begin) => {
  test('makes the IPv6 group that its shards lack', async () => {
    await withoutGroup();
    await begin();
    await applyTo(connection, object, { add: six, expectedCount: 9 });
    expect(enforced().sort()).toEqual([four[0]!, ...six].sort());
  });

  test('lets the group hold the shard that was made for it', async () => {
    await withoutLink();
    await begin();
    const { states } = await applyTo(connection, grown, { add: four, expectedCount: 12 });
    expect(new Set(Object.values(states))).toEqual(new Set(['done']));
    expect([...new Set(enforced())].sort()).toEqual([...four].sort());
  });
});

test('a member of a shard that the group does not hold is not read back as one', async () => {
  await withoutLink();
  const root = simulator.device.vdom('root');
  // As a process leaves it that ends here: the addresses are in the shard, and the group does not know of it.
  const late = four.slice(2);
  for (const address of late) {
    const name = `zb-test-${address}`;
    root.table('firewall/address')?.create({ name, subnet: `${address} 255.255.255.255` });
    for (const shard of ['_2_0', '_2_1'])
      root.table('firewall/addrgrp')?.addLink(object.name + shard, 'member', { name });
  }
  root.table('firewall/addrgrp')?.removeLink(object.name, 'member', `${object.name}_2_0`);
  const back = await connection.observeSome(grown, late);
  expect(enforced()).toEqual([four[0]]);
  expect(new Set(back.values())).toEqual(new Set([false]));
});

test('a deletion that stopped in the middle is ended by the next', async () => {
  await applyTo(connection, object, { createWith, add: ['fd00::1'], expectedCount: 1 });
  await applyTo(connection, object, { remove: ['fd00::1'], expectedCount: 0 });
  simulator.faults.add({ kind: 'drop', method: 'DELETE', path: '_8_3', times: 1 });
  await expect(connection.deleteObject(object)).rejects.toMatchObject({ code: 'firewall/outcome-unknown' });
  simulator.faults.add({ kind: 'drop', method: 'DELETE', path: 'addrgrp/.*_8_0', times: 1 });
  await expect(connection.deleteObject(object)).rejects.toMatchObject({ code: 'firewall/outcome-unknown' });
  await connection.deleteObject(object);
  const root = simulator.device.vdom('root');
  expect(['addrgrp', 'addrgrp6'].map((table) => root.table(`firewall/${table}`)?.rows.size)).toEqual([0, 0]);
});
