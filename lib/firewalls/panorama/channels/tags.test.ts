import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { connectTo, objectNamed } from '../../../../test/support/firewalls/panorama-connection.ts';
import type { FirewallConnection, ObjectChanges, ObjectReport } from '../../../core/firewall.ts';
import { editAs } from '../simulator/administration.ts';
import { taggedAddresses } from '../simulator/enforced.ts';
import type { PanoramaSimulator, SimulatorOptions } from '../simulator/index.ts';
import { startPanoramaSimulator } from '../simulator/index.ts';

const web = objectNamed('web');
const api = objectNamed('api');
const units = ['007051000000001', '007051000000002'];

let simulator: PanoramaSimulator;
let connection: FirewallConnection;
afterEach(async () => {
  await connection.close();
  await simulator.stop();
});

async function start(options: SimulatorOptions = {}, settings: Record<string, unknown> = {}): Promise<void> {
  simulator = await startPanoramaSimulator(options);
  connection = await connectTo(simulator, settings);
}

async function apply(...changes: Partial<ObjectChanges>[]): Promise<readonly ObjectReport[]> {
  return await connection.apply(
    changes.map((change) => ({ object: web, add: [], remove: [], expectedCount: 0, ...change })),
  );
}

function states(report: ObjectReport | undefined): Record<string, string> {
  const entries = [...(report?.outcomes ?? [])].map(([address, outcome]) => [
    address,
    outcome.state === 'failed' ? outcome.error.code : outcome.state,
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

const many = (count: number, second = 1) =>
  Array.from({ length: count }, (_, index) => `10.${second}.${index >> 8}.${index & 255}`);

describe('one message', () => {
  test('moves an address from one tag to the other, and leaves the tags of others', async () => {
    await start();
    const table = simulator.device.table();
    table.register('10.1.0.1', [{ name: 'theirs', timeoutSeconds: 0 }]);
    await apply({ add: ['10.1.0.1'] });
    const { writes, reads } = simulator.seen;
    await apply({ remove: ['10.1.0.1'] }, { object: api, add: ['10.1.0.1'] });
    expect(simulator.seen).toEqual({ reads, writes: writes + 1 });
    expect(table.rows()).toMatchObject([{ ip: '10.1.0.1', tags: ['theirs', api.name] }]);
  });

  test('a burst of 1,000 changes is two calls', async () => {
    await start();
    const addresses = many(1_000);
    const [report] = await apply({ add: addresses, expectedCount: 1_000 });
    expect(new Set(Object.values(states(report)))).toEqual(new Set(['done']));
    expect(simulator.seen).toEqual({ reads: 0, writes: 2 });
    expect(taggedAddresses(simulator.device, web.name)).toHaveLength(1_000);
  });

  test.each(['page', 'total'] as const)(
    'lists every page, whether count is that of the %s',
    async (count) => {
      await start({ behaviour: { count } });
      for (const size of [499, 500, 501, 1_000, 1_001]) {
        const object = objectNamed(`sized-${size}`);
        await apply({ object, add: many(size) });
        expect(await connection.observeMembers(object)).toHaveLength(size);
      }
    },
  );

  test.each(['page', 'total'] as const)(
    'a list that lost an entry is no answer, with count of the %s',
    async (count) => {
      await start({ behaviour: { count } });
      await apply({ add: many(700) });
      simulator.faults.add({ kind: 'cut-list' });
      await expect(connection.observeMembers(web)).rejects.toMatchObject({
        code: 'firewall/unexpected-answer',
      });
    },
  );

  test('a success that holds no list is no empty list', async () => {
    await start();
    await apply({ add: many(5) });
    simulator.faults.add({ kind: 'empty-result', path: 'type=op' });
    const unexpected = { code: 'firewall/unexpected-answer' };
    await expect(connection.observeMembers(web)).rejects.toMatchObject(unexpected);
    await expect(connection.observeObject(web)).rejects.toMatchObject(unexpected);
    for (const some of [many(1), many(5)])
      await expect(connection.observeSome(web, some)).rejects.toMatchObject(unexpected);
  });
});

describe('what is there already', () => {
  test.each([
    ['refused', 'error'],
    ['refused', 'success'],
    ['ignored', 'error'],
  ] as const)('is done where a device has it %s, named in %s', async (duplicates, refusals) => {
    await start({ behaviour: { duplicates, refusals } });
    await apply({ add: ['10.1.0.1', '10.1.0.2'] });
    const [report] = await apply({ add: ['10.1.0.2', '10.1.0.3'], remove: ['10.1.0.1', '10.1.0.9'] });
    expect(new Set(Object.values(states(report)))).toEqual(new Set(['done']));
    expect(taggedAddresses(simulator.device, web.name)?.sort()).toEqual(['10.1.0.2', '10.1.0.3']);
  });

  test('in one of two groups of an address does not hide that the other lacks it', async () => {
    await start();
    await apply({ add: ['10.1.0.1'] });
    simulator.device.table().refuseOnce('10.1.0.1', api.name);
    const reports = await apply({ add: ['10.1.0.1'] }, { object: api, add: ['10.1.0.1'] });
    expect(reports.map(states)).toEqual([{ '10.1.0.1': 'done' }, { '10.1.0.1': 'done' }]);
    expect(taggedAddresses(simulator.device, api.name)).toEqual(['10.1.0.1']);
  });
});

describe('what cannot be added', () => {
  test('a 33rd tag of an address is refused with the reason, and nobody loses a tag', async () => {
    await start();
    const theirs = Array.from({ length: 32 }, (_, index) => ({ name: `t${index}`, timeoutSeconds: 0 }));
    simulator.device.table().register('10.1.0.1', theirs);
    const [report] = await apply({ add: ['10.1.0.1', '10.1.0.2'] });
    expect(states(report)).toEqual({ '10.1.0.1': 'firewall/table-full', '10.1.0.2': 'done' });
    expect(inspect(report?.outcomes.get('10.1.0.1'))).toContain('carries 32 tags already');
    expect(simulator.device.table().rows()[0]?.tags).toHaveLength(32);
  });

  test.each(['error', 'success'] as const)(
    'a full table is told per address, in %s, and removals still make room',
    async (refusals) => {
      await start({ behaviour: { refusals } });
      await apply({ add: ['10.1.0.1', '10.1.0.2'] });
      simulator.device.facts.registeredIpsMax = 2;
      const [report] = await apply({ add: ['10.1.0.3', '10.1.0.4'], remove: ['10.1.0.1'] });
      expect(states(report)).toEqual({
        '10.1.0.1': 'done',
        '10.1.0.3': 'done',
        '10.1.0.4': 'firewall/table-full',
      });
    },
  );

  test('a tag that is not ours by its name is not touched', async () => {
    await start();
    const theirs = { ...web, name: 'their-tag' };
    const [report] = await apply({ object: theirs, add: ['10.1.0.1'] });
    expect(states(report)).toEqual({ '10.1.0.1': 'firewall/object-foreign' });
    await expect(connection.deleteObject(theirs)).rejects.toMatchObject({ code: 'firewall/object-foreign' });
    expect(simulator.seen).toEqual({ reads: 0, writes: 0 });
  });
});

describe('trouble', () => {
  test.each([
    ['a key that expires', { kind: 'unauthorized', after: 1 }, 'firewall/credentials-rejected'],
    ['a role that loses its right', { kind: 'forbidden', after: 1 }, 'firewall/permission-denied'],
    ['a unit that becomes passive', { kind: 'passive', after: 1 }, 'firewall/standby-unit'],
    ['a session that times out', { kind: 'session-timeout', after: 1 }, 'firewall/busy'],
  ] as const)('in the middle of a burst: %s', async (_, fault, code) => {
    await start();
    simulator.faults.add(fault);
    const addresses = many(600);
    const [report] = await apply({ add: addresses });
    const found = states(report);
    expect(found[addresses[0]!]).toBe('done');
    expect(found[addresses[599]!]).toBe(code);
    expect(taggedAddresses(simulator.device, web.name)).toHaveLength(500);
    expect(inspect(report, { depth: 20 })).not.toContain(simulator.apiKey);
  });

  test.each(['ok', 'as-code'] as const)('keys that were all expired, status %s', async (deniedStatus) => {
    await start({ behaviour: { deniedStatus } });
    simulator.gate.expireKeys();
    await expect(connection.identity()).rejects.toMatchObject({ code: 'firewall/credentials-rejected' });
  });

  test('an internal error after a write leaves the outcome open', async () => {
    await start();
    simulator.faults.add({ kind: 'reject', code: 11, path: 'user-id', times: 1 });
    const [report] = await apply({ add: ['10.1.0.1'] });
    expect(states(report)).toEqual({ '10.1.0.1': 'unknown' });
  });
});

describe('behind a Panorama', () => {
  const managed = { kind: 'panorama', managed: units } as const;
  const tagged = (serial: string) => taggedAddresses(simulator.device.managed.get(serial)!, web.name);

  test('tags reach the unit that is active, at its first call and after a failover', async () => {
    await start(managed, { targets: units });
    const [one, other] = units.map((serial) => simulator.device.managed.get(serial)!);
    one!.facts.role = 'passive';
    other!.facts.role = 'active';
    expect(states((await apply({ add: ['10.1.0.1'] }))[0])).toEqual({ '10.1.0.1': 'done' });
    expect([tagged(units[0]!), tagged(units[1]!)]).toEqual([undefined, ['10.1.0.1']]);
    expect(taggedAddresses(simulator.device, web.name)).toBeUndefined();
    one!.facts.role = 'active';
    other!.facts.connected = false;
    expect(states((await apply({ add: ['10.1.0.2'] }))[0])).toEqual({ '10.1.0.2': 'done' });
    expect(tagged(units[0]!)).toEqual(['10.1.0.2']);
  });

  test('a firewall that is not connected is told as such, and nothing was sent to it', async () => {
    await start(managed, { targets: [units[0]] });
    simulator.device.managed.get(units[0]!)!.facts.connected = false;
    expect(states((await apply({ add: ['10.1.0.1'] }))[0])).toEqual({ '10.1.0.1': 'firewall/unreachable' });
    await expect(connection.identity()).rejects.toMatchObject({ code: 'firewall/unreachable' });
  });

  test('with redistribution they are registered on the Panorama, and nobody can tell who uses them', async () => {
    await start(managed, { redistribution: true });
    await apply({ add: ['10.1.0.1'] });
    expect(taggedAddresses(simulator.device, web.name)).toEqual(['10.1.0.1']);
    expect(await connection.references(web)).toEqual({ count: undefined, users: [] });
  });

  test('the identity is that of the managed firewall', async () => {
    await start(managed, { targets: [units[1]] });
    expect(await connection.identity()).toEqual({ serial: units[1], version: '10.2.9' });
  });
});

describe('times', () => {
  const timed = { ...web, lifetimeMs: 60_000 };

  test('a registration with a time ends by itself, one without never', async () => {
    await start({}, { timeoutSeconds: 60 });
    await apply({ object: timed, add: ['10.1.0.1'] }, { add: ['10.1.0.2'] });
    simulator.passTime(61_000);
    expect(await connection.observeMembers(web)).toEqual(['10.1.0.2']);
  });

  test.each([
    ['refused', 'as-sent'],
    ['ignored', 'as-sent'],
    ['refused', 'register-first'],
    ['ignored', 'register-first'],
  ] as const)('begin anew where a repeated pair is %s and order is %s', async (duplicates, order) => {
    await start({ behaviour: { duplicates, order } });
    simulator.device.table().register('10.1.0.1', [{ name: 'theirs', timeoutSeconds: 0 }]);
    await apply({ object: timed, add: ['10.1.0.1', '10.1.0.2'] });
    for (let round = 0; round < 3; round++) {
      simulator.passTime(40_000);
      const [report] = await apply({ object: timed, renew: ['10.1.0.1', '10.1.0.2'] });
      expect(states(report)).toEqual({ '10.1.0.1': 'done', '10.1.0.2': 'done' });
      expect(await connection.observeMembers(web)).toEqual(['10.1.0.1', '10.1.0.2']);
    }
    simulator.passTime(61_000);
    expect(simulator.device.table().rows()).toMatchObject([{ ip: '10.1.0.1', tags: ['theirs'] }]);
  });

  test('are taken away by a renewal without one', async () => {
    await start();
    await apply({ object: timed, add: ['10.1.0.1'] });
    await apply({ renew: ['10.1.0.1'] });
    simulator.passTime(3_600_000);
    expect(await connection.observeMembers(web)).toEqual(['10.1.0.1']);
  });

  test('a thousand renewals are four messages and a look at each', async () => {
    await start();
    await apply({ object: timed, add: many(1_000) });
    const { writes, reads } = simulator.seen;
    const [report] = await apply({ object: timed, renew: many(1_000) });
    expect(new Set(Object.values(states(report)))).toEqual(new Set(['done']));
    expect(simulator.seen).toEqual({ reads: reads + 4, writes: writes + 4 });
  });

  test.each(['error', 'success'] as const)(
    'what is not there any more, as told in %s, is not put there, and the others are renewed',
    async (refusals) => {
      await start({ behaviour: { refusals } });
      await apply({ object: timed, add: ['10.1.0.1', '10.1.0.2'] });
      simulator.device.table().unregister('10.1.0.1', [web.name]);
      const [report] = await apply({ object: timed, renew: ['10.1.0.1', '10.1.0.2'] });
      expect(states(report)).toEqual({ '10.1.0.1': 'firewall/object-missing', '10.1.0.2': 'done' });
      expect(taggedAddresses(simulator.device, web.name)).toEqual(['10.1.0.2']);
    },
  );

  test.each([
    ['lost', { kind: 'drop' }],
    ['refused', { kind: 'forbidden' }],
  ] as const)(
    'what a renewal put there against a person, and whose taking off was %s, is not called gone',
    async (_, fault) => {
      await start();
      await apply({ object: timed, add: ['10.1.0.1', '10.1.0.2'] });
      simulator.device.table().unregister('10.1.0.1', [web.name]);
      simulator.faults.add({ ...fault, path: 'type=user-id', after: 1, times: 1 });
      const [report] = await apply({ object: timed, renew: ['10.1.0.1', '10.1.0.2'] });
      expect(states(report)['10.1.0.1']).toBe('unknown');
      expect(taggedAddresses(simulator.device, web.name)?.sort()).toEqual(['10.1.0.1', '10.1.0.2']);
    },
  );

  test('a lost answer is unknown, and a refused one leaves everything as it was', async () => {
    await start();
    await apply({ object: timed, add: ['10.1.0.1'] });
    simulator.faults.add({ kind: 'drop-after-commit', path: 'type=user-id', times: 1 });
    const [lost] = await apply({ object: timed, renew: ['10.1.0.1'] });
    expect(states(lost)).toEqual({ '10.1.0.1': 'unknown' });
    simulator.faults.add({ kind: 'passive', path: 'type=user-id', times: 1 });
    const [refused] = await apply({ object: timed, renew: ['10.1.0.1'] });
    expect(states(refused)).toEqual({ '10.1.0.1': 'firewall/standby-unit' });
    expect(await connection.observeMembers(web)).toEqual(['10.1.0.1']);
  });

  test('the tag of somebody else is not renewed', async () => {
    await start();
    const object = { ...timed, name: 'theirs' };
    const [report] = await apply({ object, renew: ['10.1.0.1'] });
    expect(states(report)).toEqual({ '10.1.0.1': 'firewall/object-foreign' });
  });
});

describe('offers', () => {
  const base = "/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']";
  const offered = objectNamed('web', 'tags', { create: 'offered', name: 'shop web' });
  const make = (xpath: string, element: string) =>
    editAs(simulator.device, { edits: [{ action: 'set', xpath: base + xpath, element }], commit: true });

  test('a tag object with the offer in its comments is filled', async () => {
    await start();
    expect(await connection.observeObject(offered)).toEqual({ exists: false, comment: '' });
    make("/tag/entry[@name='shop web']", '<comments>for zonebridge:offer:web</comments>');
    expect(await connection.observeObject(offered)).toEqual({
      exists: true,
      comment: 'for zonebridge:offer:web',
    });
    await apply({ object: offered, add: ['10.1.0.1'] });
    expect(taggedAddresses(simulator.device, 'shop web')).toEqual(['10.1.0.1']);
    await expect(connection.deleteObject(offered)).rejects.toMatchObject({ code: 'firewall/object-foreign' });
  });

  test('so is the tag of a dynamic address group with the offer in its description, when it asks for this tag alone', async () => {
    await start();
    make(
      "/address-group/entry[@name='both']",
      "<dynamic><filter>'shop web' and 'prod'</filter></dynamic><description>zonebridge:offer:web</description>",
    );
    expect(await connection.observeObject(offered)).toEqual({ exists: false, comment: '' });
    make(
      "/address-group/entry[@name='shop']",
      "<dynamic><filter>'shop web'</filter></dynamic><description>zonebridge:offer:web</description>",
    );
    expect(await connection.observeObject(offered)).toMatchObject({ comment: 'zonebridge:offer:web' });
  });

  test('a role that may not read tag objects is told which right is missing', async () => {
    await start();
    simulator.gate.administrators.get('zonebridge')!.rest = 'disable';
    await expect(connection.observeObject(offered)).rejects.toMatchObject({
      code: 'firewall/permission-denied',
    });
  });
});
