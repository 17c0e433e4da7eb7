import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { names } from '../../lib/app/names.ts';
import type { FirewallConnection, FirewallModule } from '../../lib/core/firewall.ts';
import { startFmcSimulator } from '../../lib/firewalls/cisco-fmc/simulator/index.ts';
import { startFortigateSimulator } from '../../lib/firewalls/fortigate/simulator/index.ts';
import { startFortimanagerSimulator } from '../../lib/firewalls/fortimanager/simulator/index.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import { closedPort } from '../support/firewalls/closed-port.ts';
import { group, pod, World } from '../support/world.ts';

/** One of two devices that a pair is made of. */
interface Unit {
  ca: string;
  port: number;
  serial: string;
  settings: Record<string, unknown>;
  lead(): void;
  standBy(): void;
  calls(): number;
  writes(): number;
  stop(): Promise<void>;
}

interface FortigateUnit extends Unit {
  entries(feed: string): string[];
  mayTellRole(may: boolean): void;
}

const credentials: Readonly<Record<string, string>> = {
  fortigate: 'a-token-of-both-units-0123456789',
  'cisco-fmc': 'zonebridge:a-password-of-both-units',
  fortimanager: 'a-key-of-both-units-0123456789',
};

/** Devices whose units have an address each, and how one of them is started. */
const vendors: Readonly<Record<string, { channel: string; start: (serial: string) => Promise<Unit> }>> = {
  fortigate: { channel: 'push', start: fortigateUnit },
  'cisco-fmc': { channel: 'dynamic', start: fmcUnit },
  fortimanager: { channel: 'tags', start: fortimanagerUnit },
};

async function fortigateUnit(serial: string): Promise<FortigateUnit> {
  const simulator = await startFortigateSimulator({ token: credentials['fortigate'], serial });
  const { settings } = simulator.device;
  settings.peerSerial = serial === 'FGVMSIM00000000A' ? 'FGVMSIM00000000B' : 'FGVMSIM00000000A';
  return {
    ...simulator,
    serial,
    settings: { version: '7.4.4', managedBy: 'none' },
    lead: () => void (settings.role = 'primary'),
    standBy: () => void (settings.role = 'secondary'),
    calls: () => callsOf(simulator.requests.list()),
    writes: () => writesOf(simulator.requests.list()),
    mayTellRole: (may) => {
      settings.accessProfile = { ...settings.accessProfile, 'sysgrp.cfg': may ? 'read-write' : 'none' };
    },
    entries: (feed) => [...simulator.device.vdom('root').feeds.read(feed).entries.keys()].sort(),
  };
}

async function fmcUnit(serial: string): Promise<Unit> {
  const [user = '', password = ''] = (credentials['cisco-fmc'] ?? '').split(':');
  const simulator = await startFmcSimulator({ credentials: { user, password } });
  const { settings } = simulator.manager;
  settings.serial = serial;
  return {
    ...simulator,
    serial,
    settings: { version: '7.7.0', ha: true },
    lead: () => void (settings.role = 'active'),
    standBy: () => void (settings.role = 'standby'),
    calls: () => callsOf(simulator.requests.list()),
    writes: () => writesOf(simulator.requests.list().filter(({ pattern }) => !pattern.includes('/auth/'))),
  };
}

async function fortimanagerUnit(serial: string): Promise<Unit> {
  const simulator = await startFortimanagerSimulator({ apiKey: credentials['fortimanager'] });
  const { settings } = simulator.manager;
  settings.serial = serial;
  return {
    ...simulator,
    serial,
    settings: { version: '7.4.3' },
    lead: () => void (settings.haMode = 'Primary'),
    standBy: () => void (settings.haMode = 'Secondary'),
    calls: () => callsOf(simulator.requests.list()),
    writes: () =>
      callsOf(simulator.requests.list().filter(({ pattern }) => /^(set|add|exec .*connector)/.test(pattern))),
  };
}

function callsOf(requests: readonly { count: number }[]): number {
  return requests.reduce((sum, { count }) => sum + count, 0);
}

