import { afterEach, beforeEach, expect, test } from 'vitest';
import { RawFmc } from '../../../../test/support/firewalls/fmc-http.ts';
import { type FmcSimulator, startFmcSimulator } from './index.ts';

let simulator: FmcSimulator;
let fmc: RawFmc;

beforeEach(async () => {
  simulator = await startFmcSimulator();
  fmc = new RawFmc(simulator);
  await fmc.logIn();
});
afterEach(async () => await simulator.stop());

const host = (name: string, value = '10.0.0.1') => ({ name, type: 'Host', value });

async function status(method: string, path: string, body?: unknown): Promise<number> {
  return (await fmc.ask(method, path, { body })).status;
}

test('parameters and filters that a path does not know are refused, those of newer contracts on older releases, too', async () => {
  const { settings } = simulator.manager;
  const odd = [
    'object/hosts?sort=name',
    'object/hosts?filter=colour:red',
    'object/hosts?filter=nameOrValue:x;agentId:y',
    'object/dynamicobjects?filter=nameOrValue:x',
    'audit/auditrecords?name=x',
  ];
  for (const path of odd)
    expect(await fmc.refusal('GET', path), path).toEqual([
      400,
      expect.stringMatching(/^Invalid (query|filter)/),
    ]);
  expect(await status('GET', 'object/dynamicobjects?name=x&filter="nameStartsWith:z;unusedOnly:true"')).toBe(
    200,
  );
  settings.behaviour.unknownParameter = 'ignored';
  for (const path of odd) expect(await status('GET', path), path).toBe(200);
  settings.behaviour.unknownParameter = 'refused';
  const literals = [{ type: 'Host', value: '10.1.0.1' }];
  const group = await fmc.create('object/networkgroups', { name: 'g', literals });
  const body = { id: group, name: 'g', literals: [{ type: 'Host', value: '10.1.0.2' }] };
  const add = async () => await fmc.ask('PUT', `object/networkgroups/${group}?action=add`, { body });
  expect((await add()).body['literals']).toHaveLength(2);
  settings.release = [7, 1, 0];
  expect((await add()).status).toBe(400);
  const mappings = { add: [] };
  expect(await status('POST', 'object/dynamicobjectmappings?propagate=false', mappings)).toBe(400);
  settings.release = [7, 4, 0];
  expect(await status('POST', 'object/dynamicobjectmappings?propagate=false', mappings)).toBe(201);
});

test('bodies: fields that are not known, values, ids, and what was only shown', async () => {
  expect(await fmc.refusal('POST', 'object/hosts', { ...host('h'), colour: 'red' })).toEqual([
    422,
    expect.stringContaining('colour'),
  ]);
  const id = await fmc.create('object/hosts', host('h'));
  const shown = (await fmc.ask('GET', `object/hosts/${id}`)).body;
  expect(await status('PUT', `object/hosts/${id}`, shown)).toBe(422);
  const { links: _, metadata: __, ...plain } = shown;
  expect(await status('PUT', `object/hosts/${id}`, plain)).toBe(200);
  const web = await fmc.create('object/dynamicobjects', { name: 'web', objectType: 'IP' });
  expect(await status('PUT', 'object/dynamicobjects/web', { name: 'api' })).toBe(400);
  expect(await status('PUT', 'object/dynamicobjects/web', { id: web, name: 'api' })).toBe(200);
  expect(await status('POST', 'object/dynamicobjects', { name: 'x', items: [] })).toBe(422);
  const fqdn = { name: 'f', type: 'FQDN', value: 'example.com' };
  expect(await status('POST', 'object/fqdns', fqdn)).toBe(400);
  expect(await status('POST', 'object/fqdns', { ...fqdn, dnsResolution: 'IPV4_ONLY' })).toBe(201);
  expect(await status('POST', 'object/ranges', { name: 'r', value: '10.0.0.1-fd00::1' })).toBe(400);
  expect(await status('POST', 'object/ranges', { name: 'r', value: 'fd00::1-fd00::9' })).toBe(201);
  simulator.manager.settings.behaviour.emptyDescription = 'blank';
  expect((await fmc.ask('GET', `object/hosts/${id}`)).body['description']).toBe(' ');
});

