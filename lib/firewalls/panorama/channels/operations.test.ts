import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectTo, objectNamed } from '../../../../test/support/firewalls/panorama-connection.ts';
import type { FirewallConnection, ObjectChanges } from '../../../core/firewall.ts';
import { ownComment } from '../../../core/plan/ownership.ts';
import { editAs } from '../simulator/administration.ts';
import { groupAddresses, scopePath } from '../simulator/enforced.ts';
import { type PanoramaSimulator, startPanoramaSimulator } from '../simulator/index.ts';

const object = objectNamed('egress', 'objects');
const addresses = Array.from({ length: 60 }, (_, index) => `10.1.0.${index}`);

let simulator: PanoramaSimulator;
let connection: FirewallConnection;
beforeEach(async () => {
  simulator = await startPanoramaSimulator();
  connection = await connectTo(simulator);
  const comment = ownComment({ hub: 'test', firewall: 'edge-1', scope: 'vsys1', object: object.name });
  expect(await apply({ createWith: { comment }, add: addresses })).toEqual(['done']);
});
afterEach(async () => {
  await connection.close();
  await simulator.stop();
});

async function apply(changes: Partial<ObjectChanges>): Promise<string[]> {
  const [report] = await connection.apply([{ object, add: [], remove: [], expectedCount: 0, ...changes }]);
  return [...new Set([...(report?.outcomes.values() ?? [])].map(({ state }) => state))];
}

const enforced = () => groupAddresses(simulator.device, scopePath(simulator.device), object.name);

test('removals whose answer was lost are made once more in a few calls, however many they are', async () => {
  simulator.faults.add({ kind: 'drop-after-commit', path: 'action=multi-config', times: 1 });
  expect(await apply({ remove: addresses })).toEqual(['unknown']);
  const before = connection.usage().calls;
  expect(await apply({ remove: addresses })).toEqual(['done']);
  expect(connection.usage().calls - before).toBeLessThan(12);
  expect(enforced()).toEqual([]);
});

test('removals are not done because an answer was empty', async () => {
  simulator.faults.add({ kind: 'drop-after-commit', path: 'action=multi-config', times: 1 });
  await apply({ remove: addresses.slice(0, 10) });
  simulator.faults.add({ kind: 'empty-result', path: 'action=get', after: 1 });
  expect(await apply({ remove: addresses })).toEqual(['failed']);
  expect(enforced()).toHaveLength(60);
});

test('what a person removed already does not keep the rest from being removed', async () => {
  const group = `${scopePath(simulator.device)}/address-group/entry[@name='${object.name}']`;
  const [list] = simulator.device.config.read('running', `${group}/static`);
  const names = list!.children.map(({ text }) => text).filter((name) => /-10\.1\.0\.\d$/.test(name));
  expect(names).toHaveLength(10);
  const edits = names.map((name) => ({
    action: 'delete',
    xpath: `${group}/static/member[text()='${name}']`,
  }));
  editAs(simulator.device, { edits, commit: true });
  expect(await apply({ remove: addresses.slice(0, 20) })).toEqual(['done']);
  expect(enforced()?.sort()).toEqual(addresses.slice(20).sort());
});
