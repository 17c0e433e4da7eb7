import { describe, expect, test } from 'vitest';
import type { FirewallConnection, ObjectRef } from '../../lib/core/firewall.ts';
import { startFmcSimulator } from '../../lib/firewalls/cisco-fmc/simulator/index.ts';
import { startFortigateSimulator } from '../../lib/firewalls/fortigate/simulator/index.ts';
import { startFortimanagerSimulator } from '../../lib/firewalls/fortimanager/simulator/index.ts';
import { startPanoramaSimulator } from '../../lib/firewalls/panorama/simulator/index.ts';
import { addressesIn, connectFmc, fmcComment, fmcObject } from '../support/firewalls/fmc-connection.ts';
import * as fortigate from '../support/firewalls/fortigate-connection.ts';
import * as fortimanager from '../support/firewalls/fortimanager-connection.ts';
import * as panorama from '../support/firewalls/panorama-connection.ts';
import { prepareGoClients, runGo } from './go.ts';

const clients = await prepareGoClients();
if ('missing' in clients) console.warn(clients.missing);

async function fill(connection: FirewallConnection, object: ObjectRef, add: string[], comment: string) {
  const [report] = await connection.apply([
    { object, createWith: { comment }, add, remove: [], expectedCount: add.length },
  ]);
  expect([...(report?.outcomes.values() ?? [])].every(({ state }) => state === 'done')).toBe(true);
}

async function run(
  client: string,
  { port, caFile }: { port: number; caFile: string },
  more: Record<string, string>,
): Promise<Record<string, unknown>> {
  if ('missing' in clients) throw new Error(clients.missing);
  return await runGo(clients.program, client, { PORT: String(port), CA_FILE: caFile, ...more });
}

/** What every library could do, without an error: make something of its own, change it, and delete it. */
const done = { create: '', delete: '' };

/** Libraries in Go that Terraform providers stand on. */
describe.skipIf('missing' in clients)('libraries of Terraform providers', () => {
  test.each(['6.4.14', '7.2.8', '7.4.4'])('that of FortiOS on %s', async (version) => {
    const simulator = await startFortigateSimulator({ version });
    const connection = await fortigate.connectTo(simulator);
    const object = fortigate.objectNamed('web', 'objects');
    await fill(connection, object, ['10.1.0.1', '10.1.0.2'], fortigate.commentFor(object.name));
    const seen = await run('fortios', simulator, { TOKEN: simulator.token, OURS: object.name });
    expect(seen).toEqual({
      ...done,
      version: `v${version}`,
      ours: [object.name, fortigate.commentFor(object.name), expect.arrayContaining(['zb-test-10.1.0.1'])],
      address: ['10.1.0.1 255.255.255.255', 'ipmask'],
      twice: true,
      update: '',
      read: ['theirs/a 1', 'changed'],
      group: '',
      inUse: true,
      deleteGroup: '',
      gone: [true, ''],
    });
    expect([...(await connection.observeMembers(object))].sort()).toEqual(['10.1.0.1', '10.1.0.2']);
    await connection.close();
    await simulator.stop();
  });

  test('that of FortiOS on a version that takes no token in a link', async () => {
    const simulator = await startFortigateSimulator({ version: '7.6.4' });
    await expect(run('fortios', simulator, { TOKEN: simulator.token, OURS: 'x' })).rejects.toThrow(
      'Authorization required',
    );
    await simulator.stop();
  });

  test('that of FortiManager', async () => {
    const simulator = await startFortimanagerSimulator({ workspace: 'disabled', devices: ['fgt-1'] });
    const connection = await fortimanager.connectTo(simulator, { install: 'partial' });
    const object = fortimanager.objectNamed('web', 'objects');
    await fill(connection, object, ['10.1.0.1', '10.1.0.2'], fortimanager.commentFor(object.name));
    const { name, password } = simulator.administrator;
    const seen = await run('fortimanager', simulator, {
      LOGIN_USER: name,
      LOGIN_PASSWORD: password,
      OURS: object.name,
    });
    expect(seen).toEqual({
      ...done,
      ours: [object.name, fortimanager.commentFor(object.name), ['zb-test-10.1.0.1', 'zb-test-10.1.0.2']],
      address: ['ipmask', '10.1.0.1 255.255.255.255'],
      twice: expect.stringContaining('exist'),
      update: '',
      read: ['changed', '10.9.9.1 255.255.255.255'],
      gone: true,
      task: true,
      logout: '',
      after: true,
    });
    expect([...(await connection.observeMembers(object))].sort()).toEqual(['10.1.0.1', '10.1.0.2']);
    await connection.close();
    await simulator.stop();
  });

  // It takes half a second between two calls.
  test.concurrent.each(['7.0', '7.4.1', '10.0'])('that of FMC on %s', async (version) => {
    const simulator = await startFmcSimulator({ version });
    const connection = await connectFmc(simulator);
    const object = fmcObject('web');
    const addresses = [...addressesIn(1, 1_100), 'fd00::1'];
    await fill(connection, object, addresses, fmcComment(object.name));
    const { user, password } = simulator.credentials;
    const seen = await run('fmc', simulator, {
      LOGIN_USER: user,
      LOGIN_PASSWORD: password,
      OURS: object.name,
    });
    expect(seen).toEqual({
      ...done,
      version: expect.stringContaining(version),
      ours: [object.name, fmcComment(object.name), 'IP'],
      mappings: [...addresses].sort(),
      twice: true,
      map: '',
      read: 2,
      gone: true,
      refresh: '',
    });
    await connection.close();
    await simulator.stop();
  });

  test('that of PAN-OS', async () => {
    const simulator = await startPanoramaSimulator();
    const connection = await panorama.connectTo(simulator);
    const object = panorama.objectNamed('web');
    await fill(connection, object, ['10.7.0.1', '10.7.0.2', 'fd00::3'], '');
    const seen = await run('panorama', simulator, { TOKEN: simulator.apiKey, OURS: object.name });
    expect(seen).toEqual({
      ...done,
      version: '10.2.9',
      ours: ['10.7.0.1', '10.7.0.2', 'fd00::3'],
      register: '',
      again: true,
      theirs: ['10.8.0.9'],
      read: ['10.9.9.1', 'by a client'],
      group: '',
      inUse: true,
      deleteGroup: '',
      gone: true,
    });
    expect([...(await connection.observeMembers(object))].sort()).toEqual([
      '10.7.0.2',
      '10.8.0.9',
      'fd00::3',
    ]);
    await connection.close();
    await simulator.stop();
  });
});
