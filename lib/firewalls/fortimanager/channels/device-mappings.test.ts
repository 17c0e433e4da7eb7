import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  applyTo,
  asked,
  commentFor,
  connectTo,
  objectNamed,
  quickClock,
} from '../../../../test/support/firewalls/fortimanager-connection.ts';
import type { FirewallConnection } from '../../../core/firewall.ts';
import { offer } from '../../../core/plan/ownership.ts';
import { enforcedAddresses } from '../simulator/enforced.ts';
import { type FortimanagerSimulator, startFortimanagerSimulator } from '../simulator/index.ts';
import { mappingsOf } from '../simulator/mappings.ts';
import type { JsonObject } from '../simulator/refusal.ts';
import { sharedMarks } from './shared-marks.ts';

const object = objectNamed('web', 'objects');
const offered = objectNamed('web', 'objects', { create: 'offered' });
const person = { session: '', user: 'alice', locking: false };
const shared = sharedMarks('test', 'root');

let simulator: FortimanagerSimulator;
beforeEach(async () => {
  simulator = await startFortimanagerSimulator({ workspace: 'normal', devices: ['fgt-fra', 'fgt-muc'] });
});
afterEach(async () => await simulator.stop());

const adom = () => simulator.manager.adom('root');
const group = (path = 'firewall/addrgrp') => adom().rows(path).get(object.name);
const mappings = () => mappingsOf(group());

async function ofDevice(
  name: string,
  more: Parameters<typeof connectTo>[2] = {},
): Promise<FirewallConnection> {
  return await connectTo(simulator, { install: 'partial', device: { name } }, more);
}

function createFor(device: string): { createWith: { comment: string } } {
  return { createWith: { comment: commentFor(object.name, `root/${device}/root`) } };
}

function enforcedBy(device: string): string[] | undefined {
  const places = { adom: 'root', connector: 'zonebridge', device };
  return enforcedAddresses(simulator.manager, places, { channel: 'objects', name: object.name })?.sort();
}

/** A row as a person saves and installs it. */
function put(path: string, key: string, row: JsonObject): void {
  adom().change(path, new Map([[key, row]]), person);
  for (const device of adom().devices) if (device.online) adom().install(device, [`${path}/${key}`]);
  adom().pending.clear();
}

function putGroup(comment: string, member: string[], dynamic: JsonObject[] = []): void {
  put('firewall/addrgrp', object.name, { name: object.name, comment, member, dynamic_mapping: dynamic });
}

const theirMapping = (device: string, comment: string): JsonObject => ({
  _scope: [{ name: device, vdom: 'root' }],
  comment,
  member: ['theirs'],
});

function putTheirs(): void {
  put('firewall/address', 'theirs', { name: 'theirs', subnet: ['10.9.0.1', '255.255.255.255'] });
}

function useInRule(): void {
  put('pkg/branch/firewall/policy', '1', { policyid: 1, srcaddr: [object.name] });
}

