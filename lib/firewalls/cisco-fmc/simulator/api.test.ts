import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  fmcAuth as auth,
  fmcDomain as domain,
  problemOf as problem,
  RawFmc,
} from '../../../../test/support/firewalls/fmc-http.ts';
import { type FmcSimulator, startFmcSimulator } from './index.ts';

let simulator: FmcSimulator;
let raw: RawFmc;
let token: string;

beforeEach(async () => {
  simulator = await startFmcSimulator({ version: '7.4.1', domains: ['DEV'] });
  raw = new RawFmc(simulator);
  token = (await raw.logIn()).token;
});
afterEach(async () => await simulator.stop());

const ask: RawFmc['ask'] = async (...asked) => await raw.ask(...asked);
const logIn = async () => await raw.logIn();
const create: RawFmc['create'] = async (...asked) => await raw.create(...asked);

test('a login is 204 with four headers and no body', async () => {
  const { said } = await logIn();
  expect(said.status).toBe(204);
  expect(JSON.parse(String(said.headers['domains']))).toMatchObject([
    { name: 'Global' },
    { name: 'Global/DEV' },
  ]);
  expect(said.headers['domain_uuid']).toBe('e276abec-e0f2-11e3-8169-6d9ed49b625f');
  const wrong = await ask('POST', `${auth}/generatetoken`, { headers: { authorization: 'Basic bm86bm8=' } });
  expect([wrong.status, problem(wrong)]).toEqual([401, 'User authentication failed']);
});

test('a token is refreshed three times and not once more', async () => {
  let { refresh } = await logIn();
  for (let time = 0; time < 3; time++) {
    const said = await ask('POST', `${auth}/refreshtoken`, { headers: { 'x-auth-refresh-token': refresh } });
    expect(said.status).toBe(204);
    refresh = String(said.headers['x-auth-refresh-token']);
  }
  const fourth = await ask('POST', `${auth}/refreshtoken`, { headers: { 'x-auth-refresh-token': refresh } });
  expect([fourth.status, problem(fourth)]).toEqual([401, 'Invalid refresh token']);
  simulator.world.gate.expire(false);
  const ended = await ask('GET', `${domain}/object/hosts`);
  expect([ended.status, problem(ended)]).toEqual([401, 'Access token invalid.']);
});

test('a second login ends the first where the switch says so', async () => {
  expect((await logIn()).token).not.toBe(token);
  expect((await ask('GET', `${domain}/object/hosts`)).status).toBe(200);
  simulator.manager.settings.behaviour.secondLogin = 'ends-first';
  await logIn();
  expect((await ask('GET', `${domain}/object/hosts`)).status).toBe(401);
});

test('the 121st request within a minute is refused before 7.4.1, the 301st from then on', async () => {
  const { limits } = simulator.manager.settings;
  expect(limits.requestsPerMinute).toBe(300);
  const old = await startFmcSimulator({ version: '7.2.11' });
  expect(old.manager.settings.limits.requestsPerMinute).toBe(120);
  await old.stop();
  limits.requestsPerMinute = 3;
  expect((await ask('GET', `${domain}/object/hosts`)).status).toBe(200);
  expect((await ask('GET', `${domain}/object/hosts`)).status).toBe(200);
  const refused = await ask('GET', `${domain}/object/hosts`);
  expect(refused.status).toBe(429);
  expect(refused.headers['retry-after']).toBeUndefined();
});

test('a second write at the same time is refused by its text, whatever it is for', async () => {
  const { traffic } = simulator.world;
  const first = traffic.write({ writeMilliseconds: 20 }, () => 'done');
  await expect(traffic.write({ writeMilliseconds: 0 }, () => 'never')).rejects.toMatchObject({
    status: 429,
    message: expect.stringMatching(/^Parallel add\/update\/delete operations are blocked/) as string,
  });
  expect(await first).toBe('done');
  expect(await traffic.write({ writeMilliseconds: 0 }, () => 'later')).toBe('later');
});

