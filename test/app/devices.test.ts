import { afterEach, describe, expect, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import { fortigate } from '../../lib/firewalls/fortigate/index.ts';
import type { Device } from '../../lib/firewalls/fortigate/simulator/device.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { sandboxHub } from '../../lib/sandbox/configuration.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const minute = 60_000;

describe('a firewall that sees several realms', () => {
  async function started(): Promise<World> {
    const world = new World([group('web')]);
    world.configuration.firewalls['edge']!.realms = ['default', 'other'];
    await world.activate();
    await world.hello('agent-process-1');
    await world.upsert(pod('p1', '10.1.0.1', web));
    return world;
  }

  test('keeps what a run adds while a comparison lists its members', async () => {
    const world = await started();
    await world.clock.sleep(2 * minute);
    let begun = false;
    world.device.beforeCall = async (call) => {
      if (call !== 'observeMembers' || begun) return;
      begun = true;
      await world.upsert(pod('p2', '10.1.0.2', web));
    };
    await world.reconcile();
    expect(begun).toBe(true);
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
    expect(world.tables.store.all('dirty')).toEqual([]);
    expect(world.tables.store.all('ledger').map(({ key }) => key.sk)).not.toContain('-|10.1.0.2');
  });

  test('knows an address that several of them want as there for each', async () => {
    const world = await started();
    world.configuration.clusters['two']!.realm = 'other';
    await world.apply(Object.values(world.configuration.groups));
    await world.hello('agent-process-2', 'two');
    const change = { ...world.upsertChange(pod('q1', '10.1.0.1', web)), sequence: 1 };
    await world.event('endpoints', { epoch: 1, changes: [change] }, 'two');
    await world.settle();
    for (let i = 0; i < 2; i++) {
      await world.clock.sleep(20 * minute);
      await world.reconcile();
    }
    const rows = world.tables.store.all('ledger').filter(({ key }) => key.sk?.endsWith('|10.1.0.1'));
    expect(rows.map(({ item }) => [item['state'], item['withheldFor']])).toEqual([
      ['present', undefined],
      ['present', undefined],
    ]);
  });

  test('keeps an address that leaves in one of them as long as another wants it', async () => {
    const world = await started();
    world.configuration.clusters['two']!.realm = 'other';
    await world.apply(Object.values(world.configuration.groups));
    await world.hello('agent-process-2', 'two');
    const change = { ...world.upsertChange(pod('q1', '10.1.0.1', web)), sequence: 1 };
    await world.event('endpoints', { epoch: 1, changes: [change] }, 'two');
    await world.settle();
    await world.remove('p1');
    expect(world.on('web')).toEqual(['10.1.0.1']);
    const gone = { ...world.removeChange('q1'), sequence: 2 };
    await world.event('endpoints', { epoch: 1, changes: [gone] }, 'two');
    await world.settle();
    expect(world.on('web')).toEqual([]);
    // Of the first realm only its ledger row was left; comparisons find that.
    for (let i = 0; i < 2; i++) {
      await world.clock.sleep(20 * minute);
      await world.reconcile();
      await world.settle();
    }
    expect(world.tables.store.all('ledger').map(({ key }) => key.sk)).toEqual(['#object']);
  });

  test('takes nothing off as foreign that somebody wants by then', async () => {
    const world = await started();
    world.device.objects.get('obj-web')!.members.add('10.9.9.9');
    await world.clock.sleep(2 * minute);
    // A person's member by now; before the run that takes it off, a pod gets the address.
    const { tables } = world;
    tables.beforeCall = async (name, call) => {
      if (name !== 'transact' || !JSON.stringify(call).includes('-|10.9.9.9')) return;
      tables.beforeCall = undefined;
      await world.send(world.upsertChange(pod('p9', '10.9.9.9', web)));
    };
    await world.reconcile();
    expect(tables.beforeCall).toBe(undefined);
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.9.9.9']);
  });

  test('still takes off what a person put there', async () => {
    const world = await started();
    world.device.objects.get('obj-web')!.members.add('10.9.9.9');
    await world.clock.sleep(2 * minute);
    await world.reconcile();
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });
});

describe('a device that changes', () => {
  async function filled(count: number): Promise<World> {
    const world = await World.start([
      group('web', { publish: [{ ...group('web').publish[0]!, onForeignAdd: 'report' }] }),
    ]);
    for (let i = 1; i <= count; i++) await world.upsert(pod(`p${i}`, `10.1.0.${i}`, web));
    await world.reconcile();
    await world.clock.sleep(2 * minute);
    world.device.calls = [];
    return world;
  }

  function calls(world: World): string[] {
    return world.device.calls.map(({ name }) => name);
  }

  test.each([
    ['fails over', { serial: 'PAPER2', version: 'v1.0.0', bootTime: 1 }],
    ['changes its role', { serial: 'PAPER1', version: 'v1.0.0', bootTime: 1, role: 'secondary' }],
    ['is restarted', { serial: 'PAPER1', version: 'v1.0.0', bootTime: 10 * minute }],
    ['is replaced', { serial: 'PAPER9', version: 'v2.0.0', bootTime: 20 * minute }],
  ])('and %s is compared in full before anything is written', async (_, identity) => {
    const world = await filled(3);
    world.device.identity = { ...world.device.identity, role: 'primary' };
    await world.reconcile();
    await world.clock.sleep(2 * minute);
    world.device.identity = identity;
    world.device.objects.get('obj-web')!.members.clear();
    world.device.calls = [];
    await world.upsert(pod('p4', '10.1.0.4', web));
    await world.settle();
    expect(world.on('web')).toHaveLength(4);
    expect(calls(world).indexOf('observeMembers')).toBeLessThan(calls(world).indexOf('apply'));
    expect(calls(world)).toContain('observeMembers');
  });

  test('right after a write that a comparison must leave alone does not make its members count as taken off', async () => {
    const world = await filled(2);
    let began = false;
    world.tables.beforeCall = async () => {
      if (began) return;
      began = true;
      // The comparison has begun; before it asks the device who it is, a run writes and the device restarts.
      await world.send(world.upsertChange(pod('p3', '10.1.0.3', web)));
      await world.wakeUp();
      expect(world.on('web')).toContain('10.1.0.3');
      world.device.objects.get('obj-web')!.members.clear();
      world.device.identity = { ...world.device.identity, bootTime: 10 * minute };
    };
    await world.reconcile();
    world.tables.beforeCall = undefined;
    for (let i = 0; i < 3; i++) {
      await world.clock.sleep(2 * minute);
      await sweep(world.ports, world.configurations);
      await world.reconcile();
    }
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3']);
  });

  test('while a group is not on it does not make its members count as taken off when the group is back', async () => {
    const world = await filled(2);
    const groups = Object.values(world.configuration.groups);
    await world.apply([group('other')]);
    world.device.objects.get('obj-web')!.members.clear();
    world.device.identity = { ...world.device.identity, bootTime: 10 * minute };
    await world.reconcile();
    await world.clock.sleep(20 * minute);
    await world.apply(groups);
    await world.reconcile();
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('while a write is on its way is compared before the next write', async () => {
    const world = await filled(2);
    world.device.onItsWay = (call) => {
      if (call === 'apply') world.device.identity = { serial: 'PAPER2', version: 'v1.0.0', bootTime: 1 };
    };
    await world.upsert(pod('p3', '10.1.0.3', web));
    world.device.onItsWay = undefined;
    world.device.calls = [];
    await world.upsert(pod('p4', '10.1.0.4', web));
    await world.settle();
    expect(calls(world).indexOf('observeMembers')).toBeLessThan(calls(world).indexOf('apply'));
    expect(world.on('web')).toHaveLength(4);
  });

  test('back to an older state loses the dead addresses that came back with it, and keeps what a person put there', async () => {
    const world = await filled(3);
    const backup = new Set(world.device.objects.get('obj-web')!.members);
    await world.remove('p3');
    await world.upsert(pod('p5', '10.1.0.5', web));
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.5']);
    world.device.objects.get('obj-web')!.members = new Set([...backup, '192.0.2.1']);
    world.device.identity = { ...world.device.identity, bootTime: 30 * minute };
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.5', '192.0.2.1']);
  });

  test('not at all keeps the address that a person put there, as configured', async () => {
    const world = await filled(2);
    world.device.objects.get('obj-web')!.members.add('10.1.0.77');
    await world.reconcile();
    expect(world.on('web')).toContain('10.1.0.77');
  });

  test('only its clock is compared, and nobody counts as having removed anything', async () => {
    const world = await filled(3);
    world.device.identity = { ...world.device.identity, bootTime: 61 * minute };
    world.device.objects.get('obj-web')!.members.delete('10.1.0.2');
    await world.reconcile();
    expect(world.on('web')).toHaveLength(3);
    const [edge] = (await readStatus(world)).firewalls;
    expect(edge!.groups[0]).toMatchObject({ withheld: 0, size: 3 });
  });
});

describe('a FortiGate cluster', () => {
  let world: OperatorWorld;
  afterEach(() => world.stop());
  const first = 'FGVMSIM000000001';
  const second = 'FGVMSIM000000002';

  async function cluster(serials: string[] = [first, second]): Promise<Device> {
    world = await OperatorWorld.start({ web: pushed('web') }, { ha: { serials } });
    const { device } = world.simulator;
    Object.assign(device.settings, { role: 'primary', serial: first, peerSerial: second });
    world.storeToken();
    expect((await world.run(['apply', '--yes'])).code).toBe(0);
    await world.tell(pod('a', '10.1.0.1', web), pod('b', '10.1.0.2', web));
    expect(world.members('web')).toEqual(['10.1.0.1', '10.1.0.2']);
    await world.json(['reconcile', 'edge']);
    await world.clock.sleep(2 * minute);
    world.simulator.requests.clear();
    return device;
  }

  /** Minutes pass: what was postponed comes back by the sweep. */
  async function later(): Promise<void> {
    const { ports, configurations } = world.operator;
    for (let i = 0; i < 3; i++) {
      await world.clock.sleep(65_000);
      await sweep(ports, configurations);
      await world.work();
    }
  }

  function writes(): number {
    return world.simulator.requests
      .list()
      .reduce((sum, { method, count }) => sum + (method === 'GET' ? 0 : count), 0);
  }

  async function edge(): Promise<Record<string, unknown>> {
    const { result } = await world.json(['status']);
    return (result['firewalls'] as Record<string, unknown>[])[0]!;
  }

  test('that fails over goes on with the other unit', async () => {
    const device = await cluster();
    Object.assign(device.settings, { serial: second, peerSerial: first });
    await world.tell(pod('c', '10.1.0.3', web));
    await later();
    expect(world.members('web')).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3']);
    expect((await edge())['identity']).toMatchObject({ serial: second, role: 'primary' });
  });

  test('is not written to through the unit that waits in reserve', async () => {
    const device = await cluster();
    Object.assign(device.settings, { role: 'secondary', serial: second, peerSerial: first });
    await world.tell(pod('c', '10.1.0.3', web));
    expect(writes()).toBe(0);
    expect((await edge())['lastError']).toContain('firewall/standby-unit');
  });

  test('is not taken for a stranger: nothing is written to another device, until a person says that it is right', async () => {
    const device = await cluster([first]);
    device.settings.serial = 'FGVMSIM000000009';
    await world.tell(pod('c', '10.1.0.3', web));
    expect(writes()).toBe(0);
    expect(await edge()).toMatchObject({ health: 'circuit open' });
    expect((await world.run(['check', 'edge'])).stdout).toContain('FGVMSIM000000009');
  });

  test('that comes back from a backup has neither what came since nor what was dead by then', async () => {
    const device = await cluster();
    const feeds = device.vdom('root').feeds;
    const name = fortigate.objectName({ hub: sandboxHub, group: 'web', channel: 'push' });
    const entries = [...feeds.read(name).entries.keys()];
    await world.tell(pod('c', '10.1.0.3', web), pod('a', [], web));
    expect(world.members('web')).toEqual(['10.1.0.2', '10.1.0.3']);
    feeds.run(name, 'snapshot', entries);
    device.reboot('kept', world.clock.now());
    await world.clock.sleep(2 * minute);
    await world.tell(pod('d', '10.1.0.4', web));
    await later();
    expect(world.members('web')).toEqual(['10.1.0.2', '10.1.0.3', '10.1.0.4']);
  });

  test('that a reboot emptied is filled again', async () => {
    const device = await cluster();
    device.reboot('lost', world.clock.now());
    await world.clock.sleep(2 * minute);
    await world.tell(pod('c', '10.1.0.3', web));
    await later();
    expect(world.members('web')).toEqual(['10.1.0.1', '10.1.0.2', '10.1.0.3']);
  });
});