describe('two devices', () => {
  test('have their own members in one group, and an install reaches one alone', async () => {
    useInRule();
    const [fra, muc] = [await ofDevice('fgt-fra'), await ofDevice('fgt-muc')];
    await applyTo(fra, object, { ...createFor('fgt-fra'), add: ['10.1.0.1', 'fd00::1'], expectedCount: 2 });
    expect(enforcedBy('fgt-fra')).toEqual(['10.1.0.1', 'fd00::1']);
    expect(adom().devices[1]?.tables.has('firewall/addrgrp')).toBe(false);
    await applyTo(muc, object, { ...createFor('fgt-muc'), add: ['10.2.0.1'], expectedCount: 1 });
    expect(enforcedBy('fgt-fra')).toEqual(['10.1.0.1', 'fd00::1']);
    expect(enforcedBy('fgt-muc')).toEqual(['10.2.0.1']);
    expect(await fra.observeMembers(object)).toEqual(['10.1.0.1', 'fd00::1']);
    expect(await muc.observeMembers(object)).toEqual(['10.2.0.1']);
    expect(group()).toMatchObject({ comment: shared.commentFor(object.name), member: [] });
  });

  test('share an address, whose object stays until both let it go', async () => {
    const [fra, muc] = [await ofDevice('fgt-fra'), await ofDevice('fgt-muc')];
    const one = { add: ['10.1.0.1'], expectedCount: 1 };
    await applyTo(fra, object, { ...createFor('fgt-fra'), ...one });
    expect((await applyTo(muc, object, { ...createFor('fgt-muc'), ...one })).states).toEqual({
      '10.1.0.1': 'done',
    });
    const gone = { remove: ['10.1.0.1'] };
    expect((await applyTo(fra, object, gone)).states).toEqual({ '10.1.0.1': 'done' });
    expect([enforcedBy('fgt-fra'), enforcedBy('fgt-muc')]).toEqual([[], ['10.1.0.1']]);
    await applyTo(muc, object, gone);
    expect(adom().rows('firewall/address').size).toBe(0);
  });

  test('do not wait for each other: one that takes no install does not make the other uncertain', async () => {
    useInRule();
    const [fra, muc] = [await ofDevice('fgt-fra'), await ofDevice('fgt-muc')];
    await applyTo(fra, object, { ...createFor('fgt-fra'), add: ['10.1.0.1'], expectedCount: 1 });
    for (const device of adom().devices) device.online = device.name === 'fgt-fra';
    const failed = await applyTo(muc, object, {
      ...createFor('fgt-muc'),
      add: ['10.2.0.1'],
      expectedCount: 1,
    });
    expect(failed.states).toEqual({ '10.2.0.1': 'firewall/install-failed' });
    expect(Object.fromEntries(await fra.observeSome(object, ['10.1.0.1']))).toEqual({ '10.1.0.1': true });
    // Of its own nobody can tell.
    expect(await muc.observeSome(object, ['10.2.0.1'])).toEqual(new Map());
  });
});

describe('whose it is', () => {
  test('a mapping without our mark is left alone, in a group that is ours, too', async () => {
    putTheirs();
    putGroup(shared.commentFor(object.name), [], [theirMapping('fgt-fra', 'by hand')]);
    const fra = await ofDevice('fgt-fra');
    expect(await fra.observeObject(object)).toEqual({ exists: true, comment: 'by hand' });
    const { states } = await applyTo(fra, object, {
      ...createFor('fgt-fra'),
      add: ['10.1.0.1'],
      expectedCount: 1,
    });
    expect(states).toEqual({ '10.1.0.1': 'firewall/object-foreign' });
    await expect(fra.deleteObject(object)).rejects.toMatchObject({ code: 'firewall/object-foreign' });
    expect(mappings()).toEqual([theirMapping('fgt-fra', 'by hand')]);
  });

  test.each([
    ['by hand', 'by hand'],
    ['of another name', shared.commentFor('zb-test.other')],
    ['of an entry without a device', commentFor(object.name)],
  ])('no mapping is put into a group %s', async (_, comment) => {
    putGroup(comment, ['none']);
    const fra = await ofDevice('fgt-fra');
    expect(await fra.observeObject(object)).toEqual({ exists: true, comment });
    const made = { ...createFor('fgt-fra'), add: ['10.1.0.1'], expectedCount: 1 };
    expect((await applyTo(fra, object, made)).states).toEqual({ '10.1.0.1': 'firewall/object-foreign' });
    expect(mappings()).toEqual([]);
  });

  test("members of an offered group and other devices' mappings are never touched", async () => {
    putTheirs();
    putGroup(`ours to give ${offer('web')}`, ['theirs'], [theirMapping('fgt-muc', 'by hand')]);
    const fra = await ofDevice('fgt-fra');
    expect(await fra.observeObject(offered)).toMatchObject({ exists: true });
    expect(await fra.observeMembers(offered)).toEqual([]);
    await applyTo(fra, offered, { add: ['10.1.0.1', '10.1.0.2'], expectedCount: 2 });
    await applyTo(fra, offered, { remove: ['10.1.0.1'], expectedCount: 1 });
    expect(enforcedBy('fgt-fra')).toEqual(['10.1.0.2']);
    await applyTo(fra, offered, { remove: ['10.1.0.2'] });
    // Never empty: nobody knows whether the members of the group would come through.
    expect(mappings()[1]).toMatchObject({ member: ['none'] });
    expect(enforcedBy('fgt-fra')).toEqual([]);
    await fra.deleteObject(offered);
    expect(group()).toMatchObject({ member: ['theirs'] });
    expect(mappings()).toEqual([theirMapping('fgt-muc', 'by hand')]);
  });

  test('a mapping that was offered is filled, whoever has the group', async () => {
    putTheirs();
    putGroup('by hand', ['theirs'], [theirMapping('fgt-fra', offer('web'))]);
    const fra = await ofDevice('fgt-fra');
    expect(await fra.observeObject(offered)).toEqual({ exists: true, comment: offer('web') });
    const change = { add: ['10.1.0.1'], remove: ['object:theirs'], expectedCount: 1 };
    await applyTo(fra, offered, change);
    expect(enforcedBy('fgt-fra')).toEqual(['10.1.0.1']);
    expect(enforcedBy('fgt-muc')).toEqual(['10.9.0.1']);
  });
});