function writesOf(requests: readonly { method: string; count: number }[]): number {
  return callsOf(requests.filter(({ method }) => method !== 'GET'));
}

describe.each(Object.entries(vendors))('a pair of %s', (kind, { channel, start }) => {
  let a: Unit;
  let b: Unit;
  let open: FirewallConnection[];
  const module = firewallModules[kind] as FirewallModule;

  beforeEach(async () => {
    open = [];
    [a, b] = [await start('FGVMSIM00000000A'), await start('FGVMSIM00000000B')];
    a.lead();
    b.standBy();
  });
  afterEach(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    await Promise.all([a.stop(), b.stop()]);
  });

  const settings = (port = a.port) => ({
    address: '127.0.0.1',
    port,
    ca: `${a.ca}\n${b.ca}`,
    timeoutMs: 2_000,
    ha: { serials: [a.serial, b.serial] },
    standby: { address: '127.0.0.1', port: b.port },
    ...a.settings,
  });

  const request = (port = a.port, credential = credentials[kind] ?? '') => ({
    firewall: 'edge',
    hub: 'test',
    settings: module.settings.parse(settings(port)),
    credential,
    clock: { now: () => Date.now(), sleep: async () => await Promise.resolve() },
    deadline: Date.now() + 30_000,
    commentFor: (name: string) => `zonebridge mark of ${name}`,
  });

  async function connect(port?: number, credential?: string): Promise<FirewallConnection> {
    const connection = await module.connect(request(port, credential));
    open.push(connection);
    return connection;
  }

  async function add(connection: FirewallConnection, address: string): Promise<unknown> {
    const name = module.objectName({ hub: 'test', group: 'web', channel, firewall: 'edge' });
    const object = { group: 'web', name, channel, create: 'own', sizeHint: 10 } as const;
    const there = (await connection.observeObject(object)).exists;
    const createWith = there ? {} : { createWith: { comment: `zonebridge mark of ${name}` } };
    const members = there ? await connection.observeMembers(object) : [];
    const change = { object, ...createWith, add: [address], remove: [], expectedCount: members.length + 1 };
    const [report] = await connection.apply([change]);
    return report?.outcomes.get(address);
  }

  test('the one that is active is written to, and the other one never', async () => {
    const first = await connect();
    expect((await first.identity()).serial).toBe(a.serial);
    expect(await add(first, '10.1.0.1')).toEqual({ state: 'done' });
    expect(b.writes()).toBe(0);
    const before = a.writes();
    a.standBy();
    b.lead();
    const second = await connect();
    expect((await second.identity()).serial).toBe(b.serial);
    expect(await add(second, '10.1.0.1')).toEqual({ state: 'done' });
    expect([a.writes() - before, b.writes() > 0]).toEqual([0, true]);
    // Who is known is not asked again before each change.
    const third = await connect();
    expect(await add(third, '10.1.0.2')).toEqual({ state: 'done' });
    expect(third.lastIdentity()?.serial ?? b.serial).toBe(b.serial);
    expect(a.writes()).toBe(before);
  });

  test('the one that is left is written to when it has taken over, and not before', async () => {
    const closed = await closedPort();
    await expect((await connect(closed)).identity()).rejects.toMatchObject({ code: 'firewall/unreachable' });
    await expect(add(await connect(closed), '10.1.0.1')).rejects.toMatchObject({
      code: 'firewall/unreachable',
    });
    b.lead();
    const connection = await connect(closed);
    expect((await connection.identity()).serial).toBe(b.serial);
    expect(await add(connection, '10.1.0.1')).toEqual({ state: 'done' });
  });

  test('two that wait in reserve are both left alone', async () => {
    a.standBy();
    await expect(add(await connect(), '10.1.0.1')).rejects.toMatchObject({ code: 'firewall/standby-unit' });
    expect([a.writes(), b.writes()]).toEqual([0, 0]);
  });

  test('whoever checks it hears whether the other one could take over', async () => {
    const noteOf = async (port?: number) => {
      const found = await module.diagnose?.(request(port), [channel]);
      return found?.notes?.find(({ name }) => name === 'other unit');
    };
    expect(await noteOf()).toMatchObject({ state: 'ok', text: `127.0.0.1:${b.port} waits in reserve` });
    b.lead();
    expect(await noteOf()).toMatchObject({
      state: 'warning',
      text: expect.stringContaining(b.serial) as string,
    });
    const closed = await closedPort();
    expect(await noteOf(closed)).toMatchObject({
      state: 'warning',
      text: expect.stringContaining(`127.0.0.1:${closed}`) as string,
    });
  });

  test('a credential that is refused is not tried on the other one', async () => {
    const connection = await connect(a.port, `${credentials[kind] ?? ''}-other`);
    await expect(connection.identity()).rejects.toMatchObject({ code: 'firewall/credentials-rejected' });
    expect([a.calls() > 0, b.calls()]).toEqual([true, 0]);
  });
});

