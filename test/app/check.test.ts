import { describe, expect, test } from 'vitest';
import { applyConfiguration } from '../../lib/app/commands/apply.ts';
import { type CheckLine, type CheckResult, checkFirewall } from '../../lib/app/commands/check.ts';
import { setCredential } from '../../lib/app/commands/set-credential.ts';
import { names } from '../../lib/app/names.ts';
import { recordOf } from '../../lib/app/state/firewall-records.ts';
import { readWriter, writerRow } from '../../lib/app/state/writers.ts';
import { type ErrorCode, ZonebridgeError } from '../../lib/core/errors.ts';
import type { Diagnosis, FirewallModule } from '../../lib/core/firewall.ts';
import { offer } from '../../lib/core/plan/ownership.ts';
import type { MemorySecrets } from '../support/ports.ts';
import { paperModule } from '../support/paper-firewall.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };

function check(world: World): Promise<CheckResult> {
  return checkFirewall(world, world.configuration, 'edge');
}

function line({ lines }: CheckResult, name: string): CheckLine | undefined {
  return lines.find((one) => one.name === name);
}

function failing(world: World, code: ErrorCode): void {
  world.device.fault = () => {
    throw new ZonebridgeError(code, 'test');
  };
}

async function circuitUntil(world: World): Promise<number> {
  const [item] = await world.tables.read([writerRow(world.writerKey)]);
  return recordOf(readWriter(item).firewalls, 'edge').trouble.circuitUntil;
}

function diagnosing(world: World, more: Partial<Diagnosis>): void {
  const diagnose = () =>
    Promise.resolve({ certificate: undefined, clockDifferenceMs: undefined, rights: [], ...more });
  world.ports.firewalls = { paper: { ...(paperModule as FirewallModule), diagnose } };
}

test('a group that a person renamed is named, and how it is mended', async () => {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  const object = world.device.objects.get('obj-web')!;
  world.device.objects.delete('obj-web');
  world.device.objects.set('web servers', object);
  const result = await check(world);
  expect(result.ok).toBe(false);
  expect(line(result, 'group web')).toMatchObject({
    state: 'failed',
    text: expect.stringContaining('"web servers"'),
    remedy: expect.stringContaining('former name'),
  });
});

describe('a call', () => {
  test('that goes through proves every stage', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', '10.1.0.1', web));
    const result = await check(world);
    expect(result).toMatchObject({ ok: true, circuitClosed: false });
    expect(result.lines.every(({ state }) => state === 'ok')).toBe(true);
    expect(line(result, 'version')?.text).toContain('PAPER1, version v1.0.0');
    expect(line(result, 'group web')?.text).toBe('list object obj-web is ours, 1 members');
    expect(world.device.calls.filter(({ name }) => name === 'apply')).toHaveLength(1);
  });

  const names = ['reachable', 'certificate', 'interface', 'token', 'scope'];
  test.each([
    ['firewall/unreachable', 0],
    ['firewall/certificate-untrusted', 1],
    ['firewall/unexpected-answer', 2],
    ['firewall/throttled', 2],
    ['firewall/credentials-rejected', 3],
    ['firewall/scope-missing', 4],
    ['firewall/permission-denied', 4],
  ] as const)('that ends with %s fails there and nowhere else', async (code, at) => {
    const world = await World.start([group('web')]);
    failing(world, code);
    const result = await check(world);
    expect(result.ok).toBe(false);
    const states = names.map((name) => line(result, name)?.state);
    expect(states).toEqual(names.map((_, i) => (i < at ? 'ok' : i === at ? 'failed' : 'skipped')));
    expect(line(result, names[at]!)?.remedy).toBeTruthy();
  });

  test('from somewhere else than the hub says where the hub calls from', async () => {
    const world = await World.start([group('web')]);
    world.configuration.networks['lan']!.sourceRanges = ['10.9.0.0/26'];
    failing(world, 'firewall/unreachable');
    expect(line(await check(world), 'reachable')?.remedy).toContain('network lan (10.9.0.0/26)');
  });
});

test('a stored credential that is refused fails, also where the one before it still works', async () => {
  const world = await World.start([group('web')]);
  world.device.accepts = new Set(['token']);
  await (world.ports.secrets as MemorySecrets).write(names.secret('test', 'edge'), 'mistyped');
  const result = await check(world);
  expect(result.ok).toBe(false);
  expect(line(result, 'token')).toMatchObject({
    state: 'failed',
    text: 'the stored credential is refused, the one before it is accepted',
  });
  expect(line(result, 'version')?.state).toBe('ok');
});

test('without a credential the device is not called', async () => {
  const world = await World.start([group('web')]);
  world.ports.secrets.read = () => Promise.reject(new ZonebridgeError('secret/missing', 'none'));
  const result = await check(world);
  expect(line(result, 'credential')).toMatchObject({ state: 'failed' });
  expect(line(result, 'device')).toMatchObject({ state: 'skipped' });
  expect(world.device.calls).toEqual([]);
});

