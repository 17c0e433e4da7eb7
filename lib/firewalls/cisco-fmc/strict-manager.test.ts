import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FirewallConnection, ObjectRef, ObjectReport } from '../../core/firewall.ts';
import {
  callsOf,
  connectFmc,
  fmcComment,
  fmcObject,
  fmcRequest,
} from '../../../test/support/firewalls/fmc-connection.ts';
import { RawFmc } from '../../../test/support/firewalls/fmc-http.ts';
import { ciscoFmc } from './index.ts';
import { type FmcSimulator, startFmcSimulator } from './simulator/index.ts';

/** What managers may do otherwise than most: our module has to get on with each. */
let simulator: FmcSimulator;
let connection: FirewallConnection;

beforeEach(async () => {
  simulator = await startFmcSimulator();
  connection = await connectFmc(simulator);
});
afterEach(async () => {
  await connection.close();
  await simulator.stop();
});

async function make(channel: string, add: readonly string[]): Promise<ObjectReport | undefined> {
  const object = fmcObject('web', channel);
  const createWith = { comment: fmcComment(object.name) };
  const [report] = await connection.apply([
    { object, createWith, add, remove: [], expectedCount: add.length },
  ]);
  return report;
}

async function change(add: readonly string[], remove: readonly string[] = []): Promise<unknown[]> {
  const [report] = await connection.apply([{ object: fmcObject('web'), add, remove, expectedCount: 1 }]);
  return outcomes(report);
}

/** A rule of a person, in a policy that we may not look into. */
function useInRule({ channel, name }: ObjectRef): void {
  const { global } = simulator.manager;
  const [path, field] =
    channel === 'dynamic'
      ? ['object/dynamicobjects', 'sourceDynamicObjects']
      : ['object/networkgroups', 'sourceNetworks'];
  const row = global.table(path).named(name)!;
  global.rules.set('p', [{ ...row, id: 'r', name: 'r', fields: { [field]: { objects: [{ id: row.id }] } } }]);
}

function outcomes(report: ObjectReport | undefined): unknown[] {
  return [...(report?.outcomes.values() ?? [])].map((one) =>
    one.state === 'done' ? 'done' : one.error.code,
  );
}

test.each([
  ['dynamic', 403],
  ['dynamic', 400],
  ['objects', 403],
  ['objects', 400],
] as const)(
  'a user who may do nothing but objects is enough for %s, where a missing right is %i',
  async (channel, missingRight) => {
    const { settings } = simulator.manager;
    settings.access = 'objects';
    settings.behaviour.missingRight = missingRight;
    const object = fmcObject('web', channel);
    expect(outcomes(await make(channel, ['10.1.0.1']))).toEqual(['done']);
    expect(await connection.observeMembers(object)).toEqual(['10.1.0.1']);
    expect(await connection.references(object)).toEqual({ count: 0, users: [] });
    useInRule(object);
    expect((await connection.references(object)).count).toBe(1);
    simulator.manager.global.rules.clear();
    await connection.deleteObject(object);
    expect((await connection.observeObject(object)).exists).toBe(false);
    const { rights, notes } = await ciscoFmc.diagnose!(fmcRequest(simulator, { settings: { ha: true } }), [
      channel,
    ]);
    expect(rights).toMatchObject([{ readable: true }]);
    expect(notes).toContainEqual(expect.objectContaining({ name: 'pair', state: 'warning' }));
    settings.access = 'read';
    expect((await make(channel, []))?.created).toMatchObject({
      error: { code: 'firewall/permission-denied' },
    });
  },
);

