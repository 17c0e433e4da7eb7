import { afterEach, beforeEach, expect, test } from 'vitest';
import { editAs } from '../../lib/firewalls/panorama/simulator/administration.ts';
import { taggedAddresses } from '../../lib/firewalls/panorama/simulator/enforced.ts';
import type { PanoramaSimulator } from '../../lib/firewalls/panorama/simulator/index.ts';
import { startPanoramaSimulator } from '../../lib/firewalls/panorama/simulator/index.ts';
import { sandboxHub } from '../../lib/sandbox/configuration.ts';
import { panorama } from '../../lib/firewalls/panorama/index.ts';
import { OperatorWorld } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';

const web = {
  addresses: 'pod',
  anyNamespace: true,
  select: "app == 'web'",
  usedIn: 'allow',
  maxMembers: 50,
  owner: 'team@example.com',
  reviewBy: '2030-01-01',
  publish: [{ firewall: 'edge', channel: 'tags', create: 'own', mode: 'sync', onForeignAdd: 'remove' }],
};
const tag = panorama.objectName({ hub: sandboxHub, group: 'web', channel: 'tags', firewall: 'edge' });

let world: OperatorWorld;
let simulator: PanoramaSimulator;
beforeEach(async () => {
  simulator = await startPanoramaSimulator();
  world = await OperatorWorld.start({});
  const { port, caFile, apiKey } = simulator;
  // In the place of the FortiGate of this world.
  const entry = { kind: 'panorama', managedBy: undefined, device: 'firewall', version: '10.2', port, caFile };
  await world.write({ web }, entry);
  expect((await world.run(['secret', 'set', 'edge'], { stdin: apiKey })).code).toBe(0);
  expect((await world.run(['apply', '--yes'])).code).toBe(0);
});
afterEach(async () => {
  await world.stop();
  await simulator.stop();
});

const members = () => taggedAddresses(simulator.device, tag)?.sort();

test('a pod is in its tag after one call, and nothing is made before', async () => {
  await world.tell(pod('a', '10.1.0.1', { app: 'web' }));
  expect(members()).toEqual(['10.1.0.1']);
  const { writes } = simulator.seen;
  await world.tell(pod('b', '10.1.0.2', { app: 'web' }));
  expect(members()).toEqual(['10.1.0.1', '10.1.0.2']);
  expect(simulator.seen.writes).toBe(writes + 1);
  expect((await world.run(['groups'])).stdout).toContain('web');
});

test('what a person registers or removes under our tag is shown and dealt with by a comparison', async () => {
  await world.tell(pod('a', '10.1.0.1', { app: 'web' }), pod('b', '10.1.0.2', { app: 'web' }));
  const table = simulator.device.table();
  table.register('203.0.113.9', [{ name: tag, timeoutSeconds: 0 }]);
  table.unregister('10.1.0.2', [tag]);
  await world.run(['reconcile', 'edge']);
  await world.work();
  // The foreign address is gone; the one that a person took out stays out.
  expect(members()).toEqual(['10.1.0.1']);
});

test('retiring waits for the group that asks for the tag, then leaves nothing', async () => {
  await world.tell(pod('a', '10.1.0.1', { app: 'web' }));
  const base = "/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']";
  const rule = `${base}/rulebase/security/rules/entry[@name='allow web']`;
  const set = (xpath: string, element: string) => ({ action: 'set', xpath, element });
  editAs(simulator.device, {
    edits: [
      set(`${base}/address-group/entry[@name='shop']`, `<dynamic><filter>'${tag}'</filter></dynamic>`),
      set(rule, '<source><member>shop</member></source>'),
    ],
    commit: true,
  });
  const { port, caFile } = simulator;
  const entry = { kind: 'panorama', managedBy: undefined, device: 'firewall', version: '10.2', port, caFile };
  await world.write({}, entry);
  expect((await world.run(['apply', '--yes'])).code).toBe(0);
  const refused = await world.run(['retire', 'web', '--delete', '--yes', '--ticket', 'CHG-1']);
  expect(refused.stdout + refused.stderr).toContain('shop');
  expect(members()).toEqual(['10.1.0.1']);
  editAs(simulator.device, { edits: [{ action: 'delete', xpath: rule }], commit: true });
  await world.run(['retire', 'web', '--delete', '--yes', '--ticket', 'CHG-1']);
  await world.work();
  expect(members()).toBeUndefined();
});
