import { afterEach, beforeEach, expect, test } from 'vitest';
import { RawFmc } from '../../../../test/support/firewalls/fmc-http.ts';
import { type FmcSimulator, startFmcSimulator } from './index.ts';

let simulator: FmcSimulator;
let fmc: RawFmc;
let base: string;
let child: string;

beforeEach(async () => {
  simulator = await startFmcSimulator();
  fmc = new RawFmc(simulator);
  await fmc.logIn();
  base = await fmc.create('policy/accesspolicies', { name: 'company' });
  child = await fmc.create('policy/accesspolicies', { name: 'branch' });
});
afterEach(async () => await simulator.stop());

const rulesOf = (policy: string) => `policy/accesspolicies/${policy}/accessrules`;

async function rule(policy: string, name: string, query = ''): Promise<string> {
  return await fmc.create(`${rulesOf(policy)}${query}`, { name, action: 'ALLOW' });
}

async function inherit(policy: string, from: string): Promise<number> {
  const path = `policy/accesspolicies/${policy}/inheritancesettings/${policy}`;
  const basePolicy = { id: from, type: 'AccessPolicy' };
  const { status } = await fmc.ask('PUT', path, { body: { id: policy, basePolicy } });
  return status;
}

async function names(policy: string): Promise<unknown[]> {
  return (await fmc.items(rulesOf(policy))).map(({ name }) => name);
}

test('a policy that inherits lists the rules of its base around its own, numbered through, with the policy of each', async () => {
  await rule(base, 'last');
  const first = await rule(base, 'first', '?section=mandatory');
  await rule(child, 'own default');
  await rule(child, 'own', '?section=mandatory');
  expect(await names(child)).toEqual(['own', 'own default']);
  expect(await inherit(child, base)).toBe(200);
  expect(await names(child)).toEqual(['first', 'own', 'own default', 'last']);
  const shown = await fmc.items(`${rulesOf(child)}?expanded=true`);
  expect(shown.map(({ metadata }) => metadata)).toMatchObject([
    { ruleIndex: 1, section: 'Mandatory', accessPolicy: { id: base, name: 'company' } },
    { ruleIndex: 2, section: 'Mandatory', accessPolicy: { id: child, name: 'branch' } },
    { ruleIndex: 3, section: 'Default', accessPolicy: { id: child, name: 'branch' } },
    { ruleIndex: 4, section: 'Default', accessPolicy: { id: base, name: 'company' } },
  ]);
  expect(await names(base)).toEqual(['first', 'last']);
  const path = `policy/accesspolicies/${child}/inheritancesettings?expanded=true`;
  expect(await fmc.items(path)).toMatchObject([{ basePolicy: { id: base, name: 'company' } }]);
  // Through the one that inherits a rule can be read, and not be changed.
  expect((await fmc.ask('GET', `${rulesOf(child)}/${first}`)).status).toBe(200);
  expect((await fmc.ask('DELETE', `${rulesOf(child)}/${first}`)).status).toBe(404);
  expect(await inherit(base, child)).toBe(400);
  expect(await fmc.refusal('DELETE', `policy/accesspolicies/${base}`)).toEqual([
    400,
    expect.stringContaining('Object in use'),
  ]);
});

test('rules go where they are asked to, and names are taken once', async () => {
  await rule(base, 'one');
  await rule(base, 'three');
  await rule(base, 'two', '?insertBefore=2&insertAfter=2');
  await rule(base, 'four', '?insertAfter=3');
  expect(await names(base)).toEqual(['one', 'two', 'three', 'four']);
  const post = async (name: string, query = '') =>
    (await fmc.ask('POST', `${rulesOf(base)}${query}`, { body: { name, action: 'ALLOW' } })).status;
  expect(await post('one')).toBe(400);
  expect(await post('five', '?insertAfter=9')).toBe(400);
  expect(await post('five', '?section=middle')).toBe(400);
});

test('many rules are changed and deleted in one call, all or none', async () => {
  const path = `${rulesOf(base)}?bulk=true`;
  const made = await fmc.ask('POST', path, {
    body: ['a', 'b', 'c'].map((name) => ({ name, action: 'ALLOW' })),
  });
  const [a, b, c] = (made.body['items'] as { id: string }[]).map(({ id }) => id);
  const swapped = [
    { id: a, name: 'x', action: 'BLOCK' },
    { id: b, name: 'a', action: 'BLOCK' },
  ];
  expect((await fmc.ask('PUT', path, { body: swapped })).status).toBe(200);
  expect(await names(base)).toEqual(['x', 'a', 'c']);
  const part = await fmc.ask('PUT', `${path}&partialUpdate=true`, { body: [{ id: b, enabled: false }] });
  expect(part.body['items']).toMatchObject([{ name: 'a', action: 'BLOCK', enabled: false }]);
  const twins = await fmc.ask('PUT', path, {
    body: [
      { id: a, name: 'y', action: 'ALLOW' },
      { id: b, name: 'c', action: 'ALLOW' },
    ],
  });
  expect([twins.status, twins.body]).toMatchObject([400, { error: { messages: [{ bulkPayloadIndex: 1 }] } }]);
  expect(await names(base)).toEqual(['x', 'a', 'c']);
  expect((await fmc.ask('DELETE', `${path}&filter=ids:${a},none`)).status).toBe(404);
  expect((await fmc.ask('DELETE', path)).status).toBe(400);
  expect((await fmc.ask('DELETE', `${path}&filter=ids:${a},${c}`)).status).toBe(200);
  expect(await names(base)).toEqual(['a']);
});

test('a reference of another type is dropped without a word, and the rule stands for any', async () => {
  const literals = [{ type: 'Host', value: '10.1.0.1' }];
  const group = await fmc.create('object/networkgroups', { name: 'g', literals });
  const web = await fmc.create('object/dynamicobjects', { name: 'web', objectType: 'IP' });
  const post = async (name: string, types: { network: string; dynamic: string }) =>
    await fmc.ask('POST', rulesOf(base), {
      body: {
        name,
        action: 'ALLOW',
        sourceNetworks: { objects: [{ id: group, type: types.network }] },
        destinationDynamicObjects: { objects: [{ id: web, type: types.dynamic }] },
      },
    });
  const wrong = await post('wrong', { network: 'NetworkObjectGroup', dynamic: 'Dynamic' });
  expect([wrong.status, wrong.body]).toMatchObject([
    201,
    { sourceNetworks: { objects: [] }, destinationDynamicObjects: { objects: [] } },
  ]);
  const right = await post('right', { network: 'NetworkGroup', dynamic: 'AnyNonEmptyString' });
  expect(right.body).toMatchObject({
    sourceNetworks: { objects: [{ id: group, name: 'g', type: 'NetworkGroup' }] },
    destinationDynamicObjects: { objects: [{ id: web, name: 'web', type: 'DynamicObject' }] },
  });
  simulator.manager.settings.behaviour.wrongReference = 'refused';
  expect((await post('refused', { network: 'Host', dynamic: 'DynamicObject' })).status).toBe(400);
});
