import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  applyTo,
  asked,
  commentFor,
  connectTo,
  objectNamed,
  quickClock,
} from '../../../test/support/firewalls/fortimanager-connection.ts';
import { type FortimanagerSimulator, startFortimanagerSimulator } from './simulator/index.ts';

const object = objectNamed('web', 'objects');
const createWith = { comment: commentFor(object.name) };
const made = { createWith, add: ['10.1.0.1'], expectedCount: 1 };

let simulator: FortimanagerSimulator;
beforeEach(async () => {
  simulator = await startFortimanagerSimulator({ workspace: 'normal' });
});
afterEach(async () => await simulator.stop());

const adom = () => simulator.manager.adom('root');

/** Somebody else's session that locked the ADOM; `changes`: and changed something without saving it. */
function personLocks({ changes }: { changes: boolean }): { session: string; unlock(): void } {
  const { id } = simulator.gate.open('alice');
  adom().lock = { session: id, user: 'alice', time: 0 };
  const row = { name: 'half-done', subnet: ['10.200.0.1', '255.255.255.255'] };
  if (changes)
    adom().change('firewall/address', new Map([['half-done', row]]), {
      session: id,
      user: 'alice',
      locking: true,
    });
  return {
    session: id,
    unlock: () => {
      adom().lock = undefined;
    },
  };
}

