import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';

/** Who may decide, when more than one person applied. */
let world: OperatorWorld;
const more = { approvals: { secondPerson: true } };

beforeEach(async () => {
  world = await OperatorWorld.start({});
  world.storeToken();
  await apply('ada', { web: pushed('web') });
  const web = { app: 'web' };
  await world.tell(pod('p1', '10.1.0.1', web), pod('p2', '10.1.0.2', web));
});

afterEach(() => world.stop());

function as(name: string): void {
  world.principal = `arn:aws:iam::000000000000:user/${name}`;
}

async function apply(name: string, groups: Parameters<OperatorWorld['write']>[0], ...args: string[]) {
  as(name);
  await world.write(groups, {}, more);
  return world.run(['apply', '--yes', ...args]);
}

/** The exit code and what was said. */
async function approve(name: string): Promise<[number, string]> {
  as(name);
  const { code, stderr } = await world.run(['approve', 'edge', '--yes']);
  await world.work();
  return [code, stderr];
}

const mistake = { web: pushed('wbe') };
const alsoMistake = { web: pushed('wbe', { owner: 'shop@example.com' }) };

describe('a change that waits', () => {
  test('is not released by whoever caused it, after somebody else applied something', async () => {
    await apply('ada', mistake);
    await apply('ben', alsoMistake);
    expect(await approve('ada')).toEqual([1, expect.stringContaining('user/ada applied generation 2')]);
    expect(await approve('ben')).toEqual([1, expect.stringContaining('user/ben applied generation 3')]);
    expect(world.members('web')).toHaveLength(2);
    expect(await approve('cy')).toEqual([0, '']);
    expect(world.members('web')).toEqual([]);
  });

  test('may be released by whoever applied what was carried out before', async () => {
    await apply('ben', mistake);
    expect(await approve('ada')).toEqual([0, '']);
    expect(world.members('web')).toEqual([]);
  });

  test('is not released by whoever caused it, when somebody else applied before a run looked', async () => {
    await world.run(['pause', 'edge']);
    await apply('ada', mistake, '--no-wait');
    await world.work();
    await apply('ben', alsoMistake, '--no-wait');
    await world.run(['resume', 'edge']);
    await world.work();
    expect(await approve('ada')).toEqual([1, expect.stringContaining('user/ada applied generation 2')]);
    expect(await approve('cy')).toEqual([0, '']);
  });

  test('can be released although teams made a generation since, by nobody who caused it', async () => {
    await apply('ada', mistake);
    const { configurations, ports } = world.operator;
    const { configuration } = await configurations.active();
    const teams = { previous: 2, author: 'AddressGroup resources', releasedSince: 2, now: ports.clock.now() };
    await configurations.activate(configuration, teams);
    expect(await approve('ada')).toEqual([1, expect.stringContaining('user/ada applied generation 2')]);
    expect(await approve('ben')).toEqual([0, '']);
    expect(world.members('web')).toEqual([]);
  });
});

test('a session under a name of its user is no second person', async () => {
  await apply('ada', mistake);
  world.principal = 'arn:aws:sts::000000000000:federated-user/ben';
  const { code, stderr } = await world.run(['approve', 'edge', '--yes']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('federated-user/ben is, and only a person')]);
  expect(world.members('web')).toHaveLength(2);
});

test('what a group left is not taken off by whoever gave it up, after somebody else applied something', async () => {
  const kept = { other: pushed('other') };
  await world.clock.sleep(60_000);
  await apply('ada', kept);
  await apply('ben', { other: pushed('other', { owner: 'shop@example.com' }) });
  const retire = ['retire', 'web', '--delete', '--yes', '--ticket', 'CHG1'];
  as('ada');
  const own = await world.run(retire);
  expect([own.code, own.stderr]).toEqual([1, expect.stringContaining('user/ada applied generation 2')]);
  expect(world.members('web')).toHaveLength(2);
  as('cy');
  expect(await world.run(retire)).toMatchObject({ code: 0 });
});
