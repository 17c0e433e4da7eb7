import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EndpointRecord } from '../../lib/core/model/endpoint.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';

let world: OperatorWorld;
const web = (index: number): EndpointRecord => pod(`p${index}`, `10.1.0.${index}`, { app: 'web' });
const groups = (select = 'web') => ({
  web: pushed(select),
  bad: pushed('nobody', { usedIn: 'deny' }),
});
const sections = { approvals: { secondPerson: true }, quarantine: { group: 'bad' } };

beforeEach(async () => {
  world = await OperatorWorld.start({});
  world.storeToken();
  await world.write(groups(), {}, sections);
  await world.run(['apply', '--yes']);
  await world.tell(web(1), web(2));
});

afterEach(() => world.stop());

describe('approve and reject', () => {
  beforeEach(async () => {
    await world.write(groups('wbe'), {}, sections);
    await world.run(['apply', '--yes']);
  });

  test('the person of the apply may reject, but not approve, what it caused', async () => {
    const own = await world.run(['approve', 'edge', '--yes']);
    expect([own.code, own.stderr]).toEqual([1, expect.stringContaining('approval/second-person')]);
    const rejected = await world.json([
      'reject',
      'edge',
      '--address',
      '10.1.0.1',
      '--reason',
      'typo',
      '--yes',
    ]);
    expect(rejected).toMatchObject({
      code: 0,
      result: { by: world.principal, rejected: [{ address: '10.1.0.1' }] },
    });
    expect((await world.run(['groups', 'web'])).stdout).toContain('rejected by');
    world.principal = 'arn:aws:iam::000000000000:user/ben';
    const approved = await world.json(['approve', 'edge', '--yes']);
    expect(approved).toMatchObject({
      code: 0,
      result: { by: world.principal, approved: [{ address: '10.1.0.2' }] },
    });
    await world.work();
    expect(world.members('web')).toEqual(['10.1.0.1']);
    const all = await world.run(['approve', 'edge', '--yes']);
    expect(all.stdout).toContain('Nothing to decide on edge.');
    await world.run(['approve', 'edge', '--rejected', '--yes']);
    await world.work();
    expect(world.members('web')).toEqual([]);
  });

  test('nobody who is not known approves', async () => {
    world.principal = undefined;
    const env = { GITHUB_ACTOR: 'ben' };
    expect(await world.run(['approve', 'edge', '--yes'], { env })).toMatchObject({ code: 1 });
    expect(world.members('web')).toHaveLength(2);
  });

  test('wrong names are answered with those that there are', async () => {
    expect(await world.run(['reject', 'egde', '--yes'])).toMatchObject({ code: 2 });
    expect(await world.run(['approve', 'edge', '--address', 'nonsense', '--yes'])).toMatchObject({ code: 2 });
  });
});

describe('pause and resume', () => {
  test('are shown, and end for all or for one', async () => {
    expect(await world.json(['pause', '--reason', 'upgrade'])).toMatchObject({
      code: 0,
      result: { already: false },
    });
    await world.tell(web(3));
    expect(world.members('web')).toHaveLength(2);
    const status = await world.run(['status']);
    expect([status.code, status.stdout]).toEqual([3, expect.stringContaining('paused')]);
    expect(status.stdout).toContain('user/ada: upgrade');
    const explained = await world.run(['explain', '10.1.0.3']);
    expect(explained.stdout).toContain('zonebridge resume');
    expect(await world.json(['resume', 'edge'])).toMatchObject({
      code: 3,
      result: { stillPaused: ['edge'] },
    });
    expect(await world.json(['resume'])).toMatchObject({ code: 0, result: { stillPaused: [] } });
    await world.work();
    expect(world.members('web')).toHaveLength(3);
  });
});

describe('quarantine', () => {
  test('of a pod, with its lift, by command', async () => {
    const done = await world.json(['quarantine', 'shop/p1', '--reason', 'beacon']);
    expect(done).toMatchObject({ code: 0, result: { target: 'shop/shop/p1', denyGroup: 'bad' } });
    await world.work();
    expect([world.members('web'), world.members('bad')]).toEqual([['10.1.0.2'], ['10.1.0.1']]);
    const explained = await world.run(['explain', '10.1.0.1']);
    expect(explained.stdout).toMatch(/quarantined shop\/shop\/p1 at .*beacon/);
    expect((await world.run(['status'])).stdout).toContain('Quarantines:');
    expect((await world.run(['quarantine', 'shop/p1'])).stdout).toContain('already');
    expect(await world.json(['quarantine', 'shop/p1', '--lift'])).toMatchObject({
      code: 0,
      result: { lifted: true },
    });
    await world.work();
    expect([world.members('web'), world.members('bad')]).toEqual([['10.1.0.1', '10.1.0.2'], []]);
    expect(await world.run(['quarantine', 'shop/p1', '--lift'])).toMatchObject({ code: 2 });
  });
});

