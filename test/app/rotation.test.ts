import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SecretWriter } from '../../lib/aws/secret-writer.ts';
import { CachedSecrets } from '../../lib/aws/secrets.ts';
import { rotationStep } from '../../lib/app/rotation/rotation-step.ts';
import { names } from '../../lib/app/names.ts';
import { sandboxHub } from '../../lib/sandbox/configuration.ts';
import { testClient } from '../../lib/firewalls/fortigate/simulator/test-client.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { MemorySecretsManager } from '../support/secrets-manager.ts';
import { pod } from '../support/world.ts';

const secret = names.secret(sandboxHub, 'edge');
const keyMaker = names.keyMakerSecret(sandboxHub, 'edge');
const rotation = { rotateKeyDays: 30, rotationUsers: ['hub-a', 'hub-b'] };

let world: OperatorWorld;
let service: MemorySecretsManager;
let pods = 0;

/** One changed pod, all the way to the firewall. */
async function change(): Promise<void> {
  pods += 1;
  await world.tell(pod(`p${pods}`, `10.1.${pods >> 8}.${pods & 255}`, { app: 'web' }));
}

/** Whether the device itself takes the token of a credential. */
async function isAccepted(credential = ''): Promise<boolean> {
  const client = testClient(world.simulator);
  const authorization = `Bearer ${credential.split(':')[1]}`;
  const { status } = await client.call('GET', '/api/v2/monitor/system/status', {
    headers: { authorization },
  });
  await client.close();
  return status === 200;
}

beforeEach(async () => {
  pods = 0;
  world = await OperatorWorld.start({ web: pushed('web') });
  await world.write({ web: pushed('web') }, rotation);
  service = new MemorySecretsManager([secret, keyMaker]);
  const { simulator, operator, clock } = world;
  operator.ports.secrets = new CachedSecrets({ client: service.client, clock });
  operator.credentials = new SecretWriter(service.client);
  const first = simulator.addApiUser('hub-a', 'zonebridge');
  simulator.addApiUser('hub-b', 'zonebridge');
  const maker = simulator.addApiUser('maker', 'super_admin');
  await world.run(['secret', 'set', 'edge'], { stdin: `hub-a:${first}\n` });
  await world.run(['secret', 'set', 'edge', '--key-maker'], { stdin: `maker:${maker}\n` });
  await world.run(['apply', '--yes']);
  await change();
});
afterEach(() => world.stop());

function refusals(): number {
  const statuses = world.simulator.requests.list().flatMap((entry) => Object.entries(entry.statuses));
  return statuses.filter(([status]) => status === '401').reduce((sum, [, count]) => sum + count, 0);
}

function failedRuns(): unknown[] {
  return world.telemetry.lines.filter(({ message }) => message === 'run ended with an error');
}

test('rotates under continuous changes: no call refused, no run failed, the old key worthless afterwards', async () => {
  const old = service.valueOf(secret, 'AWSCURRENT');
  let busy = false;
  const changeOnce = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    await change();
    busy = false;
  };
  world.whileWaiting = changeOnce;
  // Changes also fall between any two steps of the rotation.
  service.beforeCall = changeOnce;
  const rotations = 4;
  for (let i = 0; i < rotations; i++)
    expect(await world.json(['secret', 'rotate', 'edge'])).toMatchObject({
      code: 0,
      result: { state: 'revoked' },
    });
  service.beforeCall = undefined;
  world.whileWaiting = undefined;
  expect(pods).toBeGreaterThan(rotations * 6);
  expect(world.members('web')).toHaveLength(pods);
  expect([refusals(), failedRuns()]).toEqual([0, []]);
  expect(service.valueOf(secret, 'AWSCURRENT')).toMatch(/^hub-a:/);
  expect([await isAccepted(service.valueOf(secret, 'AWSCURRENT')), await isAccepted(old)]).toEqual([
    true,
    false,
  ]);
});

test('the four steps of Secrets Manager do the same, and each may be repeated', async () => {
  const before = service.valueOf(secret, 'AWSCURRENT');
  const event = (step: string) => ({
    Step: step,
    SecretId: `arn:aws:secretsmanager:eu-central-1:000000000000:secret:${secret}-AbCdEf`,
    ClientRequestToken: '0123456789abcdef0123456789abcdef',
  });
  for (const step of [
    'createSecret',
    'createSecret',
    'setSecret',
    'testSecret',
    'finishSecret',
    'finishSecret',
  ])
    await rotationStep(world.operator, event(step));
  expect(service.valueOf(secret, 'AWSCURRENT')).toMatch(/^hub-b:/);
  expect(service.valueOf(secret, 'AWSPREVIOUS')).toBe(before);
  expect(world.telemetry.valuesOf('RotationTrouble').at(-1)).toBe(0);
  await change();
  expect(world.members('web')).toHaveLength(pods);
});