test('a unit that does not say which one it is, is left alone', async () => {
  const unit = await fortigateUnit('FGVMSIM00000000B');
  try {
    unit.lead();
    unit.mayTellRole(false);
    const { fortigate } = firewallModules;
    const settings = fortigate?.settings.parse({
      address: '127.0.0.1',
      port: await closedPort(),
      ca: unit.ca,
      ha: { serials: [unit.serial] },
      standby: { address: '127.0.0.1', port: unit.port },
      ...unit.settings,
    });
    const connection = await fortigate?.connect({
      firewall: 'edge',
      hub: 'test',
      settings,
      credential: credentials['fortigate'] ?? '',
      clock: { now: () => Date.now(), sleep: async () => await Promise.resolve() },
      deadline: Date.now() + 30_000,
      commentFor: (name) => name,
    });
    await expect(connection?.identity()).rejects.toMatchObject({ code: 'firewall/unreachable' });
    unit.mayTellRole(true);
    await expect(connection?.identity()).resolves.toMatchObject({ serial: unit.serial, role: 'primary' });
    await connection?.close();
  } finally {
    await unit.stop();
  }
});

test('when the other unit takes over, it is compared, and has everything that is wanted', async () => {
  const [a, b] = [await fortigateUnit('FGVMSIM00000000A'), await fortigateUnit('FGVMSIM00000000B')];
  try {
    a.lead();
    b.standBy();
    const world = new World([group('web', { publish: [target] })]);
    const edge = world.configuration.firewalls['edge'];
    const { fortigate } = firewallModules;
    if (!edge || !fortigate) throw new Error('no firewall edge');
    const settings = fortigate.settings.parse({
      address: '127.0.0.1',
      port: a.port,
      ca: `${a.ca}\n${b.ca}`,
      ha: { serials: [a.serial, b.serial] },
      standby: { address: '127.0.0.1', port: b.port },
      ...a.settings,
    }) as Record<string, unknown>;
    world.configuration.firewalls['edge'] = { ...edge, kind: 'fortigate', settings };
    world.ports.firewalls = { fortigate };
    world.secrets.values.set(names.secret(world.ports.hub, 'edge'), credentials['fortigate'] ?? '');
    await world.activate();
    await world.hello('agent-process-1');
    await world.upsert(pod('a', '10.1.0.1', { app: 'web' }));
    expect([a.writes() > 0, b.writes()]).toEqual([true, 0]);
    await a.stop();
    b.lead();
    await world.clock.sleep(120_000);
    await world.upsert(pod('b', '10.1.0.2', { app: 'web' }));
    for (let minute = 0; minute < 20; minute++) {
      await world.clock.sleep(60_000);
      await world.reconcile();
      await world.wakeUp();
      await world.settle();
    }
    const feed = fortigate.objectName({ hub: world.ports.hub, group: 'web', channel: 'push' });
    expect(b.entries(feed)).toEqual(['10.1.0.1', '10.1.0.2']);
  } finally {
    await b.stop();
  }
});

const target = {
  firewall: 'edge',
  channel: 'push',
  create: 'own',
  mode: 'sync',
  onForeignAdd: 'remove',
} as const;