test('more than ten requests under way from one source are refused', () => {
  const { traffic, manager } = simulator.world;
  const leave = Array.from({ length: 10 }, () => traffic.enter('10.0.0.1', manager.settings));
  expect(() => traffic.enter('10.0.0.1', manager.settings)).toThrow(/Too many requests/);
  traffic.enter('10.0.0.2', manager.settings)();
  leave[0]!();
  expect(() => traffic.enter('10.0.0.1', manager.settings)).not.toThrow();
});

test('an empty list has no items; pages are 25 long and name those that follow', async () => {
  const empty = await ask('GET', `${domain}/object/dynamicobjects`);
  expect(empty.body).not.toHaveProperty('items');
  expect(empty.body['paging']).toMatchObject({ count: '0' });
  const body = Array.from({ length: 60 }, (_, index) => ({ name: `d${index}`, objectType: 'IP' }));
  expect((await ask('POST', `${domain}/object/dynamicobjects?bulk=true`, { body })).status).toBe(201);
  const first = await ask('GET', `${domain}/object/dynamicobjects?expanded=True`);
  expect(first.body['items']).toHaveLength(25);
  const { next } = first.body['paging'] as { next: string[] };
  expect(next).toHaveLength(2);
  const last = await ask('GET', next[1]!.slice(`https://127.0.0.1:${simulator.port}`.length));
  expect(last.body['items']).toHaveLength(10);
  expect(JSON.stringify(first.body['items'])).toContain('objectType');
  const short = await ask('GET', `${domain}/object/dynamicobjects?limit=2000`);
  expect(JSON.stringify(short.body['items'])).not.toContain('objectType');
});

test('network objects: names, values, duplicates, references, use, system objects', async () => {
  const host = await create('object/hosts', { name: 'h', type: 'Host', value: '10.0.0.1' });
  const post = (path: string, body: unknown) => ask('POST', `${domain}/object/${path}`, { body });
  expect(problem(await post('hosts', { name: 'h', type: 'Host', value: '10.0.0.2' }))).toMatch(
    /Duplicate Name.*already exists/,
  );
  expect((await post('networks', { name: 'h', type: 'Network', value: '10.0.0.0/8' })).status).toBe(400);
  expect((await post('hosts', { name: 'x'.repeat(65), type: 'Host', value: '10.0.0.2' })).status).toBe(400);
  expect((await post('hosts', { name: 'n', type: 'Host', value: '10.0.0.0/8' })).status).toBe(400);
  expect((await post('hosts', 'no json')).status).toBe(422);
  const literals = [{ type: 'Host', value: '10.1.0.1' }];
  const objects = [{ id: host, type: 'Host' }];
  const group = await create('object/networkgroups', { name: 'g', type: 'NetworkGroup', objects, literals });
  expect((await post('networkgroups', { name: 'empty', type: 'NetworkGroup' })).status).toBe(400);
  expect(
    (await post('networkgroups', { name: 'm', literals: [{ type: 'Host', value: '10.1.0.1/32' }] })).status,
  ).toBe(400);
  // A type that does not fit takes the member out without a word.
  const odd = await post('networkgroups', {
    name: 'odd',
    objects: [{ id: group, type: 'NetworkObjectGroup' }],
    literals,
  });
  expect(odd.body).not.toHaveProperty('objects');
  const path = `${domain}/object/networkgroups/${group}`;
  const cycle = { id: group, name: 'g', objects: [{ id: group, type: 'NetworkGroup' }] };
  expect(problem(await ask('PUT', path, { body: cycle }))).toMatch(/cannot contain itself/);
  const added = await ask('PUT', `${path}?action=add`, {
    body: { id: group, name: 'g', literals: [{ type: 'Host', value: '10.1.0.2' }] },
  });
  expect(added.body['literals']).toHaveLength(2);
  const used = await ask('DELETE', `${domain}/object/hosts/${host}`);
  expect([used.status, problem(used)]).toEqual([400, expect.stringContaining('Object in use')]);
  const usage = await ask('GET', `${domain}/object/operational/usage?filter=uuid:${host};type:Host`);
  expect(usage.body['items']).toMatchObject([{ id: group, name: 'g', type: 'NetworkGroup' }]);
  const system = await ask('GET', `${domain}/object/hosts?filter=nameOrValue:any-ipv6&expanded=true`);
  const [any] = system.body['items'] as { id: string }[];
  expect((await ask('DELETE', `${domain}/object/hosts/${any!.id}`)).status).toBe(400);
});