describe('people', () => {
  test('who edit our mapping are found by the comparison', async () => {
    putTheirs();
    const fra = await ofDevice('fgt-fra');
    await applyTo(fra, object, { ...createFor('fgt-fra'), add: ['10.1.0.1'], expectedCount: 1 });
    const [mapping = {}] = mappings();
    putGroup(shared.commentFor(object.name), [], [{ ...mapping, member: ['theirs'] }]);
    expect(await fra.observeMembers(object)).toEqual(['object:theirs']);
    // What they put in stays when only ours is written.
    await applyTo(fra, object, { add: ['10.1.0.1', '10.1.0.2'], expectedCount: 3 });
    expect(mappings()[0]).toMatchObject({ member: ['theirs', 'zb-test-10.1.0.1', 'zb-test-10.1.0.2'] });
  });

  test('who held the lock and edited meanwhile lose nothing', async () => {
    putTheirs();
    const first = await ofDevice('fgt-fra');
    await applyTo(first, object, { ...createFor('fgt-fra'), add: ['10.1.0.1'], expectedCount: 1 });
    const { id } = simulator.gate.open('alice');
    adom().lock = { session: id, user: 'alice', time: 0 };
    const clock = quickClock(() => {
      const [mapping = {}] = mappings();
      putGroup(shared.commentFor(object.name), [], [{ ...mapping, member: ['theirs'] }]);
      adom().lock = undefined;
    });
    const fra = await ofDevice('fgt-fra', { clock });
    await applyTo(fra, object, { add: ['10.1.0.2'], expectedCount: 2 });
    expect(mappings()[0]).toMatchObject({ member: ['theirs', 'zb-test-10.1.0.2'] });
  });

  test('who deleted the mapping meanwhile: nothing is put there', async () => {
    const first = await ofDevice('fgt-fra');
    await applyTo(first, object, { ...createFor('fgt-fra'), add: ['10.1.0.1'], expectedCount: 1 });
    const { id } = simulator.gate.open('alice');
    adom().lock = { session: id, user: 'alice', time: 0 };
    const clock = quickClock(() => {
      putGroup('by hand', [], []);
      adom().lock = undefined;
    });
    const fra = await ofDevice('fgt-fra', { clock });
    expect((await applyTo(fra, object, { add: ['10.1.0.2'], expectedCount: 2 })).states).toEqual({
      '10.1.0.2': 'firewall/object-foreign',
    });
    expect(mappings()).toEqual([]);
    expect(adom().lock).toBeUndefined();
  });
});

