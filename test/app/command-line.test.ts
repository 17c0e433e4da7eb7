import { afterEach, describe, expect, test } from 'vitest';
import { translate } from '../../lib/aws/service-errors.ts';
import { names } from '../../lib/app/names.ts';
import { ledgerKey, listLedger } from '../../lib/app/state/ledger.ts';
import { sandboxHub, sandboxRegion } from '../../lib/sandbox/configuration.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';

const web = { app: 'web' };
const secret = names.secret(sandboxHub, 'edge');
let world: OperatorWorld;
afterEach(async () => await world.stop());

async function applied(count = 2): Promise<OperatorWorld> {
  world = await OperatorWorld.start({ web: pushed('web') });
  world.storeToken();
  expect(await world.json(['apply', '--yes'])).toMatchObject({ code: 0, result: { generation: 1 } });
  await world.tell(...Array.from({ length: count }, (_, i) => pod(`p${i}`, `10.1.0.${i + 1}`, web)));
  expect(world.members('web')).toHaveLength(count);
  return world;
}

describe('the first day', () => {
  test('before anything is applied or stored, each command says what to do next', async () => {
    world = await OperatorWorld.start({ web: pushed('web') });
    for (const argv of [['status'], ['groups'], ['explain', '10.0.0.1'], ['reconcile', 'edge']]) {
      const { code, stderr } = await world.run(argv);
      expect([code, stderr]).toEqual([1, expect.stringContaining('Run `zonebridge apply`')]);
    }
    const { code, stdout } = await world.run(['plan']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'compared with the ledger alone, the device cannot be read from here (secret/missing)',
    );
    const check = await world.run(['check', 'edge']);
    expect(check.code).toBe(1);
    expect(check.stdout).toContain('zonebridge secret set <firewall>');
  });

  test('a check tells by its exit code whether trying again may help', async () => {
    world = await OperatorWorld.start({ web: pushed('web') });
    expect((await world.run(['check', 'edge'])).code).toBe(1);
    world.storeToken();
    expect((await world.run(['check', 'edge'])).code).toBe(0);
    await world.write({ web: pushed('web') }, { port: 1 });
    const { code, stdout } = await world.run(['check', 'edge']);
    expect([code, stdout]).toEqual([4, expect.stringContaining('firewall/unreachable')]);
  });

  test('the credential comes from standard input, is never shown, and a wrong one is not stored', async () => {
    world = await OperatorWorld.start({ web: pushed('web') });
    const bad = await world.run(['secret', 'set', 'edge'], { stdin: 'a b\n' });
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain('blanks');
    expect(world.secrets.values.has(secret)).toBe(false);
    const { token } = world.simulator;
    const good = await world.run(['secret', 'set', 'edge'], { stdin: `${token}\n` });
    expect(good).toMatchObject({ code: 0, stderr: '' });
    expect(good.stdout).not.toContain(token);
    expect(world.secrets.values.get(secret)).toBe(token);
    const typed = await world.run(['secret', 'set', 'edge'], { columns: 80 });
    expect(typed.stderr).toContain('pipe it in');
    expect((await world.run(['check', 'edge'])).stdout).toContain('will be made');
  });

  test('apply, then everything is there', async () => {
    await applied();
    expect(world.members('web')).toEqual(['10.1.0.1', '10.1.0.2']);
    expect((await world.run(['status'])).stdout).toMatch(/edge\s+in step/);
    expect((await world.json(['groups', 'web'])).result).toMatchObject({
      groups: [{ firewall: 'edge', members: [{ endpoint: 'shop/shop/p0', state: 'present' }, {}] }],
    });
    expect((await world.run(['explain', 'shop/p0'])).stdout).toContain(
      'on the firewall by our record (present)',
    );
    const check = await world.json(['check', 'edge']);
    expect(check).toMatchObject({ code: 0, result: { ok: true } });
  });
});

