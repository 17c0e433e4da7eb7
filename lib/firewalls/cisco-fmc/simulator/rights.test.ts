import { afterEach, beforeEach, expect, test } from 'vitest';
import { RawFmc } from '../../../../test/support/firewalls/fmc-http.ts';
import { type FmcSimulator, startFmcSimulator } from './index.ts';
import type { Access } from './settings.ts';

let simulator: FmcSimulator;
let fmc: RawFmc;

beforeEach(async () => {
  simulator = await startFmcSimulator();
  fmc = new RawFmc(simulator);
  await fmc.logIn();
});
afterEach(async () => await simulator.stop());

test.each<[Access, number[]]>([
  ['none', [403, 403, 403, 403]],
  ['read', [200, 403, 200, 403]],
  ['objects', [200, 201, 403, 403]],
  ['edit', [200, 201, 200, 403]],
  ['read-write', [200, 201, 200, 202]],
])('what a user with the rights %j may do', async (access, expected) => {
  simulator.manager.settings.access = access;
  const said = [
    await fmc.ask('GET', 'object/hosts'),
    await fmc.ask('POST', 'object/hosts', { body: { name: 'h', value: '10.0.0.1' } }),
    await fmc.ask('GET', 'policy/accesspolicies'),
    await fmc.ask('POST', 'deployment/deploymentrequests', { body: {} }),
  ];
  expect(said.map(({ status }) => status)).toEqual(expected);
});

test('a missing right may come as 400, and objects say that they are to be read only', async () => {
  const { settings } = simulator.manager;
  const id = await fmc.create('object/hosts', { name: 'h', value: '10.0.0.1' });
  settings.access = 'read';
  settings.behaviour.missingRight = 400;
  expect(await fmc.refusal('DELETE', `object/hosts/${id}`)).toEqual([
    400,
    expect.stringContaining('You do not have the required authorization'),
  ]);
  const { metadata } = (await fmc.ask('GET', `object/hosts/${id}`)).body;
  expect(metadata).toMatchObject({ readOnly: { state: true, reason: 'RBAC' } });
});

test('a token that has ended may come as 408, one that never was does not', async () => {
  simulator.manager.settings.behaviour.expiredToken = 408;
  simulator.world.gate.expire(false);
  expect((await fmc.ask('GET', 'object/hosts')).status).toBe(408);
  const headers = { 'x-auth-access-token': 'nobody' };
  expect((await fmc.ask('GET', 'object/hosts', { headers })).status).toBe(401);
});

test('another release brings its limit of requests, unless one was set', async () => {
  const { user, password } = simulator.credentials;
  const headers = { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  const become = async (version: string) => {
    const said = await fmc.ask('POST', '/_simulator/device', { headers, body: { version } });
    return (said.body['limits'] as { requestsPerMinute: number }).requestsPerMinute;
  };
  expect([await become('7.2'), await become('7.4.1')]).toEqual([120, 300]);
  simulator.manager.settings.limits.requestsPerMinute = 50;
  expect(await become('7.2')).toBe(50);
});

test('the cloud has one domain, and a token that it refuses is refused by its gateway', async () => {
  await expect(startFmcSimulator({ version: 'cdfmc', domains: ['DEV'] })).rejects.toThrow(RangeError);
  await simulator.stop();
  simulator = await startFmcSimulator({ version: 'cdfmc' });
  simulator.faults.add({ kind: 'unauthorized', times: 1 });
  const headers = { authorization: `Bearer ${simulator.credentials.apiToken}` };
  const cloud = new RawFmc(simulator);
  const refused = await cloud.ask('GET', 'object/hosts', { headers });
  expect([refused.status, refused.body]).toMatchObject([
    401,
    { error: 'Unauthorized', message: 'CDO token is invalid' },
  ]);
  expect((await cloud.ask('GET', 'object/hosts', { headers })).status).toBe(200);
});