test('mappings: by id or name, as they were typed, no ranges, all or nothing', async () => {
  const id = await create('object/dynamicobjects', { name: 'web', objectType: 'IP' });
  const many = (body: unknown) => ask('POST', `${domain}/object/dynamicobjectmappings`, { body });
  const byName = { add: [{ dynamicObject: { name: 'web' }, mappings: ['10.1.0.1', '1.2.3.4/24'] }] };
  const said = await many(byName);
  expect([said.status, said.body]).toEqual([201, byName]);
  const before = await ask('GET', `${domain}/object/dynamicobjects/web/mappings`);
  expect(before.body['items']).toEqual([{ mapping: '10.1.0.1' }, { mapping: '1.2.3.4/24' }]);
  for (const wrong of ['10.0.0.1-10.0.0.9', 'example.com', 'x'])
    expect((await many({ add: [{ dynamicObject: { id }, mappings: ['10.9.9.9', wrong] }] })).status).toBe(
      400,
    );
  const gone = {
    add: [{ dynamicObject: { id }, mappings: ['10.9.9.9'] }],
    remove: [{ dynamicObject: { id: 'no' }, mappings: [] }],
  };
  expect((await many(gone)).status).toBe(404);
  const counted = await ask('GET', `${domain}/object/dynamicobjects/${id}?includeCount=true`);
  expect(counted.body['metadata']).toMatchObject({ mappingsCount: 2 });
  const put = (action: string) =>
    ask('PUT', `${domain}/object/dynamicobjects/${id}/mappings?action=${action}`, {
      body: { id, mappings: ['10.1.0.1'] },
    });
  await put('remove');
  simulator.manager.settings.behaviour.repeatedMapping = 'refused';
  expect((await put('remove')).status).toBe(400);
  simulator.manager.settings.behaviour.repeatedMapping = 'ignored';
  expect((await put('remove_all')).status).toBe(200);
  expect((await ask('GET', `${domain}/object/dynamicobjects/${id}/mappings`)).body).not.toHaveProperty(
    'items',
  );
});

test('bulkdynamicobjects is 201 with an outcome for each, and came later than the rest', async () => {
  await create('object/dynamicobjects', { name: 'web', objectType: 'IP' });
  const body = { add: [{ name: 'web' }, { name: 'api' }], remove: { names: ['nobody'] } };
  const said = await ask('POST', `${domain}/object/bulkdynamicobjects`, { body });
  expect(said.status).toBe(201);
  expect(said.body).toMatchObject({
    add: [
      { name: 'web', status: 'FAILED' },
      { name: 'api', status: 'SUCCESS' },
    ],
    remove: [{ status: 'FAILED' }],
  });
  simulator.manager.settings.release = [7, 0, 0];
  expect((await ask('POST', `${domain}/object/bulkdynamicobjects`, { body })).status).toBe(404);
});