describe('deleting', () => {
  test('takes the mapping, and the group with the last one', async () => {
    const [fra, muc] = [await ofDevice('fgt-fra'), await ofDevice('fgt-muc')];
    await applyTo(fra, object, { ...createFor('fgt-fra'), expectedCount: 0 });
    await applyTo(muc, object, { ...createFor('fgt-muc'), expectedCount: 0 });
    await fra.deleteObject(object);
    expect(mappings()).toHaveLength(1);
    expect(await fra.observeObject(object)).toMatchObject({ exists: false });
    expect(await muc.observeObject(object)).toMatchObject({ exists: true });
    await muc.deleteObject(object);
    expect(group()).toBeUndefined();
  });

  test('leaves a group with members that a person put in', async () => {
    putTheirs();
    const fra = await ofDevice('fgt-fra');
    await applyTo(fra, object, { ...createFor('fgt-fra'), expectedCount: 0 });
    putGroup(shared.commentFor(object.name), ['theirs'], mappings());
    await fra.deleteObject(object);
    expect(group()).toMatchObject({ member: ['theirs'], dynamic_mapping: [] });
  });

  test('is refused while a rule uses the group: the device would take its members instead', async () => {
    const fra = await ofDevice('fgt-fra');
    await applyTo(fra, object, { ...createFor('fgt-fra'), add: ['10.1.0.1'], expectedCount: 1 });
    useInRule();
    await expect(fra.deleteObject(object)).rejects.toMatchObject({ code: 'firewall/object-in-use' });
    expect(enforcedBy('fgt-fra')).toEqual(['10.1.0.1']);
    expect(asked(simulator, 'delete /pm/config')).toBe(0);
  });
});

test('before 7.2 the group that we make holds what matches nothing, and still goes with its last mapping', async () => {
  simulator.manager.settings.version = '7.0.12';
  const fra = await connectTo(simulator, { device: { name: 'fgt-fra' } });
  await applyTo(fra, object, { ...createFor('fgt-fra'), add: ['10.1.0.1'], expectedCount: 1 });
  expect(group()).toMatchObject({ member: ['none'] });
  await fra.deleteObject(object);
  expect(group()).toBeUndefined();
});

test('an address that has no room does not keep the others out of the list', async () => {
  const fra = await ofDevice('fgt-fra');
  await applyTo(fra, object, { ...createFor('fgt-fra'), add: ['10.1.0.1'], expectedCount: 1 });
  simulator.manager.settings.limits.addresses = 2;
  const change = { add: ['10.1.0.2', '10.1.0.3'], remove: ['10.1.0.1'], expectedCount: 2 };
  expect((await applyTo(fra, object, change)).states).toEqual({
    '10.1.0.1': 'done',
    '10.1.0.2': 'done',
    '10.1.0.3': 'firewall/table-full',
  });
  expect(await fra.observeMembers(object)).toEqual(['10.1.0.2']);
});

test('a device that the manager does not know is refused, and nothing but an empty group is made', async () => {
  const nowhere = await ofDevice('fgt-ber');
  const made = { ...createFor('fgt-ber'), add: ['10.1.0.1'], expectedCount: 1 };
  expect((await applyTo(nowhere, object, made)).states).toEqual({ '10.1.0.1': 'firewall/object-missing' });
  expect(group()).toMatchObject({ member: [] });
  expect(mappings()).toEqual([]);
  expect(adom().rows('firewall/address').size).toBe(0);
});

test('a package install goes to the device alone, and what waits for others does not keep it back', async () => {
  useInRule();
  const settings = { install: 'package', package: 'branch', device: { name: 'fgt-fra' } };
  const fra = await connectTo(simulator, settings);
  const muc = await connectTo(simulator, { device: { name: 'fgt-muc' } });
  // Nobody installs what is made for the other device.
  await applyTo(muc, object, { ...createFor('fgt-muc'), add: ['10.2.0.1'], expectedCount: 1 });
  const made = { ...createFor('fgt-fra'), add: ['10.1.0.1'], expectedCount: 1 };
  expect((await applyTo(fra, object, made)).states).toEqual({ '10.1.0.1': 'done' });
  expect(adom().devices[0]?.tables.get('firewall/addrgrp')?.has(object.name)).toBe(true);
  expect(adom().devices[1]?.tables.get('firewall/addrgrp')?.has(object.name) ?? false).toBe(false);
});
