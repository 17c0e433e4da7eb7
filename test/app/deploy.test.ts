import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import type { Ran } from '../../lib/cli/test-io.ts';
import { sandboxAccount } from '../../lib/sandbox/configuration.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';

/** `zonebridge deploy` up to cdk, which is only told what to do here; test/stack has what it then builds. */
const [shop, quiet] = ['222233334444', '333344445555'];
let world: OperatorWorld;
let asked: string[][];

function hosts(account: string, range: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { account, region: 'eu-west-1', realm: 'old', ranges: [range], tags: { env: ['prod'] }, ...more };
}

beforeEach(async () => {
  asked = [];
  world = await OperatorWorld.start({ web: pushed('web') });
  world.storeToken();
  const readRole = `arn:aws:iam::${quiet}:role/looks`;
  const legacy = hosts(shop, '10.90.0.0/16');
  await world.write(
    { web: pushed('web') },
    {},
    { hosts: { legacy, quiet: hosts(quiet, '10.91.0.0/16', { readRole }) } },
  );
});
afterEach(async () => await world.stop());

const cdk = async (args: readonly string[]): Promise<void> => {
  asked.push([...args]);
};
const deploy = (...argv: string[]): Promise<Ran> =>
  world.run(['deploy', '--require-approval', 'never', ...argv], { cdk });
const approval = ['--require-approval', 'never'];

test('the hub: its stacks alone, then the groups; and it says which accounts have roles of their own', async () => {
  const { code, stderr } = await deploy('--yes', '--', '--concurrency', '4');
  expect([code, stderr]).toEqual([0, expect.stringContaining(`zonebridge deploy --account ${shop}`)]);
  expect(stderr).not.toContain(`--account ${quiet}`);
  const context = ['--context', `account=${sandboxAccount}`];
  expect(asked).toEqual([['deploy', '--all', ...context, ...approval, '--concurrency', '4']]);
  expect((await world.operator.configurations.active()).generation).toBe(1);
});

test('the account of the hub by its name is the hub', async () => {
  expect((await deploy('--yes', '--account', sandboxAccount)).code).toBe(0);
  expect(asked).toHaveLength(1);
  expect((await world.operator.configurations.active()).generation).toBe(1);
});

describe('another account', () => {
  test('its stack by who is signed in there; nothing is applied', async () => {
    world.principal = `arn:aws:sts::${shop}:assumed-role/admin/ada`;
    const { code, result } = await world.json(['deploy', '--account', shop, ...approval], { cdk });
    expect({ code, result }).toEqual({
      code: 0,
      result: {
        ok: true,
        account: shop,
        region: 'eu-west-1',
        stack: expect.stringMatching(/^Zonebridge-.+-Account-222233334444$/),
        agents: [],
        looks: ['hosts'],
      },
    });
    expect(asked).toEqual([['deploy', '--all', '--context', `account=${shop}`, ...approval]]);
    await expect(world.operator.configurations.active()).rejects.toMatchObject({
      code: 'configuration/missing',
    });
  });

  test.each([
    ['somebody of the hub', `arn:aws:iam::${sandboxAccount}:user/ada`, `of account ${sandboxAccount}`],
    ['nobody', undefined, 'nobody is signed in'],
    ['something unreadable', 'ada', 'nobody is signed in'],
  ])('is refused when %s is signed in', async (_, principal, says) => {
    world.principal = principal;
    const { code, stderr } = await deploy('--account', shop);
    expect([code, stderr]).toEqual([1, expect.stringContaining('account/not-signed-in')]);
    expect(stderr).toContain(says);
    expect(stderr).toContain(shop);
    expect(asked).toEqual([]);
  });

  test.each([
    ['that nothing names', '999988887777', 'account/not-configured'],
    ['that is none', 'shop', 'account/not-configured'],
    ['that needs no role of ours', quiet, 'account/nothing-to-deploy'],
  ])('%s is refused, and the others are named', async (_, account, problem) => {
    const { code, stderr } = await deploy('--account', account);
    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
    expect(stderr).toContain(shop);
    expect(asked).toEqual([]);
  });

  test('without a terminal --require-approval has to be said, --yes not: there is nothing to apply', async () => {
    world.principal = `arn:aws:iam::${shop}:user/ada`;
    const { code, stderr } = await world.run(['deploy', '--account', shop], { cdk });
    expect([code, stderr]).toEqual([2, expect.stringContaining('no terminal on which cdk could ask')]);
    expect((await deploy('--account', shop)).code).toBe(0);
  });

  test('what cdk could not do is the end', async () => {
    world.principal = `arn:aws:iam::${shop}:user/ada`;
    const failing = async (): Promise<void> => {
      throw new ZonebridgeError('hub/deploy-failed', 'cdk failed with exit code 1');
    };
    const { code, stdout } = await world.run(['deploy', '--account', shop, ...approval], { cdk: failing });
    expect([code, stdout]).toEqual([1, '']);
  });
});

test('the hub is refused to who is signed in elsewhere', async () => {
  world.principal = `arn:aws:iam::${shop}:user/ada`;
  const { code, stderr } = await deploy('--yes');
  expect([code, stderr]).toEqual([1, expect.stringContaining(`account ${sandboxAccount} is to be deployed`)]);
  expect(asked).toEqual([]);
});