test('a change of a network object in a policy waits for a deployment, a mapping does not', async () => {
  const host = await create('object/hosts', { name: 'h', type: 'Host', value: '10.0.0.1' });
  const web = await create('object/dynamicobjects', { name: 'web', objectType: 'IP' });
  const policy = await create('policy/accesspolicies', { name: 'edge', defaultAction: { action: 'BLOCK' } });
  await create(`policy/accesspolicies/${policy}/accessrules`, {
    name: 'r',
    action: 'ALLOW',
    sourceNetworks: { objects: [{ id: host, type: 'Host' }] },
    sourceDynamicObjects: { objects: [{ id: web, type: 'DynamicObject' }] },
  });
  const waiting = async () => (await ask('GET', `${domain}/deployment/deployabledevices`)).body['items'];
  expect(await waiting()).toHaveLength(1);
  const deployed = await ask('POST', `${domain}/deployment/deploymentrequests`, {
    body: { type: 'DeploymentRequest' },
  });
  expect(deployed.status).toBe(202);
  await ask('POST', `${domain}/object/dynamicobjectmappings`, {
    body: { add: [{ dynamicObject: { id: web }, mappings: ['10.1.0.1'] }] },
  });
  expect(await waiting()).toBeUndefined();
  await ask('PUT', `${domain}/object/hosts/${host}`, {
    body: { id: host, name: 'h', type: 'Host', value: '10.0.0.2' },
  });
  expect(await waiting()).toHaveLength(1);
  const unused = await ask('GET', `${domain}/object/dynamicobjects?filter=unusedOnly:true`);
  expect(unused.body).not.toHaveProperty('items');
  expect((await ask('DELETE', `${domain}/object/dynamicobjects/${web}`)).status).toBe(400);
  const audit = await ask('GET', `${domain}/audit/auditrecords`);
  expect(audit.body['items']).toMatchObject([
    { message: 'PUT object/hosts', username: 'zonebridge' },
    {},
    {},
    {},
    {},
    {},
    {},
  ]);
});

test('the unit in reserve, a user who may only read, and bodies beyond 2 MB are refused', async () => {
  const { settings } = simulator.manager;
  const post = (body: unknown) => ask('POST', `${domain}/object/hosts`, { body });
  settings.role = 'standby';
  expect((await post({ name: 'h', type: 'Host', value: '10.0.0.1' })).status).toBe(403);
  settings.role = 'active';
  settings.access = 'read';
  const refused = await post({ name: 'h', type: 'Host', value: '10.0.0.1' });
  expect([refused.status, problem(refused)]).toEqual([403, expect.stringContaining('not authorized')]);
  settings.access = 'read-write';
  expect((await post({ name: 'h', description: 'x'.repeat(2_048_000) })).status).toBe(422);
  expect((await ask('PATCH', `${domain}/object/hosts`, { body: {} })).status).toBe(405);
  expect((await ask('GET', '/api/fmc_config/v1/domain/none/object/hosts')).status).toBe(404);
});

test('the cloud has a gateway of its own in front', async () => {
  await simulator.stop();
  simulator = await startFmcSimulator({ version: 'cdfmc' });
  raw = new RawFmc(simulator);
  const headers = { authorization: `Bearer ${simulator.credentials.apiToken}` };
  for (const prefix of ['/firewall/v1/cdfmc', ''])
    expect((await ask('GET', `${prefix}${domain}/object/hosts`, { headers })).status).toBe(200);
  const wrong = await ask('GET', `${domain}/object/hosts`, { headers: { authorization: 'Bearer a.b.c' } });
  expect([wrong.status, wrong.body]).toEqual([
    401,
    expect.objectContaining({
      error: 'Unauthorized',
      message: 'CDO token is invalid',
      requestId: expect.any(String) as string,
    }),
  ]);
  expect((await ask('POST', `${auth}/generatetoken`, { headers })).status).toBe(404);
  expect(await readFile(simulator.caFile, 'utf8')).toContain('BEGIN CERTIFICATE');
});

test('its administration needs the login, changes it while it runs, and refuses what does not fit', async () => {
  const admin = '/_simulator/device';
  expect((await ask('GET', admin)).status).toBe(401);
  const { user, password } = simulator.credentials;
  const headers = { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  const changed = await ask('POST', admin, {
    headers,
    body: { version: '7.0', behaviour: { secondLogin: 'ends-first' } },
  });
  expect(changed.body).toMatchObject({ release: '7.0.0', behaviour: { secondLogin: 'ends-first' } });
  const wrong = await ask('POST', admin, { headers, body: { colour: 'red' } });
  expect([wrong.status, wrong.body['error']]).toEqual([400, expect.stringContaining('colour')]);
});