test('paths and methods that are not there', async () => {
  const id = await fmc.create('object/hosts', host('h'));
  const web = await fmc.create('object/dynamicobjects', { name: 'web', objectType: 'IP' });
  const missing = [
    `object/hosts/${id}/parts`,
    `object/networkaddresses/${id}`,
    'object/operational/other?filter=uuid:x;type:Host',
    'deployment/deployabledevices/x/pendingchanges',
    'devices/devicerecords/x',
  ];
  for (const path of missing) expect(await status('GET', path), path).toBe(404);
  const wrong = [
    ['DELETE', `object/dynamicobjects/${web}/mappings`],
    ['PATCH', `object/hosts/${id}`],
    ['POST', 'audit/auditrecords'],
    ['PUT', 'object/dynamicobjects?bulk=true'],
    ['POST', 'object/networkaddresses'],
  ] as const;
  for (const [method, path] of wrong)
    expect(await fmc.refusal(method, path, method === 'DELETE' ? undefined : {}), path).toEqual([
      405,
      expect.stringContaining('is not supported'),
    ]);
  await fmc.create('object/networkgroups', { name: 'gh', objects: [{ id, type: 'Host' }] });
  const union = await fmc.items('object/networkaddresses?filter=nameOrValue:h&expanded=true');
  expect(union).toMatchObject([{ id, type: 'Host', value: '10.0.0.1' }]);
  expect(union).toHaveLength(1);
  expect(await fmc.items('object/networkaddresses?filter=nameOrValue:h;type:RANGE')).toEqual([]);
});

test('a bulk body is refused as a whole, and newer releases name the element', async () => {
  const body = [host('a'), host('b'), host('a')];
  const told = async (list: unknown) => {
    const said = await fmc.ask('POST', 'object/hosts?bulk=true', { body: list });
    const { messages } = said.body['error'] as { messages: { bulkPayloadIndex?: number }[] };
    return [said.status, messages[0]?.bulkPayloadIndex];
  };
  expect(await told(body)).toEqual([400, 2]);
  expect(await told([host('a'), host('b', 'x')])).toEqual([400, 1]);
  simulator.manager.settings.release = [7, 2, 0];
  expect(await told(body)).toEqual([400, undefined]);
  expect(await fmc.items('object/hosts?filter=nameOrValue:10.0.0.1')).toEqual([]);
});

test('network objects are deleted in bulk from 7.4 on, all or none', async () => {
  const [a, b, c] = [
    await fmc.create('object/hosts', host('a')),
    await fmc.create('object/hosts', host('b')),
    await fmc.create('object/hosts', host('c')),
  ];
  const group = await fmc.create('object/networkgroups', { name: 'g', objects: [{ id: b, type: 'Host' }] });
  const path = (...ids: string[]) => `object/hosts?bulk=true&filter=ids:${ids.join(',')}`;
  expect(await fmc.refusal('DELETE', path(a, b))).toEqual([400, expect.stringContaining('Object in use')]);
  expect(await fmc.items('object/hosts?filter=nameOrValue:10.0.0.1')).toHaveLength(3);
  expect(await status('DELETE', 'object/hosts?bulk=true')).toBe(400);
  const gone = await fmc.ask('DELETE', path(a, c));
  expect((gone.body['items'] as { name: string }[]).map(({ name }) => name)).toEqual(['a', 'c']);
  simulator.manager.settings.release = [7, 2, 11];
  expect(await status('DELETE', `object/networkgroups?bulk=true&filter=ids:${group}`)).toBe(405);
});

