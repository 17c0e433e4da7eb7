import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { connectTo, objectNamed } from '../../../../test/support/firewalls/panorama-connection.ts';
import type { FirewallConnection, ObjectChanges, ObjectReport } from '../../../core/firewall.ts';
import { ownComment } from '../../../core/plan/ownership.ts';
import { addressName, addressPrefix } from '../address-names.ts';
import { editAs } from '../simulator/administration.ts';
import { groupAddresses, scopePath } from '../simulator/enforced.ts';
import type { PanoramaSimulator, SimulatorOptions } from '../simulator/index.ts';
import { startPanoramaSimulator } from '../simulator/index.ts';

const object = objectNamed('egress', 'objects');
const other = objectNamed('other', 'objects');
const manager = { kind: 'panorama', managed: ['007051000000001'], deviceGroups: ['edge'] } as const;

let simulator: PanoramaSimulator;
let connection: FirewallConnection;
afterEach(async () => {
  await connection.close();
  await simulator.stop();
});

interface Start {
  options?: SimulatorOptions;
  settings?: Record<string, unknown>;
  deadline?: number;
}

async function start({ options = {}, settings = {}, deadline }: Start = {}): Promise<void> {
  simulator = await startPanoramaSimulator(options);
  // Waiting moves the clock of the device instead of the time of the test.
  let passed = 0;
  const clock = {
    now: () => Date.now() + passed,
    sleep: async (milliseconds: number) => {
      passed += milliseconds;
      simulator.passTime(milliseconds);
      await Promise.resolve();
    },
  };
  connection = await connectTo(simulator, settings, {
    clock,
    ...(deadline === undefined ? {} : { deadline: Date.now() + deadline }),
  });
}

const scope = () => {
  const { kind, vsys } = simulator.device.facts;
  return kind === 'firewall' ? vsys[0]! : 'device-group edge';
};

async function apply(changes: Partial<ObjectChanges>): Promise<ObjectReport> {
  const [report] = await connection.apply([{ object, add: [], remove: [], expectedCount: 0, ...changes }]);
  return report!;
}

async function create(add: readonly string[], of = object): Promise<ObjectReport> {
  const comment = ownComment({ hub: 'test', firewall: 'edge-1', scope: scope(), object: of.name });
  return await apply({ object: of, createWith: { comment }, add });
}

const enforced = (name = object.name) =>
  groupAddresses(simulator.device, scopePath(simulator.device), name)?.sort();
const outcome = (report: ObjectReport, address: string) => report.outcomes.get(address);

describe('commits', () => {
  test('take our changes alone', async () => {
    await start();
    await create(['10.1.0.1']);
    const theirs = {
      action: 'set',
      xpath: `${scopePath(simulator.device)}/address`,
      element: "<entry name='draft'/>",
    };
    editAs(simulator.device, { admin: 'admin', edits: [theirs] });
    await apply({ add: ['10.1.0.2'], remove: ['10.1.0.1'] });
    expect(enforced()).toEqual(['10.1.0.2']);
    expect(simulator.device.config.hasPending(['admin'])).toBe(true);
    expect(simulator.device.config.hasPending(['zonebridge'])).toBe(false);
  });

  test('wait for their job, and no more often than every two seconds', async () => {
    await start({ options: { behaviour: { jobMs: 9_000 } } });
    const report = await create(['10.1.0.1']);
    expect(outcome(report, '10.1.0.1')).toEqual({ state: 'done' });
    expect(enforced()).toEqual(['10.1.0.1']);
    // Mark, group, place, two names, what is pending, then looks at 0, 2, 4, 6, 8 and 10 seconds.
    expect(simulator.seen).toEqual({ reads: 12, writes: 2 });
  });

  test('that do not end in time leave the outcome open', async () => {
    await start({ options: { behaviour: { jobMs: 90_000 } }, deadline: 20_000 });
    expect(outcome(await create(['10.1.0.1']), '10.1.0.1')).toMatchObject({ state: 'unknown' });
    simulator.passTime(90_000);
    const later = await connectTo(simulator);
    expect(await later.observeSome(object, ['10.1.0.1'])).toEqual(new Map([['10.1.0.1', true]]));
    await later.close();
  });

  test.each(['success', 'code-13'] as const)('of nothing are done (%s)', async (emptyCommit) => {
    await start({ options: { behaviour: { emptyCommit } } });
    await create(['10.1.0.1']);
    simulator.device.config.discard('zonebridge');
    expect(outcome(await apply({ remove: ['10.1.0.7'] }), '10.1.0.7')).toEqual({ state: 'done' });
  });

  test('that are refused leave nothing behind that a later one would take', async () => {
    await start();
    await create(['10.1.0.1']);
    simulator.device.nextJobFails = ['rule x: validation failed'];
    const report = await apply({ add: ['10.1.0.2'], remove: ['10.1.0.1'] });
    expect(outcome(report, '10.1.0.2')).toMatchObject({
      state: 'failed',
      error: { code: 'firewall/rejected' },
    });
    expect(inspect(report, { depth: 9 })).toContain('validation failed');
    expect(simulator.device.config.commit()).toEqual([]);
    expect(enforced()).toEqual(['10.1.0.1']);
  });

  test('that are refused for a new group take the group back, too', async () => {
    await start();
    simulator.device.nextJobFails = ['no'];
    expect((await create(['10.1.0.1'])).created).toMatchObject({ state: 'failed' });
    expect(simulator.device.config.commit()).toEqual([]);
    expect(enforced()).toBeUndefined();
    expect((await create(['10.1.0.1'])).created).toEqual({ state: 'done' });
  });
});

