import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  applyTo,
  asked,
  commentFor,
  connectTo,
  objectNamed,
  quickClock,
} from '../../../test/support/firewalls/fortimanager-connection.ts';
import { enforcedAddresses } from './simulator/enforced.ts';
import { type FortimanagerSimulator, startFortimanagerSimulator } from './simulator/index.ts';

const object = objectNamed('web', 'objects');
const createWith = { comment: commentFor(object.name) };
const places = { adom: 'root', connector: 'zonebridge' };
const person = { session: '', user: 'alice', locking: false };

let simulator: FortimanagerSimulator;
beforeEach(async () => {
  simulator = await startFortimanagerSimulator();
});
afterEach(async () => await simulator.stop());

const adom = () => simulator.manager.adom('root');
const enforced = () =>
  enforcedAddresses(simulator.manager, places, { channel: 'objects', name: object.name });

/** A rule that uses the group, so that the devices have it. */
function useInRule(): void {
  adom().change(
    'pkg/branch/firewall/policy',
    new Map([['1', { policyid: 1, srcaddr: [object.name] }]]),
    person,
  );
  adom().pending.clear();
}

function offline(isOff: boolean): void {
  for (const device of adom().devices) device.online = !isOff;
}

describe('a partial install', () => {
  const partial = { install: 'partial' };

  test('takes the named objects along and nothing of others', async () => {
    const connection = await connectTo(simulator, partial);
    await applyTo(connection, object, { createWith, expectedCount: 0 });
    useInRule();
    const theirs = { name: 'theirs', subnet: ['10.200.0.1', '255.255.255.255'] };
    adom().change('firewall/address', new Map([['theirs', theirs]]), person);
    expect((await applyTo(connection, object, { add: ['10.1.0.1'], expectedCount: 1 })).states).toEqual({
      '10.1.0.1': 'done',
    });
    expect(enforced()).toEqual(['10.1.0.1']);
    expect(adom().devices[0]?.tables.get('firewall/address')?.has('theirs')).toBe(false);
    expect([...adom().pending]).toEqual([['firewall/address/theirs', 'alice']]);
  });

  test('a device that does not take it: not done, done again, and named', async () => {
    const connection = await connectTo(simulator, partial);
    await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
    useInRule();
    offline(true);
    const change = { add: ['10.1.0.2'], remove: ['10.1.0.1'], expectedCount: 1 };
    const { report, states } = await applyTo(connection, object, change);
    expect(states).toEqual({ '10.1.0.1': 'firewall/install-failed', '10.1.0.2': 'firewall/install-failed' });
    expect(report.outcomes.get('10.1.0.1')).toMatchObject({
      error: { message: expect.stringContaining('fgt-1') },
    });
    expect(enforced()).toEqual(['10.1.0.1']);
    // The ADOM has the change, the device has not: nobody can tell of either, and both are done again.
    expect(await connection.observeSome(object, ['10.1.0.1', '10.1.0.2'])).toEqual(new Map());
    offline(false);
    expect((await applyTo(connection, object, change)).states).toEqual({
      '10.1.0.1': 'done',
      '10.1.0.2': 'done',
    });
    expect(enforced()).toEqual(['10.1.0.2']);
    expect(Object.fromEntries(await connection.observeSome(object, ['10.1.0.1', '10.1.0.2']))).toEqual({
      '10.1.0.1': false,
      '10.1.0.2': true,
    });
  });

  test('a task that does not move is left, and said so', async () => {
    simulator.manager.settings.behaviour.taskPolls = -1;
    const connection = await connectTo(simulator, { ...partial, installWaitSeconds: 30 });
    const { report, states } = await applyTo(connection, object, {
      createWith,
      add: ['10.1.0.1'],
      expectedCount: 1,
    });
    expect(states).toEqual({ '10.1.0.1': 'firewall/install-failed' });
    expect(report.created).toMatchObject({ error: { message: expect.stringContaining('0 percent') } });
  });

  test('a task that a person stopped has installed nothing', async () => {
    simulator.manager.settings.behaviour.taskPolls = 3;
    const clock = quickClock(() => {
      simulator.manager.tasks.cancel(101);
    });
    const connection = await connectTo(simulator, partial, { clock });
    const { report, states } = await applyTo(connection, object, {
      createWith,
      add: ['10.1.0.1'],
      expectedCount: 1,
    });
    expect(states).toEqual({ '10.1.0.1': 'firewall/install-failed' });
    expect(report.created).toMatchObject({ error: { message: expect.stringContaining('cancelled') } });
  });

  test('a task that is not there any more says nothing about the object', async () => {
    simulator.faults.add({ kind: 'reject', code: -3, message: 'Object does not exist', path: '^get /task' });
    const connection = await connectTo(simulator, partial);
    const { states } = await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
    expect(states).toEqual({ '10.1.0.1': 'firewall/install-failed' });
  });

  test('packages whose state did not come are not taken for installed', async () => {
    const connection = await connectTo(simulator, partial);
    await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
    simulator.faults.add({ kind: 'cut', url: '_package/status' });
    await expect(connection.observeSome(object, ['10.1.0.1'])).rejects.toMatchObject({
      code: 'firewall/unexpected-answer',
    });
  });

  test('a connection that is cut while it installs is no failure', async () => {
    simulator.manager.settings.behaviour.taskPolls = 4;
    simulator.faults.add({ kind: 'drop', path: '^get /task', after: 1, times: 5 });
    const connection = await connectTo(simulator, partial);
    const { states } = await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
    expect(states).toEqual({ '10.1.0.1': 'done' });
  });

  test('is not tried on a version that would take the device settings along', async () => {
    simulator.manager.settings.version = '7.2.9';
    const connection = await connectTo(simulator, partial);
    const { states } = await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
    expect(states).toEqual({ '10.1.0.1': 'firewall/unsupported' });
    expect(adom().rows('firewall/addrgrp').size).toBe(0);
  });
});

