import { describe, expect, onTestFinished, test } from 'vitest';
import { leftObjects, usesOf } from '../../lib/app/commands/leaving/left-objects.ts';
import { requestRetire, waitForRetirement } from '../../lib/app/commands/leaving/retire.ts';
import { leaving, noteLeft } from '../../lib/app/state/left.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { AuditWorld } from '../support/audit-world.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { group, pod } from '../support/world.ts';

const web = { app: 'web' };
const mia = { name: 'mia', principal: 'arn:aws:iam::111122223333:user/mia' };
const request = { by: mia, ticket: 'CHG-1', reason: undefined };

/** `web` with two members was taken out of the configuration; `db` stays. */
async function left(): Promise<AuditWorld> {
  const audit = await AuditWorld.start([group('web'), group('db')]);
  const { world } = audit;
  await world.upsert(pod('a', '10.1.0.1', web));
  await world.upsert(pod('b', '10.1.0.2', web));
  await world.upsert(pod('c', '10.1.0.3', { app: 'db' }));
  const previous = world.configuration;
  const next = { ...previous, groups: { db: group('db') } };
  await noteLeft(world.tables, leaving(previous, next), world.clock.now());
  await world.apply([group('db')]);
  expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
  return audit;
}

async function retireWeb({ world }: AuditWorld) {
  const active = await world.configurations.active();
  const [object] = await leftObjects(world.ports, active);
  if (!object) throw new Error('nothing is left');
  const id = await requestRetire(world.ports, active, { object, ...request });
  await world.settle();
  return waitForRetirement(world.ports, { firewall: 'edge', group: 'web', id, timeoutMs: 0 });
}

