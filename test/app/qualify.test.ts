import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { QualifyResult } from '../../lib/app/qualify/qualify-firewall.ts';
import { OperatorWorld } from '../support/operator-world.ts';

const web = {
  addresses: 'pod',
  anyNamespace: true,
  select: "app == 'web'",
  usedIn: 'allow',
  maxMembers: 50,
  owner: 'team@example.com',
  reviewBy: '2030-01-01',
  publish: [{ firewall: 'edge', channel: 'push', create: 'own', mode: 'sync' }],
};

let world: OperatorWorld;
beforeEach(async () => {
  world = await OperatorWorld.start({});
  await world.run(['secret', 'set', 'edge'], { stdin: world.simulator.token });
});
afterEach(async () => await world.stop());

const qualify = async (...more: string[]) =>
  await world.run(['qualify', 'edge', '--yes', '--json', '--size', '40', ...more]);

test('a device that keeps every promise is qualified, and nothing is left on it', async () => {
  const ran = await qualify('--report', 'report.md');
  expect(ran.code).toBe(0);
  const result = JSON.parse(ran.stdout) as QualifyResult;
  expect(result.channels.map(({ channel, kept, left }) => [channel, kept, left])).toEqual([
    ['push', true, []],
    ['objects', true, []],
  ]);
  for (const { trials } of result.channels) {
    expect(trials.length).toBeGreaterThan(8);
    expect(trials.map(({ state }) => state)).not.toContain('broken');
  }
  expect(result.answers.map(({ state }) => state)).not.toContain('not answered');
  expect(ours(world)).toEqual([]);
  const report = await readFile(join(world.folder, 'report.md'), 'utf8');
  expect(report).toContain('every promise was kept');
  expect(report).not.toContain(world.simulator.token);
});

test('a device that cuts long lists is not qualified', async () => {
  await qualify();
  world.simulator.device.settings.limits.feedEntries = 20;
  const ran = await qualify('--channels', 'push');
  expect(ran.code).toBe(1);
  const { channels } = JSON.parse(ran.stdout) as QualifyResult;
  const [many] = channels[0]!.trials.filter(({ id }) => id === 'one-among-many');
  expect(many).toMatchObject({ state: 'broken', code: 'firewall/truncated' });
  world.simulator.device.settings.limits.feedEntries = 0;
  // What an earlier run proved counts no more.
  await world.write({ web }, { requireQualification: true });
  expect((await world.run(['apply', '--yes'])).stderr).toContain('qualification/missing');
});

test('a firewall that groups go to is no scratch scope', async () => {
  await world.write({ web });
  const ran = await qualify();
  expect(ran.code).toBe(1);
  expect(ran.stdout).toContain('qualification/not-scratch');
  expect(ran.stdout).toContain('web');
});

test('a version that was not tried is only written to where nobody asks for it', async () => {
  await world.write({ web }, { requireQualification: true });
  const refused = await world.run(['apply', '--yes']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('edge (fortigate 7.4.4, channel push)');
  await world.write(
    { web: { ...web, publish: [{ ...web.publish[0], mode: 'observe' }] } },
    { requireQualification: true },
  );
  expect((await world.run(['apply', '--yes'])).code).toBe(0);
  await world.write({});
  expect((await qualify('--channels', 'push')).code).toBe(0);
  await world.write({ web }, { requireQualification: true });
  expect((await world.run(['apply', '--yes'])).code).toBe(0);
});

test('a channel that the vendor does not have is refused before anything is made', async () => {
  const ran = await qualify('--channels', 'push,tags');
  // Nobody is asked to agree to what cannot be done.
  const unasked = await world.run(['qualify', 'nowhere']);
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('no firewall nowhere')]);
  expect(ran.code).toBe(2);
  expect(ran.stdout).toContain('no channel tags');
});

/** Objects of ours on the device. */
function ours({ simulator }: OperatorWorld): string[] {
  const vdom = simulator.device.vdom('root');
  return [
    'firewall/address',
    'firewall/address6',
    'firewall/addrgrp',
    'firewall/addrgrp6',
    'system/external-resource',
  ]
    .flatMap((path) => [...(vdom.table(path)?.rows.keys() ?? [])])
    .filter((name) => name.startsWith('zb'));
}