describe('a quarantine says where nothing happens', () => {
  const limits = async (target: string) => {
    const { code, result } = await world.json(['quarantine', target]);
    return [code, result['limits']];
  };

  test('on a paused firewall, and no more when writes go on', async () => {
    await world.run(['pause']);
    expect(await limits('shop/p1')).toEqual([
      3,
      [
        { firewall: 'edge', group: 'bad', because: 'paused' },
        { firewall: 'edge', group: 'web', because: 'paused' },
      ],
    ]);
    expect((await world.run(['quarantine', 'shop/p1'])).stdout).toContain('zonebridge resume');
    await world.run(['resume']);
    expect(await limits('shop/p1')).toEqual([0, []]);
    await world.run(['pause', 'edge']);
    expect(await limits('10.1.0.2')).toEqual([
      3,
      expect.arrayContaining([{ firewall: 'edge', group: 'web', because: 'paused' }]),
    ]);
  });

  test('in a group that left the configuration with the address on the firewall', async () => {
    await world.write({ bad: pushed('nobody', { usedIn: 'deny' }) }, {}, sections);
    await world.run(['apply', '--yes']);
    expect(await limits('10.1.0.1')).toEqual([3, [{ firewall: 'edge', group: 'web', because: 'left' }]]);
    expect(await limits('10.1.0.9')).toEqual([0, []]);
    expect((await world.run(['quarantine', '10.1.0.10'])).stdout).toContain('1 place told');
    const alone = await world.run(['quarantine', '10.1.0.11', '--deny-group', 'nobody']);
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('usedIn: deny') });
  });

  test('where the mode is observe', async () => {
    const publish = [{ firewall: 'edge', channel: 'push', create: 'own', mode: 'observe' }];
    await world.write({ ...groups(), web: pushed('web', { publish }) }, {}, sections);
    await world.run(['apply', '--yes']);
    expect(await limits('shop/p1')).toEqual([3, [{ firewall: 'edge', group: 'web', because: 'observe' }]]);
  });
});

describe('a file with problems', () => {
  const damage = async (change: (text: string) => string) => {
    const file = join(world.folder, 'zonebridge.yaml');
    await writeFile(file, change(await readFile(file, 'utf8')));
  };

  test.each([
    ['that does not fit the schema', (text: string) => `${text}\nnonsense: 1\n`],
    ['that is no YAML', (text: string) => `${text}\ngroups2: { "open\n`],
  ])('%s is not in the way of orders, and is named', async (_, change) => {
    await damage(change);
    const orders = [
      [['pause', 'edge'], 0],
      [['status'], 3],
      [['resume', 'edge'], 0],
      [['quarantine', '10.1.0.1'], 0],
      [['quarantine', '10.1.0.1', '--lift'], 0],
      [['approve', 'edge', '--yes'], 0],
      [['reject', 'edge', '--yes'], 0],
    ] as const;
    for (const [argv, code] of orders) {
      const ran = await world.run(argv);
      expect([argv, ran.code]).toEqual([argv, code]);
      expect(ran.stderr).toContain('Its hub section alone is used: hub sandbox');
    }
    expect(await world.run(['pause', 'egde'])).toMatchObject({ code: 2 });
    const plan = await world.run(['plan']);
    expect([plan.code, plan.stderr]).toEqual([2, expect.stringContaining('configuration/invalid')]);
  });

  test.each([
    ['is not valid', (text: string) => text.replace(/region: \S+/, 'region: nowhere')],
    ['stands there twice', (text: string) => `${text}\nhub: { name: other }\n`],
    ['is not there', (text: string) => text.replace(/^hub:/m, 'hbu:')],
  ])('whose hub section %s names no hub', async (_, change) => {
    await damage(change);
    const { code, stderr } = await world.run(['pause']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('configuration/invalid')]);
    expect(stderr).not.toContain('alone is used');
  });
});

test('nobody quarantines an address that no workload has', async () => {
  const nobody = [
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['169.254.169.254', 'link-local'],
    ['fe80::1', 'link-local'],
  ] as const;
  for (const [address, name] of nobody) {
    const { code, stderr } = await world.run(['quarantine', address]);
    expect([address, code]).toEqual([address, 2]);
    expect(stderr).toContain('address/unusable');
    expect(stderr).toContain(name);
  }
  expect((await world.json(['status'])).result['quarantines']).toEqual([]);
});

test('restore asks for one address or all', async () => {
  expect(await world.run(['restore', 'edge', 'web'])).toMatchObject({ code: 2 });
  expect(await world.run(['restore', 'edge', 'web', '10.1.0.1', '--all'])).toMatchObject({ code: 2 });
  expect(await world.run(['restore', 'edge', 'web', '--all'])).toMatchObject({ code: 2 });
});