test('a firewall that is not configured is a mistake', async () => {
  const world = await World.start([group('web')]);
  await expect(checkFirewall(world, world.configuration, 'x')).rejects.toMatchObject({
    code: 'command/usage',
  });
});

describe('the object of a group', () => {
  const target = group('web').publish[0]!;
  const offered = group('web', { publish: [{ ...target, create: 'offered' }] });

  test('that is somebody else’s', async () => {
    const world = await World.start([group('web')]);
    world.device.objects.set('obj-web', { comment: 'theirs', members: new Set() });
    expect(line(await check(world), 'group web')).toMatchObject({ state: 'failed' });
  });

  test('that has to be offered', async () => {
    const world = await World.start([offered]);
    expect(line(await check(world), 'group web')?.remedy).toContain('zonebridge:offer:web');
    world.device.objects.set('obj-web', { comment: '', members: new Set() });
    expect(line(await check(world), 'group web')?.remedy).toContain('Offer it');
    world.device.objects.set('obj-web', { comment: offer('web'), members: new Set() });
    expect(line(await check(world), 'group web')).toMatchObject({ state: 'ok' });
  });

  test('that does not fit the channel', async () => {
    const world = await World.start([group('web', { maxMembers: 100_001 })]);
    expect(line(await check(world), 'configuration')?.text).toContain('100001 is more than 100000');
  });
});

describe('what the vendor tells more', () => {
  const day = 86_400_000;
  test.each([
    [90, 'ok'],
    [10, 'warning'],
    [-1, 'warning'],
  ])('a certificate valid for %i days: %s', async (days, state) => {
    const world = await World.start([group('web')]);
    diagnosing(world, { certificate: { subject: 'edge', validTo: world.clock.now() + days * day } });
    expect(line(await check(world), 'certificate expiry')).toMatchObject({ state });
  });

  test.each([
    [2_000, 'ok'],
    [-120_000, 'warning'],
  ])('a clock %i ms off: %s', async (clockDifferenceMs, state) => {
    const world = await World.start([group('web')]);
    diagnosing(world, { clockDifferenceMs });
    expect(line(await check(world), 'clock')).toMatchObject({ state });
  });

  test('a missing right', async () => {
    const world = await World.start([group('web')]);
    diagnosing(world, { rights: [{ table: 'addresses', readable: false, needed: 'read-write' }] });
    expect(await check(world)).toMatchObject({ ok: false });
    expect(line(await check(world), 'right')?.remedy).toContain('read-write');
  });

  test('a device that is older than configured', async () => {
    const world = await World.start([group('web')]);
    world.configuration.firewalls['edge']!.settings['version'] = '2.0';
    expect(line(await check(world), 'version')).toMatchObject({ state: 'warning' });
    world.configuration.firewalls['edge']!.settings['version'] = '1.0';
    expect(line(await check(world), 'version')).toMatchObject({ state: 'ok' });
  });
});

describe('the circuit', () => {
  async function refused(): Promise<World> {
    const world = await World.start([group('web')]);
    failing(world, 'firewall/credentials-rejected');
    await world.upsert(pod('a', '10.1.0.1', web));
    expect(await circuitUntil(world)).toBeGreaterThan(world.clock.now());
    return world;
  }

  test('stays open while something is wrong', async () => {
    const world = await refused();
    expect(await check(world)).toMatchObject({ ok: false, circuitClosed: false });
    expect(await circuitUntil(world)).toBeGreaterThan(world.clock.now());
  });

  test('closes when all is well, and the hub catches up', async () => {
    const world = await refused();
    world.device.fault = undefined;
    expect(await check(world)).toMatchObject({ ok: true, circuitClosed: true });
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });

  test.each([
    [{ ca: 'another authority' }, ['10.1.0.1']],
    [{}, []],
  ])('is tried at once when an apply changes %j of its settings', async (settings, members) => {
    const world = await refused();
    world.device.fault = undefined;
    const edge = world.configuration.firewalls['edge']!;
    const firewalls = { edge: { ...edge, settings: { ...edge.settings, ...settings } } };
    const configuration = { ...world.configuration, firewalls };
    await applyConfiguration(world, { configuration, plans: [], author: 'test' });
    await world.settle();
    expect(world.on('web')).toEqual(members);
  });

  test('closes with a new credential', async () => {
    const world = await refused();
    world.device.fault = undefined;
    const stored: [string, string][] = [];
    const credentials = {
      write: async (name: string, value: string) => {
        stored.push([name, value]);
      },
    };
    const app = { ports: world.ports, credentials };
    const request = { configuration: world.configuration, firewall: 'edge', text: 'new-token\r\n' };
    await setCredential(app, request);
    expect(stored).toEqual([[names.secret('test', 'edge'), 'new-token']]);
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });
});