test('while somebody deploys nothing is written or split, and afterwards it follows', async () => {
  await make('dynamic', ['10.1.0.1']);
  const fmc = new RawFmc(simulator);
  await fmc.logIn();
  simulator.manager.settings.deploymentMilliseconds = 600_000;
  expect((await fmc.ask('POST', 'deployment/deploymentrequests', { body: {} })).status).toBe(202);
  callsOf(simulator);
  expect(await change(['10.1.0.2', '10.1.0.3'], ['10.1.0.1'])).toEqual(Array(3).fill('firewall/busy'));
  expect(callsOf(simulator)).toMatchObject({ reads: 0, writes: 3 });
  expect(await connection.observeMembers(fmcObject('web'))).toEqual(['10.1.0.1']);
  simulator.manager.settings.deploymentMilliseconds = 0;
  expect(await change(['10.1.0.2'], ['10.1.0.1'])).toEqual(['done', 'done']);
  expect(await connection.observeMembers(fmcObject('web'))).toEqual(['10.1.0.2']);
});

test('a manager that keeps addresses with their mask shows ours as we gave them, and takes them out', async () => {
  simulator.manager.settings.behaviour.mappingForm = 'masked';
  await make('dynamic', ['10.1.0.1', 'fd00::1']);
  expect(await connection.observeMembers(fmcObject('web'))).toEqual(['10.1.0.1', 'fd00::1']);
  expect(await change(['10.1.0.2'], ['10.1.0.1'])).toEqual(['done', 'done']);
  expect(await connection.observeMembers(fmcObject('web'))).toEqual(['fd00::1', '10.1.0.2']);
});

test('a blank in place of no description is no comment', async () => {
  simulator.manager.settings.behaviour.emptyDescription = 'blank';
  const fmc = new RawFmc(simulator);
  await fmc.logIn();
  const object = fmcObject('web');
  await fmc.create('object/dynamicobjects', { name: object.name, objectType: 'IP' });
  expect(await connection.observeObject(object)).toEqual({ exists: true, comment: '' });
});

test('a token that ended is renewed where the manager says 408', async () => {
  simulator.manager.settings.behaviour.expiredToken = 408;
  await make('dynamic', ['10.1.0.1']);
  simulator.world.gate.expire(false);
  callsOf(simulator);
  expect(await change(['10.1.0.2'])).toEqual(['done']);
  expect(callsOf(simulator)).toEqual({ logins: 1, reads: 0, writes: 2 });
});

test('a write that takes longer than we wait is done all the same, and nothing else is written until then', async () => {
  await make('dynamic', ['10.1.0.1']);
  const { settings, commits } = simulator.manager;
  const hasty = await connectFmc(simulator, { settings: { timeoutMs: 1_000 } });
  settings.writeMilliseconds = 600_000;
  const [late] = await hasty.apply([
    { object: fmcObject('web'), add: ['10.1.0.2'], remove: ['10.1.0.1'], expectedCount: 1 },
  ]);
  expect(outcomes(late)).toEqual(['firewall/outcome-unknown', 'firewall/outcome-unknown']);
  // As it was: whoever reads back now knows nothing yet.
  expect(await connection.observeMembers(fmcObject('web'))).toEqual(['10.1.0.1']);
  const before = commits.last;
  expect(await change(['10.1.0.3'])).toEqual(['firewall/busy']);
  settings.writeMilliseconds = 0;
  await vi.waitUntil(() => commits.last > before, { timeout: 20_000 });
  expect(await connection.observeMembers(fmcObject('web'))).toEqual(['10.1.0.2']);
  await hasty.close();
});

test('too many requests are told in the words of the API in front of the cloud', async () => {
  const cloud = await startFmcSimulator({
    version: 'cdfmc',
    limits: { requestsPerMinute: 0 },
    behaviour: { throttledBy: 'edge', retryAfter: 'seconds' },
  });
  const fresh = await connectFmc(cloud);
  await expect(fresh.observeObject(fmcObject('web'))).rejects.toMatchObject({
    code: 'firewall/throttled',
    message: expect.stringContaining('TOO_MANY_REQUESTS') as unknown,
    fields: { retryAfterSeconds: 30 },
  });
  await fresh.close();
  await cloud.stop();
});
