import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectFmc, fmcComment, fmcObject } from '../../../../test/support/firewalls/fmc-connection.ts';
import { RawFmc } from '../../../../test/support/firewalls/fmc-http.ts';
import { seed } from '../../../../test/support/firewalls/fmc-rig.ts';
import { type FmcSimulator, startFmcSimulator } from '../simulator/index.ts';

let simulator: FmcSimulator;

beforeEach(async () => {
  simulator = await startFmcSimulator();
});
afterEach(async () => await simulator.stop());

test('a rule that other policies inherit is named once, with the policy that it belongs to', async () => {
  const { name } = fmcObject('web');
  const { id } = seed(
    simulator,
    { channel: 'dynamic', name },
    { description: fmcComment(name), addresses: [] },
  );
  const fmc = new RawFmc(simulator);
  await fmc.logIn();
  const policies: string[] = [];
  // The one that inherits comes first in the list, as its name would be found first.
  for (const policy of ['branch', 'company', 'lab'])
    policies.push(await fmc.create('policy/accesspolicies', { name: policy }));
  const [branch, company, lab] = policies;
  const sourceDynamicObjects = { objects: [{ id, type: 'DynamicObject' }] };
  const rule = { action: 'ALLOW', sourceDynamicObjects };
  await fmc.create(`policy/accesspolicies/${company}/accessrules`, { ...rule, name: 'everybody' });
  await fmc.create(`policy/accesspolicies/${branch}/accessrules`, { ...rule, name: 'here' });
  for (const policy of [branch, lab])
    await fmc.ask('PUT', `policy/accesspolicies/${policy}/inheritancesettings/${policy}`, {
      body: { id: policy, basePolicy: { id: company } },
    });
  const connection = await connectFmc(simulator);
  const use = await connection.references(fmcObject('web'));
  await connection.close();
  const field = 'sourceDynamicObjects';
  expect(use.users).toHaveLength(2);
  expect(use).toEqual({
    count: 2,
    users: expect.arrayContaining([
      { where: 'access policy company', key: 'everybody', field },
      { where: 'access policy branch', key: 'here', field },
    ]) as unknown,
  });
});