describe('an address object of ours that a person made theirs', () => {
  const name = addressName(addressPrefix('test', object.name), '10.1.0.1');
  const xpath = () => `${scopePath(simulator.device)}/address/entry[@name='${name}']`;
  const theirs = () => simulator.device.config.read('running', xpath()).length;

  async function taken(): Promise<void> {
    await start();
    await create(['10.1.0.1', '10.1.0.2']);
    const edit = {
      action: 'set',
      xpath: xpath(),
      element: '<description>the gate of the yard</description>',
    };
    editAs(simulator.device, { admin: 'admin', edits: [edit], commit: true });
    expect(theirs()).toBe(1);
  }

  test('leaves our group and stays', async () => {
    await taken();
    const report = await apply({ remove: ['10.1.0.1'] });
    expect(outcome(report, '10.1.0.1')).toEqual({ state: 'done' });
    expect([enforced(), theirs()]).toEqual([['10.1.0.2'], 1]);
  });

  test('stays when our group goes', async () => {
    await taken();
    await connection.deleteObject(object);
    expect([enforced(), theirs()]).toEqual([undefined, 1]);
  });
});

describe('locks of a person', () => {
  test.each([
    ['config', 'Configuration is locked by bob'],
    ['commit', 'Commit lock is already held by bob'],
  ] as const)('a %s lock is respected and told, and nothing stays behind', async (kind, text) => {
    await start();
    await create(['10.1.0.1']);
    simulator.device.locks = [{ kind, owner: 'bob', scope: 'shared', comment: 'maintenance' }];
    const report = await apply({ add: ['10.1.0.2'] });
    expect(outcome(report, '10.1.0.2')).toMatchObject({ state: 'failed', error: { code: 'firewall/busy' } });
    expect(inspect(report, { depth: 9 })).toContain(text);
    expect(simulator.device.locks).toHaveLength(1);
    simulator.device.locks = [];
    simulator.device.config.commit();
    expect(enforced()).toEqual(['10.1.0.1']);
    expect(outcome(await apply({ add: ['10.1.0.2'] }), '10.1.0.2')).toEqual({ state: 'done' });
  });
});