describe('an ADOM that has to be locked', () => {
  test('is locked, saved and given back', async () => {
    const connection = await connectTo(simulator);
    expect((await applyTo(connection, object, made)).states).toEqual({ '10.1.0.1': 'done' });
    expect(adom().lock).toBeUndefined();
    expect(adom().dirty).toBe(false);
    expect(asked(simulator, 'exec /dvmdb/adom/root/workspace/commit')).toBe(1);
  });

  test("somebody's lock is waited for, reported with its owner, and not broken", async () => {
    const person = personLocks({ changes: false });
    const connection = await connectTo(simulator, { lockWaitSeconds: 20 });
    const { report, states } = await applyTo(connection, object, made);
    expect(states).toEqual({ '10.1.0.1': 'firewall/busy' });
    expect(report.created).toMatchObject({ error: { message: expect.stringContaining('locked by alice') } });
    expect(adom().lock?.session).toBe(person.session);
    // Asked once, and again every three seconds.
    expect(asked(simulator, 'get /dvmdb/adom/root/workspace/lockinfo')).toBeGreaterThan(4);
    expect(asked(simulator, 'exec /dvmdb/adom/root/workspace')).toBe(0);
  });

  test('what a person made while we waited is not deleted with ours', async () => {
    await applyTo(await connectTo(simulator), object, made);
    const person = personLocks({ changes: false });
    const theirs = { name: object.name, member: [], comment: 'made by alice' };
    const clock = quickClock(() => {
      if (adom().lock === undefined) return;
      const by = { session: person.session, user: 'alice', locking: false };
      adom().change('firewall/addrgrp6', new Map([[object.name, theirs]]), by);
      person.unlock();
    });
    const connection = await connectTo(simulator, {}, { clock });
    await expect(connection.deleteObject(object)).rejects.toMatchObject({ code: 'firewall/object-foreign' });
    for (const table of ['firewall/addrgrp', 'firewall/addrgrp6'])
      expect([...adom().rows(table).keys()]).toEqual([object.name]);
  });

  /** Somebody else's session that locked a part of the ADOM. */
  function personLocksPart(place: string): { session: string; unlock(): void } {
    const { id } = simulator.gate.open('alice');
    adom().parts.set(place, { session: id, user: 'alice', time: 0 });
    return { session: id, unlock: () => adom().parts.delete(place) };
  }

  test.each(['pkg/branch', 'obj/firewall/addrgrp/zb-test.web', 'dev/fgt-1'])(
    "somebody's lock of %s is waited for, reported, and not broken",
    async (place) => {
      const person = personLocksPart(place);
      const connection = await connectTo(simulator, { lockWaitSeconds: 20 });
      const { report, states } = await applyTo(connection, object, made);
      expect(states).toEqual({ '10.1.0.1': 'firewall/busy' });
      expect(report.created).toMatchObject({
        error: { message: expect.stringMatching(/locked by .*policy package, object or device/) },
      });
      expect(adom().parts.at(place)?.session).toBe(person.session);
      expect(adom().lock).toBeUndefined();
      expect(adom().rows('firewall/addrgrp').has(object.name)).toBe(false);
      // It is asked for again and again, because only the answer to that tells of such a lock.
      expect(asked(simulator, 'exec /dvmdb/adom/root/workspace/lock')).toBeGreaterThan(4);
    },
  );

  test.each([
    ['the ADOM', () => personLocks({ changes: false })],
    ['a package', () => personLocksPart('pkg/branch')],
  ])('a lock of %s that is given back while we wait lets us in', async (_, locks) => {
    const person = locks();
    let waits = 0;
    const clock = quickClock(() => {
      waits += 1;
      if (waits === 2) person.unlock();
    });
    const connection = await connectTo(simulator, {}, { clock });
    expect((await applyTo(connection, object, made)).states).toEqual({ '10.1.0.1': 'done' });
    expect(waits).toBe(2);
  });

  test('changes that somebody did not save yet survive our run', async () => {
    const person = personLocks({ changes: true });
    const connection = await connectTo(simulator, { lockWaitSeconds: 3 });
    const { report } = await applyTo(connection, object, made);
    expect(report.created).toMatchObject({ error: { message: expect.stringContaining('not saved') } });
    expect(adom().rows('firewall/address', person.session).has('half-done')).toBe(true);
    expect(adom().rows('firewall/addrgrp').has(object.name)).toBe(false);
  });

  test('what was refused is not saved, and the lock is given back', async () => {
    simulator.faults.add({ kind: 'reject', code: -10, message: 'no', path: '^add ' });
    const connection = await connectTo(simulator);
    const { report, states } = await applyTo(connection, object, made);
    expect(states).toEqual({ '10.1.0.1': 'firewall/rejected' });
    expect(report.created).toMatchObject({ state: 'failed' });
    expect(adom().lock).toBeUndefined();
    expect(asked(simulator, 'exec /dvmdb/adom/root/workspace/commit')).toBe(0);
  });

  test('a lost answer to the lock leaves no lock behind', async () => {
    simulator.faults.add({ kind: 'drop-after-commit', path: 'workspace/lock$', times: 1 });
    const connection = await connectTo(simulator);
    const { states } = await applyTo(connection, object, made);
    expect(states).toEqual({ '10.1.0.1': 'unknown' });
    expect(adom().lock).toBeUndefined();
  });

  test('a lock that cannot be given back ends with our session, and does not keep us out', async () => {
    simulator.faults.add({ kind: 'drop', path: 'workspace/unlock$', times: 2 });
    const connection = await connectTo(simulator);
    expect((await applyTo(connection, object, made)).states).toEqual({ '10.1.0.1': 'done' });
    const more = { add: ['10.1.0.2'], expectedCount: 2 };
    expect((await applyTo(connection, object, more)).states).toEqual({ '10.1.0.2': 'done' });
    expect(asked(simulator, 'exec /sys/login/user')).toBe(2);
  });

  test('workflow mode, in which people approve, is refused before anything is locked', async () => {
    simulator.manager.settings.workspace = 'workflow';
    const connection = await connectTo(simulator);
    expect((await applyTo(connection, object, made)).states).toEqual({ '10.1.0.1': 'firewall/unsupported' });
    expect(asked(simulator, 'exec /dvmdb')).toBe(0);
  });

  test('who may not read the mode says it in the settings', async () => {
    simulator.manager.settings.behaviour.globalSettings = 'forbidden';
    const blind = await connectTo(simulator);
    expect((await applyTo(blind, object, made)).states).toEqual({ '10.1.0.1': 'firewall/permission-denied' });
    const told = await connectTo(simulator, { workspace: 'normal' });
    expect((await applyTo(told, object, made)).states).toEqual({ '10.1.0.1': 'done' });
  });

  test('a workspace that was switched on meanwhile is noticed', async () => {
    simulator.manager.settings.workspace = 'disabled';
    const connection = await connectTo(simulator);
    await applyTo(connection, object, made);
    simulator.manager.settings.workspace = 'normal';
    const again = { add: ['10.1.0.2'], expectedCount: 2 };
    expect((await applyTo(connection, object, again)).states).toEqual({ '10.1.0.2': 'firewall/busy' });
    expect((await applyTo(connection, object, again)).states).toEqual({ '10.1.0.2': 'done' });
  });

  test('a workspace that was switched off meanwhile keeps nobody out for long', async () => {
    const connection = await connectTo(simulator);
    await applyTo(connection, object, made);
    simulator.manager.settings.workspace = 'disabled';
    simulator.faults.add({ kind: 'reject', code: -6, message: 'Invalid url', path: 'workspace/lock$' });
    const again = { add: ['10.1.0.2'], expectedCount: 2 };
    expect((await applyTo(connection, object, again)).states).toEqual({ '10.1.0.2': 'firewall/rejected' });
    expect((await applyTo(connection, object, again)).states).toEqual({ '10.1.0.2': 'done' });
  });

  test.each([
    ['once', 1, 'done'],
    ['for good', 2, 'firewall/busy'],
  ])('a session that is refused in the middle %s leaves no lock behind', async (_, times, state) => {
    const connection = await connectTo(simulator);
    await applyTo(connection, object, made);
    simulator.faults.add({ kind: 'reject', code: -11, message: 'No permission', path: '^add ', times });
    const { states } = await applyTo(connection, object, { add: ['10.1.0.2'], expectedCount: 2 });
    expect(states).toEqual({ '10.1.0.2': state });
    expect(adom().lock === undefined || !simulator.gate.has(adom().lock!.session)).toBe(true);
    const again = await applyTo(connection, object, { add: ['10.1.0.2'], expectedCount: 2 });
    expect(again.states).toEqual({ '10.1.0.2': 'done' });
  });

  test('a key that is refused now and then (7.4.7) works on', async () => {
    simulator.manager.settings.workspace = 'disabled';
    const connection = await connectTo(simulator, {}, { credential: simulator.apiKey });
    await applyTo(connection, object, made);
    simulator.faults.add({ kind: 'reject', code: -11, message: 'No permission', path: '^add ', times: 1 });
    const { states } = await applyTo(connection, object, { add: ['10.1.0.2'], expectedCount: 2 });
    expect(states).toEqual({ '10.1.0.2': 'done' });
  });

  test('a commit that goes on as a task is waited for', async () => {
    Object.assign(simulator.manager.settings.behaviour, { commitTask: 'shown', taskPolls: 3 });
    const connection = await connectTo(simulator);
    expect((await applyTo(connection, object, made)).states).toEqual({ '10.1.0.1': 'done' });
    expect(asked(simulator, 'get /task/task')).toBe(3);
  });

  test('with an API key whose calls share no lock nothing is written, and the reason is said', async () => {
    simulator.manager.settings.behaviour.keyLocks = 'none';
    const connection = await connectTo(simulator, {}, { credential: simulator.apiKey });
    const { report, states } = await applyTo(connection, object, made);
    expect(states).toEqual({ '10.1.0.1': 'firewall/busy' });
    expect(report.created).toMatchObject({ error: { message: expect.stringContaining('API key') } });
  });
});
