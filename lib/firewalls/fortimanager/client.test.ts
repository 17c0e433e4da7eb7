import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  applyTo,
  asked,
  commentFor,
  connectTo,
  objectNamed,
  quickClock,
} from '../../../test/support/firewalls/fortimanager-connection.ts';
import { inUrl } from './names.ts';
import { type FortimanagerSimulator, startFortimanagerSimulator } from './simulator/index.ts';

const object = objectNamed('web', 'tags');
const createWith = { comment: commentFor(object.name) };

let simulator: FortimanagerSimulator;
beforeEach(async () => {
  simulator = await startFortimanagerSimulator();
});
afterEach(async () => await simulator.stop());

const logins = () => asked(simulator, 'exec /sys/login/user');

test('a session serves the runs that follow one another in a process', async () => {
  for (let run = 0; run < 3; run++) {
    const connection = await connectTo(simulator);
    await connection.identity();
    await connection.close();
  }
  expect(logins()).toBe(1);
});

test('a session that ended in the middle of a run costs one login, and nothing is written twice', async () => {
  const connection = await connectTo(simulator);
  await applyTo(connection, object, { createWith, expectedCount: 0 });
  simulator.gate.dropSessions();
  const { states } = await applyTo(connection, object, { add: ['10.1.0.1'], expectedCount: 1 });
  expect(states).toEqual({ '10.1.0.1': 'done' });
  expect(logins()).toBe(2);
  expect(simulator.manager.commits.after(0).filter(({ what }) => what.includes('manage'))).toHaveLength(1);
});

test('a session that was quiet for long is not tried', async () => {
  const first = await connectTo(simulator);
  await first.identity();
  const clock = quickClock();
  await clock.sleep(300_000);
  const later = await connectTo(simulator, {}, { clock });
  await later.identity();
  expect(logins()).toBe(2);
  expect(asked(simulator, 'get /sys/status')).toBe(2);
});

test('a wrong password is refused as such, and not shown', async () => {
  const connection = await connectTo(simulator, {}, { credential: 'zonebridge:not-the-password' });
  const error: unknown = await connection.identity().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'firewall/credentials-rejected' });
  expect(inspect(error, { depth: 9 })).not.toContain('not-the-password');
});

test('an API key needs no login, and travels in the header alone', async () => {
  const connection = await connectTo(simulator, {}, { credential: simulator.apiKey });
  await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
  expect(await connection.observeMembers(object)).toEqual(['10.1.0.1']);
  expect(logins()).toBe(0);
  expect(JSON.stringify(simulator.requests.list())).not.toContain(simulator.apiKey);
});

test('rpc-permit read: what may not be written says so, what may be read is read', async () => {
  simulator.manager.settings.rpcPermit = 'read';
  const connection = await connectTo(simulator);
  expect(await connection.observeObject(object)).toMatchObject({ exists: false });
  const { report } = await applyTo(connection, object, { createWith, expectedCount: 0 });
  expect(report.created).toMatchObject({ state: 'failed', error: { code: 'firewall/permission-denied' } });
});

test('the secret shows in no error, even when the manager repeats it', async () => {
  const { password } = simulator.administrator;
  const connection = await connectTo(simulator);
  await connection.identity();
  simulator.faults.add({ kind: 'reject', code: -1, message: `wrong passwd ${password}`, path: 'get ' });
  const error: unknown = await connection.observeObject(object).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'firewall/rejected' });
  expect(inspect(error, { depth: 9 })).not.toContain(password);
});

test.each([400, 500] as const)('only the status of an element counts, not HTTP %i', async (failureStatus) => {
  Object.assign(simulator.manager.settings.behaviour, { failureStatus, result: 'object' });
  const connection = await connectTo(simulator);
  expect(await connection.observeObject(object)).toMatchObject({ exists: false });
});

test.each([
  ['unit that waits in reserve', { haMode: 'Secondary' }, {}, 'firewall/standby-unit'],
  [
    'another manager',
    { serial: 'FMG-OTHER' },
    { ha: { serials: ['FMGVMSIM00000001'] } },
    'firewall/unknown-device',
  ],
] as const)('a %s is refused', async (_, told, settings, code) => {
  Object.assign(simulator.manager.settings, told);
  const connection = await connectTo(simulator, settings);
  await expect(connection.identity()).rejects.toMatchObject({ code });
});

test.each(['zb-a\\b', '\\', 'a\\/b'])(
  'the name %j could be read as another object, and is refused by its name',
  (name) => {
    expect(() => inUrl(name)).toThrow(
      expect.objectContaining({
        code: 'configuration/invalid',
        message: expect.stringContaining(JSON.stringify(name)) as string,
      }),
    );
  },
);

test('a session that was quiet for long is logged out when the next begins', async () => {
  const clock = quickClock();
  const connection = await connectTo(simulator, {}, { clock });
  await connection.observeObject(object);
  await clock.sleep(300_000);
  await connection.observeObject(object);
  expect(asked(simulator, 'exec /sys/login/user')).toBe(2);
  expect(asked(simulator, 'exec /sys/logout')).toBe(1);
});

test('a slash in a name stays part of the name', () => {
  expect(inUrl('a/b')).toBe(String.raw`a\/b`);
});

test.each(['', ' ', '.', '..'])('the name %j would make a request about a table, and is refused', (name) => {
  expect(() => inUrl(name)).toThrow(expect.objectContaining({ code: 'configuration/invalid' }));
});
