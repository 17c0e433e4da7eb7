import { afterEach, beforeEach, expect, test } from 'vitest';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';

let world: OperatorWorld;

beforeEach(async () => {
  world = await OperatorWorld.start({ web: pushed('web') });
  world.storeToken();
  await world.run(['apply', '--yes']);
  await world.tell(pod('a', '10.1.0.1', { app: 'web' }));
});
afterEach(() => world.stop());

test('a canary is some firewalls of several, and there has to be one to end it', async () => {
  for (const [argv, text] of [
    [['apply', '--canary', 'edge', '--yes'], 'some of the firewalls, not all'],
    [['apply', '--canary', 'nowhere', '--yes'], 'no firewall nowhere'],
    [['apply', '--promote-after', '5', '--yes'], 'is for --canary'],
    [['apply', '--canary', 'edge', '--promote-after', '0', '--yes'], '1 to 10080'],
    [['canary', 'promote', '--yes'], 'there is no canary'],
    [['canary', 'abort', '--yes'], 'there is no canary'],
  ] as const) {
    const { code, stderr } = await world.run(argv);
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
  }
  expect(world.members('web')).toEqual(['10.1.0.1']);
});

test('status and groups say on how many firewalls a group is, and which lacks it', async () => {
  expect((await world.json(['status'])).result['publications']).toEqual([
    { group: 'web', consistency: 'each', complete: 1, of: 1, missing: [] },
  ]);
  world.simulator.faults.add({ kind: 'server-error', path: 'dynamic' });
  await world.tell(pod('b', '10.1.0.2', { app: 'web' }));
  await world.clock.sleep(60_000);
  const status = await world.run(['status']);
  expect(status.stdout).toContain('web is on 0 of 1 firewalls, edge not since');
  const { stdout } = await world.run(['groups', 'web']);
  expect(stdout).toContain('web: on 0 of 1 firewalls, edge not since');
});