describe('what others do', () => {
  test('one group that is refused does not stop the other', async () => {
    await start();
    await create(['10.1.0.1']);
    await create(['10.2.0.1'], other);
    simulator.faults.add({ kind: 'reject', code: 12, text: 'invalid', path: 'multi-config', times: 2 });
    const reports = await connection.apply([
      { object, add: ['10.1.0.2'], remove: [], expectedCount: 2 },
      { object: other, add: ['10.2.0.2'], remove: [], expectedCount: 2 },
    ]);
    expect(outcome(reports[0]!, '10.1.0.2')).toMatchObject({ error: { code: 'firewall/rejected' } });
    expect(outcome(reports[1]!, '10.2.0.2')).toEqual({ state: 'done' });
  });

  test('an address object of ours that a rule uses leaves the group and stays as it is', async () => {
    await start();
    await create(['10.1.0.1', '10.1.0.2']);
    const tree = inspect(simulator.device.config.running, { depth: 20 });
    const name = /zba-[0-9a-f]{12}-10\.1\.0\.1/.exec(tree)?.[0] ?? '';
    const rule = `${scopePath(simulator.device)}/rulebase/security/rules/entry[@name='r']`;
    const element = `<source><member>${name}</member></source>`;
    editAs(simulator.device, { edits: [{ action: 'set', xpath: rule, element }], commit: true });
    expect(outcome(await apply({ remove: ['10.1.0.1'] }), '10.1.0.1')).toEqual({ state: 'done' });
    expect(enforced()).toEqual(['10.1.0.2']);
    expect(inspect(simulator.device.config.running, { depth: 20 })).toContain(name);
  });

  test('an address object of ours that somebody edited is no member, and adding it again repairs it', async () => {
    await start();
    await create(['10.1.0.1', 'fd00::1']);
    const list = `${scopePath(simulator.device)}/address`;
    const tree = inspect(simulator.device.config.running, { depth: 20 });
    const name = /zba-[0-9a-f]{12}-10\.1\.0\.1/.exec(tree)?.[0] ?? '';
    const element = `<entry name='${name}'><ip-netmask>0.0.0.0/0</ip-netmask></entry>`;
    editAs(simulator.device, { edits: [{ action: 'set', xpath: list, element }], commit: true });
    expect([...(await connection.observeMembers(object))].sort()).toEqual(['edited:10.1.0.1', 'fd00::1']);
    await apply({ add: ['10.1.0.1'] });
    expect([...(await connection.observeMembers(object))].sort()).toEqual(['10.1.0.1', 'fd00::1']);
  });
});

describe('a Panorama', () => {
  const settings = { deviceGroup: 'edge', push: 'device-group' };

  test('pushes the device group after its commit', async () => {
    await start({ options: manager, settings });
    expect(outcome(await create(['10.1.0.1']), '10.1.0.1')).toEqual({ state: 'done' });
    expect(inspect(simulator.device.pushed.get('edge'), { depth: 20 })).toContain('10.1.0.1/32');
  });

  test('tells the firewall on which a push failed', async () => {
    await start({ options: manager, settings });
    simulator.device.nextPushFailsOn = ['007051000000001'];
    const report = await create(['10.1.0.1']);
    expect(outcome(report, '10.1.0.1')).toMatchObject({
      state: 'unknown',
      error: { code: 'firewall/outcome-unknown' },
    });
    expect(inspect(report, { depth: 9 })).toContain('007051000000001');
  });

  test('without the device group makes none', async () => {
    await start({ options: manager, settings: { deviceGroup: 'nowhere' } });
    expect((await create(['10.1.0.1'])).created).toMatchObject({ error: { code: 'firewall/scope-missing' } });
    expect(simulator.seen.writes).toBe(0);
  });

  test.each(['offered', 'own'] as const)(
    'leaves alone a group that the device group inherits (%s)',
    async (create) => {
      await start({ options: manager, settings });
      const comment = ownComment({ hub: 'test', firewall: 'edge-1', scope: scope(), object: object.name });
      const inherited = { ...object, create };
      const description = create === 'own' ? comment : 'zonebridge:offer:egress';
      const edits = [
        {
          action: 'set',
          xpath: "/config/shared/address/entry[@name='p1']",
          element: '<fqdn>p1.example</fqdn>',
        },
        {
          action: 'set',
          xpath: `/config/shared/address-group/entry[@name='${object.name}']`,
          element: `<static><member>p1</member></static><description>${description}</description>`,
        },
      ];
      editAs(simulator.device, { edits, commit: true });
      expect(await connection.observeObject(inherited)).toEqual({ exists: true, comment: '' });
      const report = await apply({ object: inherited, add: ['10.1.0.1'] });
      expect(outcome(report, '10.1.0.1')).toMatchObject({ error: { code: 'firewall/object-foreign' } });
      expect(simulator.seen.writes).toBe(0);
      expect(await connection.listObjects!(inherited)).toEqual([]);
    },
  );
});