describe('a group that left the configuration', () => {
  test('stays on the firewall and is listed until it is retired', async () => {
    const { world } = await left();
    const active = await world.configurations.active();
    expect(await leftObjects(world.ports, active)).toMatchObject([
      { firewall: 'edge', group: 'web', object: 'obj-web', channel: 'list', members: 2, offered: false },
    ]);
    await world.reconcile();
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('goes with its members and its object, and nothing else; the archive names who asked', async () => {
    const audit = await left();
    const { world } = audit;
    expect(await retireWeb(audit)).toMatchObject({ state: 'done', removed: 2 });
    expect([...world.device.objects.keys()]).toEqual(['obj-db']);
    expect(world.on('db')).toEqual(['10.1.0.3']);
    const active = await world.configurations.active();
    expect(await leftObjects(world.ports, active)).toEqual([]);
    expect(
      world.tables.all('ledger').filter(({ key }) => key.pk === 'edge|web' && key.sk !== '#object'),
    ).toEqual([]);
    expect(world.tables.all('dirty')).toEqual([]);
    await audit.deliver();
    expect(audit.kinds('10.1.0.1')).toEqual(['intent', 'added', 'intent', 'removed']);
    expect(audit.records('10.1.0.1').at(-1)?.before).toMatchObject({
      name: 'one/shop/a',
      approval: { by: 'mia' },
    });
    const records = audit.records();
    const asked = records.findIndex(({ action }) => action?.what === 'retire');
    expect(records[asked]?.action).toMatchObject({ by: 'mia', ticket: 'CHG-1' });
    expect(records.findIndex(({ kind }) => kind === 'removed')).toBeGreaterThan(asked);
  });

  test('is left in place while a rule uses it, and the rule is named', async () => {
    const audit = await left();
    audit.world.device.rules.set('obj-web', ['12']);
    expect(await retireWeb(audit)).toMatchObject({
      state: 'refused',
      message: expect.stringContaining('firewall/object-in-use'),
      users: [{ where: 'rules', key: '12' }],
    });
    expect(audit.world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
    audit.world.device.rules.clear();
    expect(await retireWeb(audit)).toMatchObject({ state: 'done' });
  });

  test('is left in place when a person renamed the object, and the rules that use it are shown', async () => {
    const audit = await left();
    const { objects, rules } = audit.world.device;
    const object = objects.get('obj-web');
    objects.delete('obj-web');
    if (object) objects.set('web servers', object);
    rules.set('web servers', ['12']);
    const active = await audit.world.configurations.active();
    const listed = await leftObjects(audit.world.ports, active);
    expect([...(await usesOf(audit.world.ports, active, listed)).values()]).toMatchObject([
      { ownership: 'hand-renamed', use: { count: 1, users: [{ key: '12' }] } },
    ]);
    expect(await retireWeb(audit)).toMatchObject({
      state: 'refused',
      message: expect.stringContaining('"web servers"'),
    });
    expect(objects.get('web servers')?.members.size).toBe(2);
  });

  test('is left in place when the object does not carry our mark any more', async () => {
    const audit = await left();
    const object = audit.world.device.objects.get('obj-web');
    if (object) object.comment = 'theirs now';
    expect(await retireWeb(audit)).toMatchObject({
      state: 'refused',
      message: expect.stringContaining('firewall/object-foreign'),
    });
    expect(audit.world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('an offered object is emptied of what is ours, and stays', async () => {
    const target = {
      firewall: 'edge',
      channel: 'list',
      create: 'offered',
      mode: 'sync',
      onForeignAdd: 'report',
    } as const;
    const offered = group('web', { publish: [target] });
    const audit = await AuditWorld.start([offered]);
    const { world } = audit;
    world.device.objects.set('obj-web', { comment: 'zonebridge:offer:web', members: new Set(['10.9.9.9']) });
    await world.upsert(pod('a', '10.1.0.1', web));
    await noteLeft(world.tables, new Map([['edge', ['web']]]), world.clock.now());
    await world.apply([]);
    expect(await retireWeb(audit)).toMatchObject({ state: 'done', removed: 1 });
    expect(world.device.objects.get('obj-web')?.members).toEqual(new Set(['10.9.9.9']));
  });

  test('a firewall that is away gets it later', async () => {
    const audit = await left();
    let failures = 2;
    audit.world.device.fault = () => {
      if (failures-- > 0) throw new ZonebridgeError('firewall/unreachable', 'away');
    };
    expect(await retireWeb(audit)).toMatchObject({ state: 'done', removed: 2 });
    expect([...audit.world.device.objects.keys()]).toEqual(['obj-db']);
  });

  test('a lost reply and a crash before the outcome end in the same', async () => {
    const audit = await left();
    audit.world.device.loseReply.add('10.1.0.2');
    let crashes = 1;
    audit.world.tables.beforeCall = (name, call) => {
      const outcome = name === 'transact' && JSON.stringify(call).includes('"delete":true');
      if (outcome && crashes-- > 0) throw new ZonebridgeError('store/unavailable', 'crash');
    };
    expect(await retireWeb(audit)).toMatchObject({ state: 'done' });
    expect([...audit.world.device.objects.keys()]).toEqual(['obj-db']);
    expect(audit.world.tables.all('dirty')).toEqual([]);
  });

  test('a request that ran out is not begun', async () => {
    const audit = await left();
    const { world } = audit;
    const active = await world.configurations.active();
    const [object] = await leftObjects(world.ports, active);
    if (!object) throw new Error('nothing is left');
    const id = await requestRetire(world.ports, active, { object, ...request });
    await world.clock.sleep(2 * 3_600_000);
    await world.settle();
    const end = await waitForRetirement(world.ports, { firewall: 'edge', group: 'web', id, timeoutMs: 0 });
    expect(end).toMatchObject({ state: 'refused', message: expect.stringContaining('ran out') });
    expect(world.on('web')).toHaveLength(2);
  });

  test('one that came back is not taken away', async () => {
    const audit = await left();
    const { world } = audit;
    const active = await world.configurations.active();
    const [object] = await leftObjects(world.ports, active);
    if (!object) throw new Error('nothing is left');
    await requestRetire(world.ports, active, { object, ...request });
    world.queues.take();
    await world.apply([group('web'), group('db')]);
    expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
    const now = await world.configurations.active();
    expect(await leftObjects(world.ports, now)).toEqual([]);
    await expect(requestRetire(world.ports, now, { object, ...request })).rejects.toThrow('is published to');
  });

  test('who applied the configuration does not take off what it gave up, where a second person is asked for', async () => {
    const audit = await left();
    const { world } = audit;
    const active = await world.configurations.active();
    const [object] = await leftObjects(world.ports, active);
    if (!object) throw new Error('nothing is left');
    const strict = (principal: string) => ({
      ...active,
      principal,
      configuration: {
        ...active.configuration,
        approvals: { secondPerson: true, ticket: { required: true } },
      },
    });
    const own = strict(mia.principal);
    await expect(requestRetire(world.ports, own, { object, ...request })).rejects.toMatchObject({
      code: 'approval/second-person',
    });
    const other = strict('arn:aws:iam::111122223333:user/tom');
    await expect(
      requestRetire(world.ports, other, { object, ...request, ticket: undefined }),
    ).rejects.toMatchObject({
      code: 'approval/ticket',
    });
    expect(await requestRetire(world.ports, other, { object, ...request })).toBeTypeOf('string');
  });

  test('thousands of members go in steps, over as many runs as it takes', async () => {
    const audit = await AuditWorld.start([group('web')]);
    const { world } = audit;
    const records = Array.from({ length: 900 }, (_, i) => pod(`p${i}`, `10.2.${i >> 8}.${i & 255}`, web));
    await world.send(...records.slice(0, 450).map((record) => world.upsertChange(record)));
    await world.send(...records.slice(450).map((record) => world.upsertChange(record)));
    await world.settle();
    expect(world.on('web')).toHaveLength(900);
    await noteLeft(world.tables, new Map([['edge', ['web']]]), world.clock.now());
    await world.apply([]);
    world.device.beforeCall = async () => world.clock.sleep(15_000);
    expect(await retireWeb(audit)).toMatchObject({ state: 'done' });
    expect(world.device.objects.size).toBe(0);
  });
});

describe('the command, on a simulated FortiGate', () => {
  const objects = (app: string) =>
    pushed(app, {
      publish: [
        {
          firewall: 'edge',
          channel: 'objects',
          create: 'own',
          mode: 'sync',
          acceptConfigChurn: { writesPerHour: 1000 },
        },
      ],
    });

  async function applied(groups: Record<string, Record<string, unknown>>): Promise<OperatorWorld> {
    const world = await OperatorWorld.start(groups);
    onTestFinished(() => world.stop());
    world.storeToken();
    await world.run(['apply', '--yes', '--author', 'mia']);
    await world.tell(pod('a', '10.1.0.1', web), pod('b', '10.1.0.2', web));
    return world;
  }

  async function withoutGroups(world: OperatorWorld): Promise<void> {
    await world.write({});
    await world.run(['apply', '--yes', '--author', 'mia']);
  }

  const table = (world: OperatorWorld, path: string) =>
    [...(world.simulator.device.vdom('root').table(path)?.rows.values() ?? [])]
      .filter(({ predefined }) => !predefined)
      .map(({ key }) => key);

  test('shows what is left in status and groups, and takes it off after a ticket', async () => {
    const world = await applied({ web: pushed('web') });
    expect((await world.run(['retire'])).stdout).toContain('Nothing is left');
    await withoutGroups(world);
    expect((await world.run(['status'])).stdout).toMatch(/web on edge.+2 members/);
    expect((await world.run(['groups'])).stdout).toMatch(/web on edge.+2 members/);
    const shown = await world.run(['retire', 'web'], { columns: 140 });
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/nothing/);
    expect(world.members('web')).toHaveLength(2);
    const done = await world.json(['retire', 'web', '--delete', '--yes', '--ticket', 'CHG-1']);
    expect(done).toMatchObject({ code: 0, result: { ok: true } });
    expect(table(world, 'system/external-resource')).toEqual([]);
    expect((await world.run(['retire'])).stdout).toContain('Nothing is left');
  });

  test.each(['group', 'shard'])(
    'a %s that a policy uses stays with all, and the policy is named; then groups, shards and addresses go',
    async (used) => {
      const world = await applied({ web: objects('web') });
      const names = table(world, 'firewall/addrgrp');
      const parent = 'zb-sandbox.web';
      const name = used === 'group' ? parent : (names.find((each) => each !== parent) ?? '');
      const addresses = table(world, 'firewall/address');
      await withoutGroups(world);
      const vdom = world.simulator.device.vdom('root');
      const policies = vdom.table('firewall/policy');
      policies?.create({ name: 'allow web', srcaddr: [{ name }] });
      const refused = await world.run(['retire', 'web', '--delete', '--yes', '--ticket', 'CHG-1'], {
        columns: 200,
      });
      expect(refused.code).toBe(3);
      expect(refused.stdout).toMatch(/firewall\/policy 1 \(srcaddr\)/);
      expect(table(world, 'firewall/addrgrp')).toEqual(names);
      expect(table(world, 'firewall/address')).toEqual(addresses);
      policies?.delete('1');
      expect((await world.run(['retire', 'web', '--delete', '--yes', '--ticket', 'CHG-2'])).code).toBe(0);
      expect(table(world, 'firewall/addrgrp')).toEqual([]);
      expect(table(world, 'firewall/addrgrp6')).toEqual([]);
      expect(table(world, 'firewall/address')).toEqual([]);
    },
  );

  test.each([
    [['retire', 'web', '--delete'], /Add --yes and --ticket/],
    [['retire', 'web', '--delete', '--yes'], /--yes needs --ticket/],
    [['retire', '--delete'], /needs the name/],
    [['retire', 'nothing'], /nothing called nothing is left/],
  ])('%s is refused', async (argv, text) => {
    const world = await applied({ web: pushed('web') });
    await withoutGroups(world);
    const { code, stderr } = await world.run(argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(text);
    expect(world.members('web')).toHaveLength(2);
  });

  test('a group that is configured is not retired', async () => {
    const world = await applied({ web: pushed('web') });
    const { code, stderr } = await world.run(['retire', 'web', '--delete', '--yes', '--ticket', 'CHG-1']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('is in the active configuration')]);
  });

  test('on a terminal the name has to be typed', async () => {
    const world = await applied({ web: pushed('web') });
    await withoutGroups(world);
    const no = await world.run(['retire', 'web', '--delete'], { columns: 140, stdin: 'yes\n' });
    expect(no.code).toBe(1);
    expect(world.members('web')).toHaveLength(2);
    const yes = await world.run(['retire', 'web', '--delete'], { columns: 140, stdin: 'web\n' });
    expect(yes.code).toBe(0);
  });

  test('destroy says what stays behind, and takes nothing down before the name was typed', async () => {
    const world = await applied({ web: objects('web') });
    const names = table(world, 'firewall/addrgrp');
    const [name = ''] = names.slice(-1);
    world.simulator.device
      .vdom('root')
      .table('firewall/policy')
      ?.create({ srcaddr: [{ name }] });
    const shown = await world.run(['destroy', '--dry-run'], { columns: 200 });
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/firewall\/policy 1 \(srcaddr\)/);
    expect(shown.stdout).toContain('zonebridge-sandbox-ledger');
    expect(shown.stdout).toMatch(/bucket zonebridge-sandbox-.+locked for 365 days/);
    expect((await world.run(['destroy'])).code).toBe(2);
    expect((await world.run(['destroy'], { columns: 200, stdin: 'no\n' })).code).toBe(1);
    expect(table(world, 'firewall/addrgrp')).toEqual(names);
  });

  test('destroy takes the stacks down when the name was typed, notes who did it, and changes no firewall', async () => {
    const world = await applied({ web: objects('web') });
    const names = table(world, 'firewall/addrgrp');
    const asked: string[][] = [];
    const cdk = async (args: readonly string[]): Promise<void> => void asked.push([...args]);
    const typed = { columns: 200, stdin: 'sandbox\n', cdk };
    expect((await world.run(['destroy', '--', '--concurrency', '4'], typed)).code).toBe(0);
    expect(asked).toEqual([['destroy', '--all', '--force', '--concurrency', '4']]);
    expect(table(world, 'firewall/addrgrp')).toEqual(names);
    const { items } = await world.operator.ports.tables.query({ table: 'ledger', pk: '#action' });
    expect(items.map(({ item }) => item)).toMatchObject([{ what: 'apply' }, { what: 'destroy' }]);
    // For scripts: only under a ticket, and with one object that says what stays.
    expect((await world.run(['destroy', '--yes'], { cdk })).code).toBe(2);
    const { code, result } = await world.json(['destroy', '--yes', '--ticket', 'CHG-1'], { cdk });
    expect([code, asked.length]).toEqual([0, 2]);
    const ledger = expect.stringContaining('zonebridge-sandbox-ledger') as string;
    expect(result).toMatchObject({
      ok: true,
      objects: [{}],
      kept: expect.arrayContaining([ledger]) as string[],
    });
  });

  test('what cdk could not take down is the end, and an error', async () => {
    const world = await applied({ web: objects('web') });
    const cdk = async (): Promise<void> => {
      throw new ZonebridgeError('hub/deploy-failed', 'cdk failed with exit code 1');
    };
    const { code, stdout, stderr } = await world.run(['destroy', '--yes', '--ticket', 'CHG-1', '--json'], {
      cdk,
    });
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toContain('hub/deploy-failed');
  });
});
