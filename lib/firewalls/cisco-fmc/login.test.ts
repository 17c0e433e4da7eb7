import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  callsOf,
  connectFmc,
  fmcObject,
  fmcRequest,
} from '../../../test/support/firewalls/fmc-connection.ts';
import { ciscoFmc } from './index.ts';
import { type FmcSimulator, startFmcSimulator } from './simulator/index.ts';

let simulator: FmcSimulator;

beforeEach(async () => {
  simulator = await startFmcSimulator({ domains: ['DEV'] });
});
afterEach(async () => await simulator.stop());

async function look(more: Parameters<typeof connectFmc>[1] = {}): Promise<void> {
  const connection = await connectFmc(simulator, more);
  try {
    await connection.observeObject(fmcObject('web'));
  } finally {
    await connection.close();
  }
}

test('one login serves the connections that follow one another', async () => {
  await look();
  await look();
  await look();
  expect(callsOf(simulator)).toEqual({ logins: 1, reads: 3, writes: 0 });
});

test('connections that begin together log in once, and one that ran out of time stops no other', async () => {
  await Promise.all([look(), look(), look()]);
  expect(callsOf(simulator)).toEqual({ logins: 1, reads: 3, writes: 0 });
  simulator.world.gate.expire(true);
  const late = await ciscoFmc.connect({ ...fmcRequest(simulator), takeCall: () => 120_000 });
  const results = await Promise.allSettled([late.observeObject(fmcObject('web')), look()]);
  expect(results).toMatchObject([
    { status: 'rejected', reason: { code: 'firewall/budget-used' } },
    { status: 'fulfilled' },
  ]);
  await late.close();
});

test('an ended token is renewed three times, then name and password are shown again', async () => {
  await look();
  for (let time = 0; time < 5; time++) {
    simulator.faults.add({ kind: 'expire', path: 'fmc_config', times: 1 });
    await look();
  }
  const ways = simulator.requests.list().map(({ pattern, count }) => [pattern.split('/').at(-1), count]);
  expect(Object.fromEntries(ways)).toMatchObject({ generatetoken: 2, refreshtoken: 4 });
});

test('tokens are renewed before they end, by our clock', async () => {
  let now = Date.now();
  await look({ now: () => now });
  now += 28 * 60_000;
  await look({ now: () => now });
  expect(callsOf(simulator).logins).toBe(1);
  now += 2 * 60_000;
  await look({ now: () => now });
  expect(callsOf(simulator)).toEqual({ logins: 1, reads: 1, writes: 0 });
});

test.each(['pair', 'all'] as const)('a renewal that tells %s leaves the domains known', async (told) => {
  simulator.manager.settings.behaviour.refreshHeaders = told;
  const settings = { domain: 'Global/DEV' };
  await look({ settings });
  simulator.faults.add({ kind: 'expire', path: 'fmc_config', times: 1 });
  await look({ settings });
  await look({ settings });
  const ways = simulator.requests.list().map(({ pattern, count }) => [pattern.split('/').at(-1), count]);
  expect(Object.fromEntries(ways)).toMatchObject({ generatetoken: 1, refreshtoken: 1, dynamicobjects: 4 });
});

test('the domain that a login lets into is called Global only when it is', async () => {
  simulator.manager.settings.behaviour.loginHeaders = 'own-domain';
  await expect(look()).rejects.toMatchObject({ code: 'firewall/scope-missing' });
  const own = [...simulator.manager.domains.keys()].at(-1);
  await look({ settings: { domain: own } });
  expect(callsOf(simulator)).toEqual({ logins: 1, reads: 1, writes: 0 });
});

test('a list of domains that cannot be read is no reason to take another one', async () => {
  simulator.manager.settings.behaviour.loginHeaders = 'cut-off';
  await expect(look()).rejects.toMatchObject({ code: 'firewall/unexpected-answer' });
  expect(callsOf(simulator)).toMatchObject({ reads: 0, writes: 0 });
});

test('tokens that ended altogether, in the middle of a run, cost one login and no change', async () => {
  const connection = await connectFmc(simulator);
  const object = fmcObject('web');
  await connection.observeObject(object);
  callsOf(simulator);
  simulator.faults.add({ kind: 'expire', refresh: false, path: 'dynamicobjects', method: 'POST', times: 1 });
  const [report] = await connection.apply([
    { object, createWith: { comment: 'x' }, add: [], remove: [], expectedCount: 0 },
  ]);
  expect(report?.created).toEqual({ state: 'done' });
  // Refreshing is tried first.
  expect(callsOf(simulator).logins).toBe(2);
  await connection.close();
});

test('a manager that ends the tokens of an earlier login is worked with all the same', async () => {
  simulator.manager.settings.behaviour.secondLogin = 'ends-first';
  await look();
  // Somebody else with the same user.
  await look({ settings: { tlsServerName: 'localhost' } });
  await look();
  expect(callsOf(simulator).reads).toBe(4);
});

test('a token that ends right after the password was accepted is tried again, and refuses nobody', async () => {
  const connection = await connectFmc(simulator);
  const object = fmcObject('web');
  await connection.observeObject(object);
  const otherLogin = { kind: 'expire', refresh: false, path: 'fmc_config' } as const;
  simulator.faults.add({ ...otherLogin, method: 'GET', times: 2 });
  expect(await connection.observeObject(object)).toEqual({ exists: false, comment: '' });
  const wanted = { object, createWith: { comment: 'x' }, add: [], remove: [], expectedCount: 0 };
  simulator.faults.add({ ...otherLogin, method: 'POST', times: 2 });
  const [report] = await connection.apply([wanted]);
  expect(report?.created).toMatchObject({ state: 'failed', error: { code: 'firewall/busy' } });
  expect((await connection.apply([wanted]))[0]?.created).toEqual({ state: 'done' });
  await connection.close();
});

