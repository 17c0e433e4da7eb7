import { afterEach, describe, expect, test } from 'vitest';
import {
  applyTo,
  commentFor,
  connectTo,
  objectNamed,
} from '../../../../test/support/firewalls/fortimanager-connection.ts';
import { addressName } from '../names.ts';
import { enforcedAddresses } from '../simulator/enforced.ts';
import { type FortimanagerSimulator, startFortimanagerSimulator } from '../simulator/index.ts';
import { mappingsOf } from '../simulator/mappings.ts';
import type { JsonObject } from '../simulator/refusal.ts';

const object = objectNamed('web', 'objects');
const person = { session: '', user: 'alice', locking: false };

let simulator: FortimanagerSimulator;
afterEach(async () => await simulator.stop());

const adom = () => simulator.manager.adom('root');
const named = (address: string): string => addressName('test', address);

/** A row of the ADOM as a person saves and installs it. */
function put(path: string, key: string, change: (row: JsonObject) => JsonObject): void {
  const row = change(adom().rows(path).get(key) ?? { name: key });
  adom().change(path, new Map([[key, row]]), person);
  for (const device of adom().devices) adom().install(device, [`${path}/${key}`]);
  adom().pending.clear();
}

const leavingOut = (...names: string[]) => ({ exclude: 'enable', 'exclude-member': names });

function enforced(): string[] | undefined {
  const places = { adom: 'root', connector: 'zonebridge' };
  return enforcedAddresses(simulator.manager, places, { channel: 'objects', name: object.name })?.sort();
}

describe('a group that a person made leave something out', () => {
  test('shows it, and matches everything again when that leaves', async () => {
    simulator = await startFortimanagerSimulator({ workspace: 'normal' });
    const connection = await connectTo(simulator, {});
    const members = ['10.0.0.1', '10.0.0.2', 'fd00::1'];
    const createWith = { comment: commentFor(object.name) };
    await applyTo(connection, object, { createWith, add: members, expectedCount: 3 });
    put('firewall/address', 'office net', () => ({
      name: 'office net',
      subnet: ['10.0.0.0', '255.255.255.0'],
    }));
    put('firewall/addrgrp', object.name, (row) => ({
      ...row,
      ...leavingOut('office net', named('10.0.0.2')),
    }));
    put('firewall/addrgrp6', object.name, (row) => ({ ...row, ...leavingOut(named('fd00::1')) }));
    expect(enforced()).toEqual(['10.0.0.1']);
    const strange = [
      'without:office net',
      `without:${named('10.0.0.2')}`,
      `without6:${named('fd00::1')}`,
    ] as const;
    expect([...(await connection.observeMembers(object))].sort()).toEqual([...members, ...strange].sort());
    const one = { remove: strange.slice(0, 1), expectedCount: 5 };
    expect((await applyTo(connection, object, one)).states).toEqual({ [strange[0]]: 'done' });
    expect(adom().rows('firewall/addrgrp').get(object.name)).toMatchObject(leavingOut(named('10.0.0.2')));
    const rest = { remove: [...strange, '10.0.0.1'], expectedCount: 2 };
    expect(new Set(Object.values((await applyTo(connection, object, rest)).states))).toEqual(
      new Set(['done']),
    );
    expect(await connection.observeMembers(object)).toEqual(['10.0.0.2', 'fd00::1']);
    expect(enforced()).toEqual(['10.0.0.2', 'fd00::1']);
    for (const path of ['firewall/addrgrp', 'firewall/addrgrp6'])
      expect(adom().rows(path).get(object.name)).toMatchObject({ exclude: 'disable', 'exclude-member': [] });
  });

  test('in its mapping for a device, too', async () => {
    simulator = await startFortimanagerSimulator({ workspace: 'normal', devices: ['fgt-fra'] });
    const connection = await connectTo(simulator, { install: 'partial', device: { name: 'fgt-fra' } });
    const createWith = { comment: commentFor(object.name, 'root/fgt-fra/root') };
    await applyTo(connection, object, { createWith, add: ['10.0.0.1', '10.0.0.2'], expectedCount: 2 });
    put('firewall/addrgrp', object.name, (row) => ({
      ...row,
      dynamic_mapping: mappingsOf(row).map((one) => ({ ...one, ...leavingOut(named('10.0.0.2')) })),
    }));
    expect(enforced()).toEqual(['10.0.0.1']);
    const left = `without:${named('10.0.0.2')}`;
    expect(await connection.observeMembers(object)).toEqual([left, '10.0.0.1', '10.0.0.2']);
    expect((await applyTo(connection, object, { remove: [left], expectedCount: 2 })).states).toEqual({
      [left]: 'done',
    });
    expect(enforced()).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(await connection.observeMembers(object)).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  test.each(['enable', 1])(
    'but does not tell what (exclude: %j): it is not known what it matches',
    async (exclude) => {
      simulator = await startFortimanagerSimulator({ workspace: 'normal' });
      const connection = await connectTo(simulator, {});
      const createWith = { comment: commentFor(object.name) };
      await applyTo(connection, object, { createWith, add: ['10.0.0.1'], expectedCount: 1 });
      put('firewall/addrgrp', object.name, (row) => ({ ...row, exclude, 'exclude-member': null }));
      await expect(connection.observeMembers(object)).rejects.toMatchObject({
        code: 'firewall/unexpected-answer',
        message: expect.stringContaining('exclude-member'),
      });
    },
  );
});