test('a scheduled rotation that fails is told, wherever it fails', async () => {
  const event = {
    Step: 'testSecret',
    SecretId: `arn:aws:secretsmanager:eu-central-1:000000000000:secret:${secret}-AbCdEf`,
    ClientRequestToken: 'fedcba9876543210fedcba9876543210',
  };
  await expect(rotationStep(world.operator, event)).rejects.toThrow();
  expect(world.telemetry.valuesOf('RotationTrouble')).toEqual([1]);
  vi.spyOn(world.operator.configurations, 'active').mockRejectedValueOnce(new Error('no tables'));
  await expect(rotationStep(world.operator, event)).rejects.toThrow('no tables');
  expect(world.telemetry.valuesOf('RotationTrouble')).toEqual([1, 1]);
});

test('a new key that is not accepted never comes into force', async () => {
  const before = service.valueOf(secret, 'AWSCURRENT');
  const { code, stderr } = await world.run(['secret', 'rotate', 'edge', '--stdin'], {
    stdin: 'hub-b:not-a-real-key',
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining('firewall/credentials-rejected')]);
  expect(service.valueOf(secret, 'AWSCURRENT')).toBe(before);
  await change();
  expect(world.members('web')).toHaveLength(pods);
});

test('refuses two administrators with different rights, a token without owner, and a key maker who may not', async () => {
  const rotate = async (): Promise<string> => (await world.run(['secret', 'rotate', 'edge'])).stderr;
  world.simulator.device
    .vdom('root')
    .table('system/api-user')
    ?.rows.get('hub-b')
    ?.values.set('accprofile', 'readers');
  expect(await rotate()).toContain('API administrators hub-a and hub-b differ');
  const plain = (service.valueOf(secret, 'AWSCURRENT') ?? '').replace('hub-a:', '');
  await world.run(['secret', 'set', 'edge'], { stdin: plain });
  expect(await rotate()).toContain('does not say whose token it is');
  await world.run(['secret', 'set', 'edge'], { stdin: `hub-a:${plain}` });
  world.simulator.device
    .vdom('root')
    .table('system/api-user')
    ?.rows.get('hub-b')
    ?.values.set('accprofile', 'zonebridge');
  await world.run(['secret', 'set', 'edge', '--key-maker'], { stdin: world.simulator.token });
  world.operator.ports.secrets.forget(keyMaker);
  expect(await rotate()).toMatch(/rotation\/not-possible|permission-denied/);
  expect(service.valueOf(secret, 'AWSCURRENT')).toBe(`hub-a:${plain}`);
});

test('the old key stays when the hub could not compare with the new one', async () => {
  world.whileWaiting = async () => {
    world.whileWaiting = undefined;
    world.simulator.faults.add({ kind: 'server-error', method: 'GET', path: 'external-resource' });
  };
  const old = service.valueOf(secret, 'AWSCURRENT');
  const { result } = await world.json(['secret', 'rotate', 'edge']);
  expect(result).toMatchObject({
    ok: true,
    state: 'kept',
    because: expect.stringContaining('could not compare'),
  });
  world.simulator.faults.remove();
  expect(await isAccepted(old)).toBe(true);
});

test('no key is shown or logged', async () => {
  const seen = await world.run(['secret', 'rotate', 'edge', '--json']);
  const keys = ['AWSCURRENT', 'AWSPREVIOUS'].map(
    (stage) => service.valueOf(secret, stage)?.split(':')[1] ?? '',
  );
  const said = JSON.stringify([seen.stdout, seen.stderr, world.telemetry.lines, world.queues.sent]);
  for (const key of keys) {
    expect(key.length).toBeGreaterThan(20);
    expect(said).not.toContain(key);
  }
});

test('--in-network asks Secrets Manager to do it', async () => {
  expect((await world.json(['secret', 'rotate', 'edge', '--in-network'])).result).toMatchObject({
    state: 'started',
  });
  expect(service.rotationsAsked).toEqual([secret]);
});
