import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';

/** What an operator is told of an address, however it is written and wherever it stands. */
let world: OperatorWorld;
const deny = pushed('nobody', { usedIn: 'deny' });
const more = { quarantine: { group: 'bad' } };

beforeEach(async () => {
  world = await OperatorWorld.start({});
  world.storeToken();
  await apply({ web: pushed('web'), bad: deny });
  const web = { app: 'web' };
  await world.tell(pod('p1', ['10.1.0.1', 'fd00::1'], web), pod('p2', '10.1.0.2', web));
  await world.archiveAll();
});

afterEach(() => world.stop());

async function apply(groups: Parameters<OperatorWorld['write']>[0]): Promise<void> {
  await world.write(groups, {}, more);
  await world.run(['apply', '--yes']);
  await world.work();
}

describe('an address as a firewall shows it', () => {
  test.each([
    ['10.1.0.1/32', '10.1.0.1'],
    ['FD00:0:0:0:0:0:0:1', 'fd00::1'],
    ['fd00::1/128', 'fd00::1'],
  ])('%s is %s', async (asked, address) => {
    const explained = await world.json(['explain', asked]);
    expect(explained).toMatchObject({ code: 0, result: { kind: 'address', found: true } });
    const history = await world.json(['history', asked]);
    expect(history).toMatchObject({ code: 0, result: { subject: { address } } });
    expect(await world.run(['quarantine', asked])).toMatchObject({ code: 0 });
    await world.work();
    expect(world.members('bad')).toEqual([address]);
    expect(world.members('web')).not.toContain(address);
    expect(await world.run(['quarantine', asked, '--lift'])).toMatchObject({ code: 0 });
  });

  test.each(['10.1.0.0/24', '::ffff:10.1.0.1', '10.1.0.01', 'fd00::1%eth0', '10.1.0.1/33'])(
    '%s is refused as no address, and not looked for as a pod',
    async (asked) => {
      for (const command of ['explain', 'history', 'quarantine']) {
        const { code, stderr } = await world.run([command, asked]);
        expect([command, code, stderr]).toEqual([command, 2, expect.stringContaining('address/invalid')]);
      }
    },
  );

  test('is one that restore and approve take, too', async () => {
    const restored = await world.run(['restore', 'edge', 'web', '10.1.0.1/32']);
    expect(restored.stderr).toContain('10.1.0.1 is not withheld');
    expect(await world.run(['approve', 'edge', '--address', '10.1.0.1/32'])).toMatchObject({ code: 0 });
  });
});

describe('what a group left on a firewall', () => {
  beforeEach(async () => {
    await world.clock.sleep(3_600_000);
    await apply({ bad: deny });
    await world.archiveAll();
    await world.clock.sleep(60_000);
  });

  test.each([['10.1.0.1'], ['web', '--as', 'group'], ['edge']])(
    'is there at a moment: %s',
    async (...asked) => {
      const { result } = await world.json(['history', ...asked, '--at', '1s']);
      expect(result['holdings']).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ firewall: 'edge', group: 'web', address: '10.1.0.1' }),
        ]),
      );
    },
  );

  test('is told of the address, of the pod and of the group', async () => {
    for (const asked of ['10.1.0.1', 'shop/p1']) {
      const { result } = await world.json(['explain', asked]);
      expect(result['verdicts']).toContainEqual(
        expect.objectContaining({ group: 'web', address: '10.1.0.1', on: true, reason: 'left' }),
      );
    }
    expect((await world.run(['explain', 'web'])).stdout).toContain('zonebridge retire web');
  });

  test('is told no more when it was taken off', async () => {
    world.principal = 'arn:aws:iam::000000000000:user/ben';
    const retired = await world.run(['retire', 'web', '--delete', '--yes', '--ticket', 'CHG1']);
    expect(retired).toMatchObject({ code: 0 });
    await world.archiveAll();
    expect((await world.json(['explain', '10.1.0.1'])).result['verdicts']).toEqual([]);
    const now = await world.json(['history', '10.1.0.1', '--at', '0s']);
    expect(now.result['holdings']).toEqual([]);
  });
});

test('a quarantine where nothing happens is not said to be on its way', async () => {
  const publish = [{ firewall: 'edge', channel: 'push', create: 'own', mode: 'observe' }];
  await apply({ web: pushed('web', { publish }), bad: deny });
  await world.run(['quarantine', '10.1.0.1']);
  await world.work();
  const { stdout } = await world.run(['explain', '10.1.0.1']);
  expect(stdout).toContain('nothing happens: the mode is observe');
  expect(stdout).not.toContain('on its way');
});

describe('what a person is told of what others did', () => {
  test("a pause that ends was somebody else's, for a reason", async () => {
    await world.run(['pause', 'edge', '--reason', 'upgrade \u001b[31m']);
    world.principal = 'arn:aws:iam::000000000000:user/ben';
    const { stdout } = await world.run(['resume', 'edge']);
    expect(stdout).toMatch(
      /was paused for .* by arn:aws:iam::000000000000:user\/ada: upgrade \\u\{1b\}\[31m;/,
    );
  });

  test('a generation is not only by whom somebody typed', async () => {
    await world.write({ web: pushed('web', { owner: 'shop@example.com' }), bad: deny }, {}, more);
    await world.run(['apply', '--yes', '--author', 'the boss']);
    expect((await world.run(['status'])).stdout).toContain('applied by the boss, signed in as arn:aws:iam::');
  });

  test('nobody takes the name of somebody whom AWS knows', async () => {
    const mia = 'arn:aws:iam::000000000000:user/mia';
    world.principal = undefined;
    const env = { GITHUB_ACTOR: mia };
    await world.run(['pause', '--reason', 'mine'], { env });
    await world.write({ web: pushed('web', { owner: 'shop@example.com' }), bad: deny }, {}, more);
    await world.run(['apply', '--yes', '--no-wait', '--author', mia], { env });
    await world.archiveAll();
    const { result } = await world.json(['history', 'hub']);
    const unconfirmed = { action: { by: `${mia} (not confirmed by AWS)` } };
    expect((result['changes'] as unknown[]).slice(-2)).toMatchObject([unconfirmed, unconfirmed]);
  });

  test('a quarantine on a firewall that fails does not happen for now', async () => {
    world.simulator.faults.add({ kind: 'throttle' });
    await world.tell(pod('p3', '10.1.0.3', { app: 'web' }));
    const { code, result } = await world.json(['quarantine', '10.1.0.1']);
    expect([code, result['limits']]).toEqual([
      3,
      expect.arrayContaining([{ firewall: 'edge', group: 'web', because: 'failing' }]),
    ]);
  });
});

describe('approve', () => {
  beforeEach(async () => {
    await apply({ web: pushed('wbe'), bad: deny });
    world.principal = 'arn:aws:iam::000000000000:user/ben';
  });

  test('says that a pause lets the release run out', async () => {
    await world.run(['pause', 'edge']);
    const { stdout } = await world.run(['approve', 'edge', '--yes']);
    expect(stdout).toContain('edge is paused by arn:aws:iam::000000000000:user/ben: nothing is written');
  });

  test('says that there is more, which was rejected', async () => {
    await world.run(['reject', 'edge', '--yes']);
    const { stdout, stderr } = await world.run(['approve', 'edge', '--yes']);
    expect(stdout).toContain('Nothing to decide');
    expect(stderr).toContain('2 changes rejected: `zonebridge approve --rejected`');
  });
});
