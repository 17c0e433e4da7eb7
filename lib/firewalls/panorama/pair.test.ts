import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closedPort } from '../../../test/support/firewalls/closed-port.ts';
import { connectTo, objectNamed } from '../../../test/support/firewalls/panorama-connection.ts';
import type { FirewallConnection, Outcome } from '../../core/firewall.ts';
import type { Device } from './simulator/device.ts';
import { taggedAddresses } from './simulator/enforced.ts';
import type { PanoramaSimulator } from './simulator/index.ts';
import { startPanoramaSimulator } from './simulator/index.ts';

const web = objectNamed('web');
const serials = ['007051000000001', '007051000000002'] as const;

let simulator: PanoramaSimulator;
let one: Device;
let other: Device;
const opened: FirewallConnection[] = [];
beforeEach(async () => {
  simulator = await startPanoramaSimulator({ kind: 'panorama', managed: serials });
  [one, other] = [...simulator.device.managed.values()] as [Device, Device];
  failOver(other);
});
afterEach(async () => {
  for (const connection of opened.splice(0)) await connection.close();
  await simulator.stop();
});

function failOver(to: Device): void {
  for (const unit of [one, other]) unit.facts.role = unit === to ? 'active' : 'passive';
}

async function connect(more: Record<string, unknown> = {}): Promise<FirewallConnection> {
  const connection = await connectTo(simulator, { targets: serials, ...more });
  opened.push(connection);
  return connection;
}

async function add(connection: FirewallConnection, addresses: readonly string[]) {
  const [report] = await connection.apply([{ object: web, add: addresses, remove: [], expectedCount: 0 }]);
  return addresses.map((address) => stateOf(report?.outcomes.get(address)));
}

const stateOf = (outcome: Outcome | undefined) =>
  outcome?.state === 'failed' ? outcome.error.code : outcome?.state;
const put = (unit: Device, addresses: readonly string[]) => {
  for (const ip of addresses) unit.table().register(ip, [{ name: web.name, timeoutSeconds: 0 }]);
};
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => `10.1.${index >> 8}.${index & 255}`);

describe('a pair', () => {
  test.each([{}, { ha: { serials } }])(
    'is read where it is written, by every connection, settings %j',
    async (more) => {
      // What the passive unit holds may be old.
      put(one, ['10.1.0.9']);
      expect(await add(await connect(more), ['10.1.0.1'])).toEqual(['done']);
      const connection = await connect(more);
      expect(await connection.identity()).toEqual({
        serial: serials[1],
        version: '10.2.9',
        role: 'active',
      });
      expect(await connection.observeMembers(web)).toEqual(['10.1.0.1']);
      expect(await (await connect(more)).observeSome(web, ['10.1.0.1', '10.1.0.9'])).toEqual(
        new Map([
          ['10.1.0.1', true],
          ['10.1.0.9', false],
        ]),
      );
    },
  );

  test('is asked once which unit is active, and again for an identity and an attempt', async () => {
    const connection = await connect();
    await connection.observeMembers(web);
    await connection.observeMembers(web);
    // Both units, and two lists.
    expect(simulator.seen).toEqual({ reads: 4, writes: 0 });
    await add(connection, ['10.1.0.1']);
    expect(simulator.seen).toEqual({ reads: 6, writes: 1 });
    await connection.identity();
    expect(simulator.seen).toEqual({ reads: 9, writes: 1 });
  });

  test('that failed over is told by the identity, and by that of the last answer', async () => {
    const connection = await connect();
    expect((await connection.identity()).serial).toBe(serials[1]);
    failOver(one);
    expect(await add(connection, ['10.1.0.1'])).toEqual(['done']);
    expect(connection.lastIdentity()?.serial).toBe(serials[0]);
    expect((await connection.identity()).serial).toBe(serials[0]);
  });

  test.each([
    ['passive', 'passive', 'firewall/standby-unit'],
    ['passive', 'alone', 'firewall/standby-unit'],
    ['passive', 'away', 'firewall/unreachable'],
    ['away', 'passive', 'firewall/unreachable'],
    ['away', 'away', 'firewall/unreachable'],
  ] as const)(
    'of which one is %s and the other %s is neither read nor written',
    async (first, second, code) => {
      for (const [unit, role] of [
        [one, first],
        [other, second],
      ] as const) {
        put(unit, ['10.1.0.9']);
        unit.facts.connected = role !== 'away';
        unit.facts.role = role === 'away' ? 'active' : role;
      }
      const connection = await connect();
      for (const read of [connection.identity(), connection.observeMembers(web)])
        await expect(read).rejects.toMatchObject({ code });
      expect(await add(connection, ['10.1.0.1'])).toEqual([code]);
      expect(simulator.seen.writes).toBe(0);
    },
  );

  test('whose unit does not tell its state is not believed to be active', async () => {
    simulator.faults.add({ kind: 'empty-result', path: `target=${serials[0]}` });
    await expect((await connect()).observeMembers(web)).rejects.toMatchObject({
      code: 'firewall/unexpected-answer',
    });
  });
});

describe('a unit that changes in the middle', () => {
  test('of a listing ends it: half of one table and half of the other is no list', async () => {
    put(other, many(800));
    put(one, many(800).toReversed());
    const table = other.table();
    const rows = table.rows.bind(table);
    table.rows = () => {
      other.facts.connected = false;
      failOver(one);
      return rows();
    };
    const connection = await connect();
    await expect(connection.observeMembers(web)).rejects.toMatchObject({ code: 'firewall/unreachable' });
    expect((await connection.identity()).serial).toBe(serials[0]);
    expect(await connection.observeMembers(web)).toHaveLength(800);
  });

  test('of an attempt ends it: nothing of it goes to the other unit', async () => {
    const connection = await connect();
    one.facts.role = 'active';
    simulator.faults.add({ kind: 'passive', path: `user-id.*target=${serials[0]}`, after: 1 });
    const states = await add(connection, many(600));
    expect([states[0], states[599]]).toEqual(['done', 'firewall/standby-unit']);
    expect(taggedAddresses(one, web.name)).toHaveLength(500);
    expect(taggedAddresses(other, web.name)).toBeUndefined();
  });
});

test('a call that lost its target is answered by a device that nobody expects', async () => {
  const connection = await connect({ targets: [serials[1]] });
  simulator.faults.add({ kind: 'lost-target' });
  await expect(connection.identity()).rejects.toMatchObject({ code: 'firewall/unknown-device' });
});

describe('a pair of Panoramas', () => {
  const standbyOf = async () => ({
    port: await closedPort(),
    standby: { address: '127.0.0.1', port: simulator.port },
  });

  test('the one that is left carries tags to a managed firewall, whatever its own role', async () => {
    const connection = await connect({ ...(await standbyOf()), targets: [serials[1]] });
    expect((await connection.identity()).role).toBeUndefined();
    expect(await add(connection, ['10.1.0.1'])).toEqual(['done']);
    expect(taggedAddresses(other, web.name)).toEqual(['10.1.0.1']);
  });

  test('its own tables are written when it is active, and not before', async () => {
    const redistributing = { targets: undefined, redistribution: true, ha: { serials: [ownSerial()] } };
    const settings = { ...(await standbyOf()), ...redistributing };
    simulator.device.facts.role = 'passive';
    await expect((await connect(settings)).identity()).rejects.toMatchObject({
      code: 'firewall/unreachable',
    });
    simulator.device.facts.role = 'active';
    expect(await add(await connect(settings), ['10.1.0.1'])).toEqual(['done']);
  });
});

function ownSerial(): string {
  return simulator.device.facts.serial;
}