test('a deletion of dynamic objects by an empty list of ids takes all, one of too many none', async () => {
  await fmc.create('object/dynamicobjects', { name: 'web', objectType: 'IP' });
  const names = Array.from({ length: 1_001 }, (_, index) => `d${index}`);
  const many = { remove: { names } };
  expect(await status('POST', 'object/bulkdynamicobjects', many)).toBe(422);
  expect(await status('DELETE', 'object/dynamicobjects?bulk=true&filter=ids:')).toBe(200);
  expect(await fmc.items('object/dynamicobjects')).toEqual([]);
});

test('names that differ in case are one or two, as the switch says', async () => {
  await fmc.create('object/dynamicobjects', { name: 'web', objectType: 'IP' });
  await fmc.create('object/hosts', host('h'));
  simulator.manager.settings.behaviour.nameCase = 'ignored';
  expect(await status('POST', 'object/dynamicobjects', { name: 'WEB' })).toBe(400);
  expect(await status('POST', 'object/networks', { name: 'H', value: '10.0.0.0/8' })).toBe(400);
  simulator.manager.settings.behaviour.nameCase = 'exact';
  expect(await status('POST', 'object/dynamicobjects', { name: 'WEB' })).toBe(201);
});

test('a call about mappings holds 1,000 addresses, or objects where the switch says so', async () => {
  const id = await fmc.create('object/dynamicobjects', { name: 'web', objectType: 'IP' });
  const many = Array.from({ length: 1_001 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
  const post = async (mappings: readonly string[]) =>
    await status('POST', 'object/dynamicobjectmappings', { add: [{ dynamicObject: { id }, mappings }] });
  const put = async (mappings: readonly string[]) =>
    await status('PUT', `object/dynamicobjects/${id}/mappings`, { id, mappings });
  expect([await post(many), await put(many)]).toEqual([422, 422]);
  expect(await fmc.items(`object/dynamicobjects/${id}/mappings`)).toEqual([]);
  expect(await post(many.slice(1))).toBe(201);
  simulator.manager.settings.behaviour.mappingEntries = 'objects';
  expect([await post(many), await put(many)]).toEqual([201, 200]);
});

test('mappings: their order, their form, and clearing those of a whole owner', async () => {
  const { behaviour } = simulator.manager.settings;
  const make = async (name: string, agentId: string) =>
    await fmc.create('object/dynamicobjects', { name, objectType: 'IP', agentId });
  const [web, api] = [await make('web', 'ours'), await make('api', 'theirs')];
  const change = async (id: string, add: string[], remove: string[]) =>
    await status('POST', 'object/dynamicobjectmappings', {
      add: [{ dynamicObject: { id }, mappings: add }],
      remove: [{ dynamicObject: { id }, mappings: remove }],
    });
  const read = async (id: string) =>
    (await fmc.items(`object/dynamicobjects/${id}/mappings`)).map(({ mapping }) => mapping);
  await change(web, ['10.1.0.1'], ['10.1.0.1']);
  expect(await read(web)).toEqual(['10.1.0.1']);
  behaviour.mappingOrder = 'additions';
  await change(web, ['10.1.0.1'], ['10.1.0.1']);
  expect(await read(web)).toEqual([]);
  behaviour.mappingForm = 'masked';
  await change(api, ['10.1.0.1', 'fd00::1', '10.0.0.0/8'], []);
  expect(await read(api)).toEqual(['10.1.0.1/32', 'fd00::1/128', '10.0.0.0/8']);
  await change(api, [], ['10.1.0.1']);
  expect(await read(api)).toEqual(['fd00::1/128', '10.0.0.0/8']);
  await change(web, ['10.1.0.9'], []);
  expect(await status('DELETE', 'object/dynamicobjectmappings?bulk=true&filter=agentId:theirs')).toBe(200);
  expect([await read(web), await read(api)]).toEqual([['10.1.0.9/32'], []]);
  expect(await status('DELETE', 'object/dynamicobjectmappings?bulk=true&filter=unusedOnly:true')).toBe(200);
  expect(await read(web)).toEqual([]);
});
