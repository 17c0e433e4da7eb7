import { inspect } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import {
  applyTo,
  commentFor,
  connectTo,
  objectNamed,
} from '../../../../test/support/firewalls/fortigate-connection.ts';
import type { FirewallConnection } from '../../../core/firewall.ts';
import { enforcedAddresses } from '../simulator/enforced.ts';
import type { FortigateSimulator, SimulatorOptions } from '../simulator/index.ts';
import { startFortigateSimulator } from '../simulator/index.ts';

let simulator: FortigateSimulator;
let connection: FirewallConnection;
const feed = objectNamed('shop', 'push');
const other = objectNamed('other', 'push');
const createWith = { comment: commentFor(feed.name) };

async function start(options: SimulatorOptions = {}, more: Record<string, unknown> = {}): Promise<void> {
  simulator = await startFortigateSimulator(options);
  connection = await connectTo(simulator, more);
}

afterEach(async () => {
  await connection.close();
  await simulator.stop();
});

const entries = () => [...simulator.device.vdom('root').feeds.read(feed.name).entries.keys()];

test.each(['per-command', 'whole-request'] as const)(
  'a feed that is gone does not stop the others (%s)',
  async (unknownFeed) => {
    await start({ behaviour: { unknownFeed } });
    await applyTo(connection, feed, { createWith });
    const [here, gone] = await connection.apply([
      { object: feed, add: ['10.0.0.1'], remove: [], expectedCount: 1 },
      { object: other, add: ['10.0.0.1'], remove: [], expectedCount: 1 },
    ]);
    expect(here!.outcomes.get('10.0.0.1')).toEqual({ state: 'done' });
    expect(gone!.outcomes.get('10.0.0.1')).toMatchObject({
      state: 'failed',
      error: { code: 'firewall/object-missing' },
    });
    expect(entries()).toEqual(['10.0.0.1']);
  },
);

test.each([
  ['as configured', '7.0.12', '7.0.12'],
  ['other than configured', '7.2.0', '7.4'],
])('a version without pushed feeds is named, %s', async (_, version, configured) => {
  await start({ version }, { version: configured });
  const { report, states } = await applyTo(connection, feed, { add: ['10.0.0.1'], expectedCount: 1 });
  expect(states).toEqual({ '10.0.0.1': 'firewall/unsupported' });
  expect(inspect(report, { depth: 10 })).toContain('they exist from 7.2.1: use channel "objects"');
});

test('a count other than expected and lines without use are suspicious', async () => {
  await start();
  await applyTo(connection, feed, { createWith });
  const fewer = await applyTo(connection, feed, { add: ['10.0.0.1'], expectedCount: 5 });
  expect(fewer.states).toEqual({ '10.0.0.1': 'done' });
  expect(fewer.report).toMatchObject({ countAfter: 1, suspicion: { code: 'firewall/count-differs' } });
  simulator.device.vdom('root').feeds.run(feed.name, 'add', ['not an address']);
  const invalid = await applyTo(connection, feed, { add: ['10.0.0.2'], expectedCount: 2 });
  expect(invalid.report.suspicion).toMatchObject({ code: 'firewall/rejected' });
  await expect(connection.observeMembers(feed)).rejects.toThrow('not an address');
});

test('a push that was cut is reported as truncated', async () => {
  await start({ limits: { feedEntries: 2 } });
  const { report } = await applyTo(connection, feed, {
    createWith,
    add: ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
    expectedCount: 3,
  });
  expect(report).toMatchObject({ countAfter: 2, suspicion: { code: 'firewall/truncated' } });
});

test('a burst is one write, a very large one few', async () => {
  await start();
  await applyTo(connection, feed, { createWith });
  const addresses = Array.from({ length: 25_000 }, (_, index) => `10.7.${index >> 8}.${index & 255}`);
  const before = connection.usage();
  const burst = await applyTo(connection, feed, { add: addresses.slice(0, 1_000), expectedCount: 1_000 });
  const after = connection.usage();
  expect(burst.report.suspicion).toBeUndefined();
  expect(after.writes - before.writes).toBe(1);
  expect(after.calls - before.calls).toBe(2);
  const rest = await applyTo(connection, feed, {
    add: addresses.slice(1_000),
    remove: addresses.slice(0, 10),
    expectedCount: 24_990,
  });
  expect(rest.report.suspicion).toBeUndefined();
  expect(connection.usage().writes - after.writes).toBe(3);
  expect(entries()).toHaveLength(24_990);
});

test('a list that does not come is an error, not an empty group', async () => {
  await start();
  await applyTo(connection, feed, { createWith, add: ['10.0.0.1', '10.0.0.2'], expectedCount: 2 });
  expect(await connection.observeMembers(feed)).toEqual(['10.0.0.1', '10.0.0.2']);
  simulator.faults.add({ kind: 'reject', status: 500, path: 'entry-list' });
  await expect(connection.observeMembers(feed)).rejects.toMatchObject({ code: 'firewall/busy' });
});

test('a feed that was offered but cannot be pushed to is refused with the reason', async () => {
  await start();
  const table = simulator.device.vdom('root').table('system/external-resource');
  const resource = 'https://example.com/list';
  table?.create({ name: 'Web', type: 'address', resource, comments: 'zonebridge:offer:shop' });
  const offered = { ...feed, name: 'Web', create: 'offered' } as const;
  await expect(connection.observeObject(offered)).rejects.toMatchObject({ code: 'firewall/unsupported' });
  expect(await connection.observeObject({ ...offered, group: 'another' })).toMatchObject({ exists: true });
});

test('a creation whose reply is lost is settled by reading', async () => {
  await start();
  simulator.faults.add({ kind: 'drop-after-commit', method: 'POST', path: 'cmdb', times: 1 });
  const { report, states } = await applyTo(connection, feed, {
    createWith,
    add: ['10.0.0.1'],
    expectedCount: 1,
  });
  expect(report.created).toEqual({ state: 'done' });
  expect(states).toEqual({ '10.0.0.1': 'done' });
});

test('a feed that a person disabled is told, as nothing in it matches', async () => {
  await start();
  await applyTo(connection, feed, { createWith, add: ['10.0.0.1'], expectedCount: 1 });
  simulator.device.vdom('root').table('system/external-resource')?.update(feed.name, { status: 'disable' });
  expect(enforcedAddresses(simulator.device, 'push', feed.name)).toEqual([]);
  await expect(connection.observeObject(feed)).rejects.toMatchObject({
    code: 'firewall/rejected',
    message: expect.stringContaining('set its status to "enable"'),
  });
});