describe('plan and apply', () => {
  test('a person looks, then says yes or no', async () => {
    await applied();
    await world.write({ web: pushed('web'), all: pushed('web', { select: 'all()' }) });
    const refused = await world.run(['apply'], { columns: 120, stdin: 'n\n' });
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('2 to add, 0 to remove');
    expect(refused.stderr).toContain('Activate generation 2?');
    const nobody = await world.run(['apply']);
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    const agreed = await world.run(['apply', '--author', 'mia'], { columns: 120, stdin: 'y\n' });
    expect(agreed.code).toBe(0);
    expect(agreed.stdout).toContain('Generation 2 is active.');
    expect(world.members('all')).toEqual(['10.1.0.1', '10.1.0.2']);
    expect((await world.json(['status'])).result).toMatchObject({ generation: 2, author: 'mia' });
    expect((await world.json(['apply', '--yes'])).result).toMatchObject({ changed: false, generation: 2 });
  });

  test('what would empty a group is held, shown and approved', async () => {
    await applied();
    await world.write({ web: pushed('wbe') });
    const plan = await world.json(['plan']);
    expect(plan).toMatchObject({ code: 3, result: { held: 2, empty: false } });
    const shown = await world.run(['plan']);
    expect(shown.stdout).toContain('2 held: configuration-shrink');
    expect((await world.run(['apply', '--yes'])).code).toBe(3);
    expect(world.members('web')).toHaveLength(2);
    expect((await world.run(['status'])).code).toBe(3);
    const list = await world.run(['approve', 'edge'], { columns: 120, stdin: 'n\n' });
    expect([list.code, list.stdout]).toEqual([3, expect.stringContaining('configuration-shrink')]);
    const approved = await world.json(['approve', 'edge', '--group', 'web', '--yes']);
    const by = world.principal;
    expect(approved).toMatchObject({ code: 0, result: { by, approved: [{ op: 'remove' }, {}] } });
    await world.work();
    expect(world.members('web')).toEqual([]);
    expect((await world.json(['approve', 'edge', '--yes'])).result).toMatchObject({ approved: [] });
  });

  test('a member that the firewall refuses is named by apply and status', async () => {
    await applied();
    const { tables } = world.operator.ports;
    const [row] = await listLedger(tables, 'edge', 'web');
    const refusal = { failedCode: 'firewall/object-foreign', failedMessage: 'not ours' };
    await tables.write({ key: ledgerKey('edge', row!.key), update: { set: refusal } });
    await world.write({ web: pushed('web'), all: pushed('web', { select: 'all()' }) });
    const text = 'edge refuses 1 of web (firewall/object-foreign): 10.1.0.1';
    expect(await world.run(['apply', '--yes'])).toMatchObject({
      code: 3,
      stdout: expect.stringContaining(text) as string,
    });
    expect(await world.run(['status'])).toMatchObject({
      code: 3,
      stdout: expect.stringContaining(text) as string,
    });
  });

  test('a firewall that does not answer is planned from the ledger, and apply says that it is behind', async () => {
    await applied();
    await world.write({ web: pushed('web'), all: pushed('web', { select: 'all()' }) });
    world.simulator.faults.add({ kind: 'throttle' });
    const { code, result } = await world.json(['apply', '--yes']);
    expect(code).toBe(4);
    expect(result).toMatchObject({ progress: { done: false }, firewalls: [{ basis: 'ledger' }] });
    expect((await world.json(['check', 'edge'])).result).toMatchObject({ ok: false });
    world.simulator.faults.remove();
    expect((await world.json(['check', 'edge'])).result).toMatchObject({ ok: true });
  });
});

