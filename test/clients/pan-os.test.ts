import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { taggedAddresses } from '../../lib/firewalls/panorama/simulator/enforced.ts';
import {
  type PanoramaSimulator,
  startPanoramaSimulator,
} from '../../lib/firewalls/panorama/simulator/index.ts';
import { connectTo, objectNamed } from '../support/firewalls/panorama-connection.ts';
import { clients, isMissing } from './against-simulator.ts';
import { runPython } from './python.ts';

const object = objectNamed('web');

describe.skipIf(isMissing)('clients of PAN-OS that we did not write', () => {
  let simulator: PanoramaSimulator;
  let manager: PanoramaSimulator;

  beforeAll(async () => {
    simulator = await startPanoramaSimulator();
    manager = await startPanoramaSimulator({
      kind: 'panorama',
      managed: ['007051000000001'],
      deviceGroups: ['edge'],
      certificateDirectory: simulator.caFile.replace(/\/[^/]+$/, ''),
    });
  });
  afterAll(async () => {
    await manager.stop();
    await simulator.stop();
  });

  async function run(script: string): Promise<Record<string, unknown>> {
    if ('missing' in clients) throw new Error(clients.missing);
    return await runPython(clients.python, script, {
      PANOS_PORT: String(simulator.port),
      PANOS_KEY: simulator.gate.makeKey('zonebridge'),
      PANOS_PASSWORD: simulator.administrator.password,
      PANOS_CA: simulator.caFile,
      PANOS_TAG: object.name,
      PANORAMA_PORT: String(manager.port),
      PANORAMA_KEY: manager.apiKey,
    });
  }

  test('pan-os-python reads what our module wrote, and our module what it wrote', async () => {
    const connection = await connectTo(simulator);
    await connection.apply([
      { object, add: ['10.7.0.1', '10.7.0.2', 'fd00::3'], remove: [], expectedCount: 3 },
    ]);
    const tag = [object.name];
    const seen = await run('pan_os_python_client.py');
    expect(seen).toEqual({
      system: ['10.2.9', 'PA-VM'],
      before: { '10.7.0.1': tag, '10.7.0.2': tag, 'fd00::3': tag },
      after: { '10.7.0.2': tag, '10.7.0.3': tag, '10.7.0.9': ['theirs'], 'fd00::3': tag },
      deleteInUse: 'client-a cannot be deleted',
      committed: 'OK',
      nothingToCommit: null,
      groups: [['client-g', ['client-a'], null]],
      locks: true,
      panoramaCommit: 'OK',
      panoramaAddresses: ['pano-a'],
    });
    expect([...(await connection.observeMembers(object))].sort()).toEqual([
      '10.7.0.2',
      '10.7.0.3',
      'fd00::3',
    ]);
    await connection.close();
    expect(manager.device.pushed.has('edge')).toBe(true);
  });

  test('pan-python meets the answers that its own tests know', async () => {
    expect(await run('pan_python_client.py')).toEqual({
      wrongPassword: 'Invalid credentials.',
      keyLength: true,
      getMissing: ['success', '7'],
      showMissing: 'No such node',
      set: ['success', '20'],
      get: ['success', '19', 'low'],
      notRunning: 'No such node',
      tooLong: `address -> ${'n'.repeat(64)} can be at most 63 characters, but current length: 64`,
      strict: expect.any(String),
      afterStrict: ['success', '7'],
      register: 'success',
      twice: 'ip: 10.8.0.2 message: tag low already exists, ignore',
      notThere: 'ip: 10.8.0.3 message: tag low does not exist, ignore unreg',
      listed: expect.arrayContaining(['10.8.0.2']),
      target: 'success',
      away: '007051000000009 not connected',
    });
    const [behind] = manager.device.managed.values();
    expect(taggedAddresses(behind!, 'behind')).toEqual(['10.8.0.4']);
    expect(taggedAddresses(manager.device, 'behind')).toBeUndefined();
  });
});
