import { expect, test } from 'vitest';
import { readStatus } from '../../lib/app/commands/status.ts';
import { beforeCanary, promoteCanary } from '../../lib/app/rollout/canary.ts';
import { everywhere, Fleet } from '../support/fleet.ts';
import { pod } from '../support/world.ts';

const firewalls = ['edge-1', 'edge-2', 'edge-3'];
const old = everywhere('web', firewalls);
/** Takes `site` besides, and no longer what is marked `off`. */
const fresh = everywhere('web', firewalls, { select: "app in { 'web', 'site' } && !has(off)" });
const web = ['10.1.0.1', '10.1.0.2'];
const tried = ['10.1.0.1', '10.1.0.3'];

async function fleet(): Promise<Fleet> {
  const made = await Fleet.start(firewalls, [old]);
  await made.world.upsert(pod('a', '10.1.0.1', { app: 'web' }));
  await made.world.upsert(pod('b', '10.1.0.2', { app: 'web', off: '1' }));
  await made.world.upsert(pod('c', '10.1.0.3', { app: 'site' }));
  expect(made.on('web')).toEqual([web, web, web]);
  return made;
}

async function trying(promoteAfterMs?: number): Promise<Fleet> {
  const made = await fleet();
  await made.apply([fresh], { canary: { firewalls: ['edge-1'], promoteAfterMs } });
  expect(made.on('web')).toEqual([tried, web, web]);
  return made;
}

test('a new generation is on the canary alone, and on all when it is promoted', async () => {
  const made = await trying();
  await made.minutes(30);
  for (const firewall of firewalls) await made.reconcile(firewall);
  expect(made.on('web')).toEqual([tried, web, web]);
  await promoteCanary(made.world, { by: 'mia' });
  await made.world.settle();
  expect(made.on('web')).toEqual([tried, tried, tried]);
  expect((await made.world.configurations.active()).canary).toBeUndefined();
});

test('what the clusters do is followed everywhere meanwhile', async () => {
  const made = await trying();
  const { world } = made;
  // Both generations take it, only the new one takes it, and one that both took dies.
  await world.upsert(pod('d', '10.1.0.4', { app: 'web' }));
  await world.upsert(pod('e', '10.1.0.5', { app: 'site' }));
  await world.remove('a');
  expect(made.on('web')).toEqual([
    ['10.1.0.3', '10.1.0.4', '10.1.0.5'],
    ['10.1.0.2', '10.1.0.4'],
    ['10.1.0.2', '10.1.0.4'],
  ]);
  // An address that only the generation before takes leaves with its pod.
  await world.remove('b');
  await made.minutes(1);
  expect(made.on('web')[1]).toEqual(['10.1.0.4']);
});

test('an abort returns the canary and leaves nothing waiting', async () => {
  const made = await trying();
  const configuration = await beforeCanary(made.world);
  await made.apply(Object.values(configuration.groups), { endsCanary: true });
  await made.minutes(2);
  expect(made.on('web')).toEqual([web, web, web]);
  const status = await readStatus(made.world);
  expect(status.publications).toEqual([expect.objectContaining({ complete: 3, of: 3, missing: [] })]);
});

test('nothing else is applied while a generation is tried, and nobody needs to approve what waits', async () => {
  const made = await trying();
  await expect(made.apply([old])).rejects.toMatchObject({ code: 'configuration/canary-waiting' });
  await made.minutes(1);
  const status = await readStatus(made.world);
  expect(status.canary).toMatchObject({ firewalls: ['edge-1'], base: 1 });
  expect(status.firewalls.flatMap(({ groups }) => groups.map(({ held }) => held))).toEqual([0, 0, 0]);
  expect(status.publications).toEqual([
    expect.objectContaining({ complete: 1, of: 3, missing: ['edge-2', 'edge-3'] }),
  ]);
  expect(made.world.telemetry.valuesOf('CanaryWaitingSeconds').at(-1)).toBeGreaterThan(59);
});

test('promoted by itself when the canary was compared and well for so long', async () => {
  const made = await trying(10 * 60_000);
  await made.minutes(5);
  expect(made.on('web')).toEqual([tried, web, web]);
  await made.reconcile('edge-1');
  await made.minutes(9);
  expect(made.on('web')).toEqual([tried, web, web]);
  await made.minutes(2);
  expect(made.on('web')).toEqual([tried, tried, tried]);
});

test('not by itself while the canary drifts or cannot be reached', async () => {
  const made = await trying(10 * 60_000);
  made.device('edge-1').objects.get('obj-web')?.members.add('6.6.6.6');
  await made.reconcile('edge-1');
  await made.minutes(30);
  expect(made.on('web')[1]).toEqual(web);
});

test('refuses a canary that is not there, that is all firewalls, or that has no generation before it', async () => {
  const made = await fleet();
  for (const canary of [['edge-9'], firewalls])
    await expect(made.apply([fresh], { canary: { firewalls: canary } })).rejects.toMatchObject({
      code: 'command/usage',
    });
});

test('refuses to take a group from a firewall that should stay as it is: there it would be followed no more', async () => {
  const made = await fleet();
  await made.apply([old, everywhere('db', firewalls)]);
  const canary = { firewalls: ['edge-1'] };
  await expect(made.apply([old], { canary })).rejects.toThrow('db on edge-2, db on edge-3');
  await expect(made.apply([old, everywhere('db', ['edge-1', 'edge-2'])], { canary })).rejects.toThrow(
    'db on edge-3;',
  );
  await made.apply([old, everywhere('db', ['edge-2', 'edge-3'])], { canary });
});

test('refuses to try anything but groups: the rest would hold everywhere at once, also after an abort', async () => {
  const made = await fleet();
  made.world.configuration = {
    ...made.world.configuration,
    approvals: { secondPerson: true },
    quarantine: { group: 'web' },
  };
  const canary = { firewalls: ['edge-1'] };
  await expect(made.apply([fresh], { canary })).rejects.toThrow('approvals, quarantine changed');
  await made.apply([old]);
  await made.apply([fresh], { canary });
});