describe('people on the firewall', () => {
  test('a member taken off by hand is shown, stays out, and comes back by restore', async () => {
    await applied();
    await world.clock.sleep(600_000);
    await world.run(['reconcile', 'edge']);
    const [name = ''] = world.simulator.device.vdom('root').feeds.names();
    world.simulator.device.vdom('root').feeds.run(name, 'remove', ['10.1.0.2']);
    await world.clock.sleep(1);
    const found = await world.json(['reconcile', 'edge']);
    expect(found).toMatchObject({ code: 0, result: { comparison: { removedByHand: 1 } } });
    expect((await world.run(['explain', '10.1.0.2'])).stdout).toContain(
      'zonebridge restore edge web 10.1.0.2',
    );
    expect((await world.run(['restore', 'edge', 'web', '10.1.0.2'])).code).toBe(0);
    await world.work();
    expect(world.members('web')).toEqual(['10.1.0.1', '10.1.0.2']);
    const again = await world.run(['restore', 'edge', 'web', '10.1.0.2']);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('is not withheld')]);
  });

  test('after a configuration was restored, one command lets everything come back', async () => {
    await applied();
    await world.clock.sleep(600_000);
    await world.run(['reconcile', 'edge']);
    const [name = ''] = world.simulator.device.vdom('root').feeds.names();
    world.simulator.device.vdom('root').feeds.run(name, 'snapshot', []);
    await world.clock.sleep(1);
    await world.run(['reconcile', 'edge']);
    expect(world.members('web')).toEqual([]);
    expect((await world.run(['restore', 'edge'])).stderr).toContain('--all');
    const back = await world.json(['restore', 'edge', '--all', '--reason', 'backup put back']);
    expect(back).toMatchObject({ code: 0, result: { groups: { web: ['10.1.0.1', '10.1.0.2'] } } });
    await world.work();
    expect(world.members('web')).toEqual(['10.1.0.1', '10.1.0.2']);
    expect((await world.run(['restore', 'edge', '--all'])).stderr).toContain('nothing is withheld on edge');
  });

  test('a refused token opens the circuit; a good one and check close it', async () => {
    await applied();
    world.secrets.values.set(secret, 'wrong-token');
    await world.tell(pod('new', '10.1.0.9', web));
    expect((await world.json(['status'])).result).toMatchObject({ firewalls: [{ health: 'circuit open' }] });
    const check = await world.run(['check', 'edge']);
    expect(check.stdout).toMatch(/token\s+failed/);
    expect(check.stdout).toMatch(/scope\s+skipped/);
    await world.run(['secret', 'set', 'edge'], { stdin: world.simulator.token });
    await world.work();
    expect(world.members('web')).toContain('10.1.0.9');
    expect((await world.json(['status'])).result).toMatchObject({ firewalls: [{ health: 'in step' }] });
  });
});

test('names that do not exist are mistakes', async () => {
  await applied(0);
  for (const argv of [
    ['check', 'x'],
    ['approve', 'x'],
    ['approve', 'edge', '--group', 'x'],
    ['groups', 'x'],
    ['reconcile', 'x'],
    ['secret', 'set', 'x'],
    ['restore', 'edge', 'web', 'x'],
    ['explain', 'x'],
  ]) {
    expect([argv, (await world.run(argv, { stdin: 'some-token' })).code]).toEqual([argv, 2]);
  }
});

test('a mistaken name is answered with those that there are', async () => {
  await applied(0);
  for (const argv of [
    ['restore', 'nope', 'web', 'x'],
    ['reconcile', 'nope'],
    ['approve', 'nope'],
  ])
    expect((await world.run(argv)).stderr).toContain('no firewall nope; there are: edge');
  for (const argv of [
    ['restore', 'edge', 'nope', 'x'],
    ['groups', 'nope'],
  ])
    expect((await world.run(argv)).stderr).toContain('no group nope; there are: web');
  expect((await world.run(['explain', 'nope'])).stderr).toContain('groups are: web');
  expect((await world.run(['explain', 'shop/gone'])).code).toBe(0);
});

test('AWS that does not let us in, or has no such hub, is said in our words', async () => {
  await applied(0);
  for (const [name, code] of [
    ['AccessDeniedException', 'hub/access-denied'],
    ['CredentialsProviderError', 'hub/access-denied'],
    ['ResourceNotFoundException', 'hub/missing'],
  ]) {
    world.operator.ports.tables.read = () => Promise.reject(Object.assign(new Error('no'), { name }));
    expect((await world.json(['status'])).result).toMatchObject({ ok: false, error: { code } });
  }
});

test('AWS that cannot be reached is named with its service, place and cause', async () => {
  await applied(0);
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' });
  world.operator.ports.tables.read = () => Promise.reject(translate(refused, 'DynamoDB'));
  const env = { AWS_ENDPOINT_URL: 'http://user:word@127.0.0.1:9' };
  const { code, stderr } = await world.run(['status'], { env });
  expect(code).toBe(4);
  expect(stderr).toContain('at AWS_ENDPOINT_URL=http://127.0.0.1:9: DynamoDB');
  expect(stderr).toContain('ECONNREFUSED');
  expect(stderr).toContain('Check the network');
  expect(stderr).not.toContain('redelivered');
  expect((await world.run(['status'])).stderr).toContain(`in region ${sandboxRegion}`);
});

test('deploy without a terminal says what it needs before anything is built', async () => {
  world = await OperatorWorld.start({ web: pushed('web') });
  for (const argv of [['deploy'], ['deploy', '--yes'], ['deploy', '--require-approval', 'never']]) {
    const { code, stderr } = await world.run(argv);
    expect([code, stderr]).toEqual([2, expect.stringContaining('no terminal')]);
  }
});