test('a wrong password is tried once by a connection, and tokens of the right one do not help it', async () => {
  await look();
  callsOf(simulator);
  const credential = `${simulator.credentials.user}:canary-canary-canary`;
  const connection = await connectFmc(simulator, { credential });
  const problems: unknown[] = [];
  for (let time = 0; time < 3; time++)
    problems.push(await connection.observeObject(fmcObject('web')).catch((error: unknown) => error));
  const refused = { code: 'firewall/credentials-rejected' };
  expect(problems).toMatchObject([refused, refused, refused]);
  expect(callsOf(simulator)).toEqual({ logins: 1, reads: 0, writes: 0 });
  const basic = Buffer.from(credential).toString('base64');
  for (const secret of ['canary-canary', basic])
    expect(inspect(problems, { depth: 20 })).not.toContain(secret);
  await connection.close();
});

test('nothing that a manager repeats of a credential reaches an error', async () => {
  await look();
  const { user, password } = simulator.credentials;
  const description = `bad ${password} and ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  simulator.faults.add({ kind: 'reject', status: 422, description });
  const problem: unknown = await look().catch((error: unknown) => error);
  expect(inspect(problem, { depth: 20, showHidden: true })).toContain('bad [secret] and [secret]');
  expect(inspect(problem, { depth: 20, showHidden: true })).not.toContain(password);
});

test.each(['Global', 'Global/DEV', 'Global \\ DEV', 'e276abec-e0f2-11e3-8169-6d9ed49b625f'])(
  'finds the domain %s',
  async (domain) => {
    await look({ settings: { domain } });
    const [uuid] = [...simulator.manager.domains].find(([, { name }]) => name.endsWith('DEV')) ?? [];
    expect(uuid).toBeDefined();
    await look({ settings: { domain: uuid } });
  },
);

test('a domain that is not there is named with those that are', async () => {
  await expect(look({ settings: { domain: 'PROD' } })).rejects.toMatchObject({
    code: 'firewall/scope-missing',
    message: expect.stringContaining('Global/DEV') as string,
  });
});

test('the manager in the cloud takes a token, is asked once more when it refuses a good one, and knows no login', async () => {
  const cloud = await startFmcSimulator({ version: 'cdfmc' });
  const connection = await connectFmc(cloud);
  await connection.observeObject(fmcObject('web'));
  expect(callsOf(cloud)).toEqual({ logins: 0, reads: 1, writes: 0 });
  cloud.faults.add({ kind: 'unauthorized', times: 1 });
  await connection.observeObject(fmcObject('web'));
  expect(callsOf(cloud).reads).toBe(2);
  // It knew us a moment ago.
  cloud.faults.add({ kind: 'unauthorized', times: 2 });
  await connection.observeObject(fmcObject('web'));
  expect(callsOf(cloud).reads).toBe(3);
  await connection.close();
  const old = await connectFmc(cloud, { settings: { cloud: { basePath: '' } } });
  await old.observeObject(fmcObject('web'));
  await old.close();
  const wrong = await connectFmc(cloud, { credential: 'aaaa.bbbb.cccc' });
  await expect(wrong.identity()).rejects.toMatchObject({ code: 'firewall/credentials-rejected' });
  await wrong.close();
  await cloud.stop();
});

test.each([{}, { items: 'none' }, { items: [{ name: 'Global/DEV', uuid: '../x' }] }])(
  'domains of the cloud that come as %j are an error of ours',
  async (body) => {
    const cloud = await startFmcSimulator({ version: 'cdfmc' });
    cloud.faults.add({ kind: 'answer', status: 200, body, path: 'info/domain' });
    const connection = await connectFmc(cloud, { settings: { domain: 'Global/DEV' } });
    await expect(connection.identity()).rejects.toMatchObject({ code: 'firewall/unexpected-answer' });
    await connection.close();
    await cloud.stop();
  },
);

test('the form of a credential follows the place of the manager', async () => {
  const request = fmcRequest(simulator, { credential: 'aaaa.bbbb.cccc' });
  await expect(ciscoFmc.connect(request)).rejects.toMatchObject({ code: 'secret/invalid' });
  for (const good of ['zonebridge:some password:with colon', 'aa.bb-c_.cc'])
    expect(ciscoFmc.checkCredential(good)).toBeUndefined();
  for (const bad of [
    '',
    'token',
    'user:',
    'user:short',
    'us er:long enough',
    'user:long\nenough',
    ':long enough',
  ])
    expect(ciscoFmc.checkCredential(bad), bad).toEqual(expect.any(String));
});

test('the unit of a pair that waits in reserve is not written to', async () => {
  const { settings } = simulator.manager;
  settings.role = 'active';
  const connection = await connectFmc(simulator, { settings: { ha: true } });
  expect(await connection.identity()).toMatchObject({ role: 'active' });
  settings.role = 'standby';
  await expect(connection.identity()).rejects.toMatchObject({ code: 'firewall/standby-unit' });
  const object = fmcObject('web');
  const [report] = await connection.apply([
    { object, createWith: { comment: 'x' }, add: [], remove: [], expectedCount: 0 },
  ]);
  expect(report?.created).toMatchObject({ state: 'failed', error: { code: 'firewall/standby-unit' } });
  await connection.close();
});

test('a manager that tells no serial number is known by its domain', async () => {
  simulator.manager.settings.behaviour.identity = 'hidden';
  const connection = await connectFmc(simulator);
  expect(await connection.identity()).toEqual({
    serial: 'e276abec-e0f2-11e3-8169-6d9ed49b625f',
    version: '7.7.0',
  });
  await connection.close();
});
