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

test('until a deployment ends nobody writes, mappings included, and it can be followed', async () => {
  const { manager } = simulator;
  const web = await fmc.create('object/dynamicobjects', { name: 'web', objectType: 'IP' });
  await fmc.create('policy/accesspolicies', { name: 'edge' });
  manager.global.outOfDate = true;
  manager.settings.deploymentMilliseconds = 600_000;
  const request = { type: 'DeploymentRequest', deviceList: ['x'], deploymentNote: 'monday' };
  const long = { ...request, deploymentNote: 'x'.repeat(513) };
  expect((await fmc.ask('POST', 'deployment/deploymentrequests', { body: long })).status).toBe(400);
  const asked = await fmc.ask('POST', 'deployment/deploymentrequests', { body: request });
  expect(asked.status).toBe(202);
  const { task } = asked.body['metadata'] as { task: { id: string } };
  const state = async () => (await fmc.ask('GET', `job/taskstatuses/${task.id}`)).body['status'];
  const jobs = async (status: string) =>
    await fmc.items(`deployment/jobhistories?filter=jobType:DEPLOYMENT;status:${status}`);
  const devices = async () => await fmc.items('deployment/deployabledevices?expanded=true');
  const map = { add: [{ dynamicObject: { id: web }, mappings: ['10.1.0.1'] }] };
  expect(await state()).toBe('DEPLOYING');
  expect(await jobs('DEPLOYING')).toMatchObject([{ id: task.id, deploymentNote: 'monday' }]);
  expect(await devices()).toMatchObject([{ isDeploying: true, canBeDeployed: false }]);
  for (const [path, body] of [
    ['object/dynamicobjectmappings', map],
    ['deployment/deploymentrequests', request],
  ] as const)
    expect(await fmc.refusal('POST', path, body)).toEqual([
      429,
      expect.stringMatching(/^Parallel add\/update\/delete operations are blocked/),
    ]);
  manager.settings.deploymentMilliseconds = 0;
  expect(await state()).toBe('SUCCEEDED');
  expect(await jobs('DEPLOYED')).toHaveLength(1);
  expect(await jobs('DEPLOYING')).toEqual([]);
  expect(await devices()).toEqual([]);
  expect((await fmc.ask('POST', 'object/dynamicobjectmappings', { body: map })).status).toBe(201);
  expect((await fmc.ask('GET', 'job/taskstatuses/none')).status).toBe(404);
});

test('a list of devices shows their state with `expanded` only', async () => {
  simulator.manager.global.outOfDate = true;
  expect(await fmc.items('deployment/deployabledevices')).not.toMatchObject([{ canBeDeployed: true }]);
  expect(await fmc.items('deployment/deployabledevices?expanded=true')).toMatchObject([
    { canBeDeployed: true, isDeploying: false },
  ]);
});

test('the audit tells who wrote and from where, not who reads it', async () => {
  await fmc.create('object/hosts', { name: 'h', type: 'Host', value: '10.0.0.1' });
  const { commits } = simulator.manager;
  const [first] = commits.after(0);
  commits.append({ ...first!, source: '10.9.9.9', user: 'other' });
  expect(await fmc.items('audit/auditrecords')).toMatchObject([
    { username: 'other', source: '10.9.9.9' },
    { username: 'zonebridge', message: 'POST object/hosts', source: expect.stringContaining('127.0.0.1') },
  ]);
});