test('without install nothing but the ADOM changes', async () => {
  const connection = await connectTo(simulator);
  await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
  expect(asked(simulator, 'exec /securityconsole')).toBe(0);
  expect(adom().devices[0]?.tables.size).toBe(0);
});

describe('a package install', () => {
  const settings = { install: 'package', package: 'branch' };

  test('a preview that does not end is taken back', async () => {
    useInRule();
    const connection = await connectTo(simulator, { ...settings, installWaitSeconds: 30 });
    simulator.manager.settings.behaviour.taskPolls = -1;
    await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
    expect(asked(simulator, 'exec /securityconsole/package/cancel/install')).toBe(1);
  });

  test('is refused before anything is written while it would install the work of others', async () => {
    useInRule();
    const policy = { policyid: 2, srcaddr: ['all'] };
    adom().change('pkg/branch/firewall/policy', new Map([['2', policy]]), person);
    const connection = await connectTo(simulator, settings);
    const { report, states } = await applyTo(connection, object, {
      createWith,
      add: ['10.1.0.1'],
      expectedCount: 1,
    });
    expect(states).toEqual({ '10.1.0.1': 'firewall/install-failed' });
    expect(report.created).toMatchObject({
      error: { message: expect.stringContaining('firewall policy 2') },
    });
    expect(adom().rows('firewall/addrgrp').has(object.name)).toBe(false);
    expect([...adom().pending.keys()]).toEqual(['pkg/branch/firewall/policy/2']);
    expect(asked(simulator, 'exec /securityconsole/package/cancel/install')).toBe(1);
  });

  test('is made when only ours waits', async () => {
    useInRule();
    const connection = await connectTo(simulator, settings);
    const { states } = await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
    expect(states).toEqual({ '10.1.0.1': 'done' });
    expect(enforced()).toEqual(['10.1.0.1']);
    expect(adom().pending.size).toBe(0);
  });

  test('goes to no device whose changes nobody could look at', async () => {
    adom().devices.push({ name: 'fgt-new', vdoms: ['root'], online: true, isNew: true, tables: new Map() });
    useInRule();
    const connection = await connectTo(simulator, settings);
    const { states } = await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
    expect(states).toEqual({ '10.1.0.1': 'done' });
    expect(adom().devices.map(({ tables }) => tables.size > 0)).toEqual([true, false]);
  });

  test('is refused before anything is written where the package was never installed', async () => {
    for (const device of adom().devices) device.isNew = true;
    useInRule();
    const policy = { policyid: 2, srcaddr: ['all'] };
    adom().change('pkg/branch/firewall/policy', new Map([['2', policy]]), person);
    const connection = await connectTo(simulator, settings);
    const { states } = await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
    expect(states).toEqual({ '10.1.0.1': 'firewall/install-failed' });
    expect(adom().rows('firewall/addrgrp').has(object.name)).toBe(false);
    expect(adom().devices[0]?.tables.size).toBe(0);
  });

  test('nothing is ever forced', async () => {
    const connection = await connectTo(simulator, settings);
    useInRule();
    await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
    const name = [...adom().rows('firewall/address').keys()][0] ?? '';
    adom().change('firewall/addrgrp', new Map([['theirs', { name: 'theirs', member: [name] }]]), person);
    adom().pending.clear();
    // Somebody's group holds our address object: it stays, the address leaves our group.
    expect((await applyTo(connection, object, { remove: ['10.1.0.1'] })).states).toEqual({
      '10.1.0.1': 'done',
    });
    expect(adom().rows('firewall/addrgrp').get('theirs')).toMatchObject({ member: [name] });
    expect(enforced()).toEqual([]);
  });
});
