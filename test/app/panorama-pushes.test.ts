import { afterEach, beforeEach, expect, test } from 'vitest';
import { names } from '../../lib/app/names.ts';
import { panorama } from '../../lib/firewalls/panorama/index.ts';
import { panoramaSettings } from '../../lib/firewalls/panorama/schema.ts';
import { groupAddresses, scopePath } from '../../lib/firewalls/panorama/simulator/enforced.ts';
import type { PanoramaSimulator } from '../../lib/firewalls/panorama/simulator/index.ts';
import { startPanoramaSimulator } from '../../lib/firewalls/panorama/simulator/index.ts';
import { panoramaSettingsFor } from '../support/firewalls/panorama-rig.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const serials = ['007051000000001', '007051000000002'];

let simulator: PanoramaSimulator;
let world: World;

/** The whole way from a pod to the firewalls of a Panorama, over HTTPS; only the hub lies in memory. */
beforeEach(async () => {
  simulator = await startPanoramaSimulator({ kind: 'panorama', managed: serials, deviceGroups: ['edge'] });
  const target = {
    firewall: 'edge',
    channel: 'objects',
    create: 'own',
    mode: 'sync',
    onForeignAdd: 'remove',
    acceptConfigChurn: { writesPerHour: 60 },
  } as const;
  world = new World([group('web', { publish: [target] })]);
  const edge = world.configuration.firewalls['edge']!;
  const more = { deviceGroup: 'edge', push: 'device-group' };
  const settings = panoramaSettings.parse(panoramaSettingsFor(simulator, more));
  world.configuration.firewalls['edge'] = { ...edge, kind: 'panorama', settings };
  world.ports.firewalls = { panorama };
  world.secrets.values.set(names.secret('test', 'edge'), simulator.apiKey);
  // The device ages with the hub.
  const { clock } = world;
  const sleep = clock.sleep.bind(clock);
  clock.sleep = async (milliseconds) => {
    simulator.passTime(milliseconds);
    await sleep(milliseconds);
  };
  await world.activate();
  await world.hello('agent-process-1');
});
afterEach(async () => await simulator.stop());

function onFirewall(serial: string): string[] | undefined {
  const tree = simulator.device.managed.get(serial)!.received;
  const name = panorama.objectName({ hub: 'test', group: 'web', channel: 'objects' });
  return tree && groupAddresses(simulator.device, scopePath(simulator.device, 'edge'), name, tree)?.sort();
}

function inLedger(address: string): boolean {
  return world.tables.store.all('ledger').some(({ key }) => key.sk?.endsWith(`|${address}`));
}

test('an address is in the books until every firewall lost it, however long commits and pushes take', async () => {
  await world.upsert(pod('a', '10.1.0.1', web));
  await world.upsert(pod('b', '10.1.0.2', web));
  expect(onFirewall(serials[1]!)).toEqual(['10.1.0.1', '10.1.0.2']);
  const before = simulator.device.jobs.all().length;
  simulator.device.behaviour.jobMs = 136_000;
  await world.send(world.removeChange('a'));
  for (let round = 0; inLedger('10.1.0.1'); round++) {
    expect(round).toBeLessThan(30);
    await world.settle(1);
    const gone = serials.every((serial) => onFirewall(serial)?.join() === '10.1.0.2');
    expect(inLedger('10.1.0.1') || gone).toBe(true);
    await world.clock.sleep(30_000);
  }
  expect(simulator.device.jobs.all().length - before).toBe(2);
});

test('an address that nobody wants any more does not come with a later change', async () => {
  await world.upsert(pod('b', '10.1.0.2', web));
  simulator.faults.add({ kind: 'drop-after-commit', path: 'action=multi-config', times: 1 });
  await world.send(world.upsertChange(pod('a', '10.1.0.1', web)));
  await world.send(world.removeChange('a'));
  await world.settle();
  await world.upsert(pod('c', '10.1.0.3', web));
  expect(onFirewall(serials[0]!)).toEqual(['10.1.0.2', '10.1.0.3']);
  expect(inLedger('10.1.0.1')).toBe(false);
});
