import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { ObjectRuns, serials } from '../../../../test/support/firewalls/panorama-objects.ts';
import { editAs } from '../simulator/administration.ts';
import { scopePath } from '../simulator/enforced.ts';

const [first, second] = serials;

let runs: ObjectRuns;
afterEach(async () => await runs.simulator.stop());

/** Somebody else commits, and leaves the pushing for later. */
function commitOfAlice(): void {
  const { device } = runs.simulator;
  const xpath = `${scopePath(device, 'edge')}/address/entry[@name='alices']`;
  const edits = [{ action: 'set', xpath, element: '<ip-netmask>10.8.0.1</ip-netmask>' }];
  editAs(device, { admin: 'alice', edits, commit: true });
}

describe('what is committed and not pushed', () => {
  test.each([
    ['ends while no run waits for it', 100_000],
    ['is waited for run after run', 0],
  ])('is pushed when the commit outlasts the lease and %s', async (_, pause) => {
    runs = await ObjectRuns.onPanorama();
    await runs.create(['10.1.0.1']);
    runs.simulator.device.behaviour.jobMs = 136_000;
    expect(await runs.apply({ remove: ['10.1.0.1'] })).toMatchObject({ state: 'unknown' });
    runs.passTime(pause);
    await runs.until({ remove: ['10.1.0.1'] }, '10.1.0.1');
    expect(runs.onFirewall(first, '10.1.0.1')).toBe(false);
    expect(runs.onFirewall(second, '10.1.0.1')).toBe(false);
    // Neither is begun twice.
    expect(runs.jobs()).toEqual(
      ['Commit', 'CommitAll', 'Commit', 'CommitAll'].map((type) => `${type} zonebridge`),
    );
  });

  test('is told as neither there nor gone until the firewalls have it', async () => {
    runs = await ObjectRuns.onPanorama();
    await runs.create(['10.1.0.1']);
    runs.simulator.faults.add({ kind: 'drop', path: 'action=all', times: 1 });
    expect(await runs.apply({ add: ['10.1.0.2'], remove: ['10.1.0.1'] })).toMatchObject({ state: 'unknown' });
    expect(runs.onFirewall(first, '10.1.0.1')).toBe(true);
    expect(await runs.readBack('10.1.0.1')).toBe('later');
    expect(await runs.readBack('10.1.0.2')).toBe('later');
    expect(await runs.apply({ add: ['10.1.0.2'], remove: ['10.1.0.1'] })).toEqual({ state: 'done' });
    expect(runs.onFirewall(first, '10.1.0.1')).toBe(false);
    expect(runs.onFirewall(first, '10.1.0.2')).toBe(true);
    expect(await runs.readBack('10.1.0.1')).toBe(false);
    expect(await runs.readBack('10.1.0.2')).toBe(true);
  });

  test('is not pushed for ever because others commit and do not push', async () => {
    runs = await ObjectRuns.onPanorama();
    await runs.create(['10.1.0.1']);
    commitOfAlice();
    runs.simulator.device.behaviour.jobMs = 136_000;
    await runs.apply({ add: ['10.1.0.2'] });
    await runs.until({ add: ['10.1.0.2'] }, '10.1.0.2');
    expect(runs.onFirewall(first, '10.1.0.2')).toBe(true);
    expect(runs.jobs().filter((job) => job.startsWith('CommitAll'))).toHaveLength(2);
    expect(runs.simulator.device.managed.get(first)?.lacks).toEqual(new Set(['alice']));
  });

  test('counts as owed again when somebody commits after the push', async () => {
    runs = await ObjectRuns.onPanorama();
    await runs.create(['10.1.0.1']);
    commitOfAlice();
    expect(await runs.readBack('10.1.0.1')).toBe('later');
    expect(await runs.apply({ add: ['10.1.0.1'] })).toEqual({ state: 'done' });
    expect(await runs.readBack('10.1.0.1')).toBe(true);
    expect(runs.jobs().filter((job) => job.startsWith('CommitAll'))).toHaveLength(2);
  });

  test('is pushed also for a group that was deleted', async () => {
    runs = await ObjectRuns.onPanorama();
    await runs.create(['10.1.0.1']);
    runs.simulator.faults.add({ kind: 'drop', path: 'action=all', times: 1 });
    const remove = async () => await runs.run(async (one) => await one.deleteObject(runs.object));
    await expect(remove()).rejects.toMatchObject({ code: 'firewall/outcome-unknown' });
    expect(runs.onFirewall(first, '10.1.0.1')).toBe(true);
    await remove();
    expect(runs.onFirewall(first, '10.1.0.1')).toBe(false);
  });
});

describe('device groups below', () => {
  const branch = `${second}@berlin`;

  test('have firewalls that are pushed to as well', async () => {
    runs = await ObjectRuns.onPanorama({ deviceGroups: ['edge/emea/berlin'], managed: [first, branch] });
    await runs.create(['10.1.0.1']);
    expect(serials.map((serial) => runs.onFirewall(serial, '10.1.0.1'))).toEqual([true, true]);
  });

  test('may have all the firewalls', async () => {
    runs = await ObjectRuns.onPanorama({ deviceGroups: ['edge/berlin'], managed: [branch] });
    expect(await runs.create(['10.1.0.1'])).toEqual({ state: 'done' });
    expect(runs.onFirewall(second, '10.1.0.1')).toBe(true);
    expect(await runs.readBack('10.1.0.1')).toBe(true);
  });

  test('owe a push when a firewall of theirs missed it', async () => {
    runs = await ObjectRuns.onPanorama({ deviceGroups: ['edge/berlin'], managed: [first, branch] });
    await runs.create(['10.1.0.1']);
    runs.simulator.device.nextPushFailsOn = [second];
    expect(await runs.apply({ remove: ['10.1.0.1'] })).toMatchObject({ state: 'unknown' });
    expect(await runs.readBack('10.1.0.1')).toBe('later');
    await runs.until({ remove: ['10.1.0.1'] }, '10.1.0.1');
    expect(runs.onFirewall(second, '10.1.0.1')).toBe(false);
  });

  test('above, and beside, are not pushed to, and owe nothing', async () => {
    const options = {
      deviceGroups: ['world/edge', 'world/others'],
      managed: [`${first}@edge`, `${second}@others`],
    };
    runs = await ObjectRuns.onPanorama(options);
    const { device } = runs.simulator;
    expect(await runs.create(['10.1.0.1'])).toEqual({ state: 'done' });
    expect(serials.map((serial) => runs.onFirewall(serial, '10.1.0.1'))).toEqual([true, false]);
    device.managed.get(second)!.lacks.add('zonebridge');
    expect(await runs.readBack('10.1.0.1')).toBe(true);
  });

  test('without any firewall are told, and nothing counts as done', async () => {
    runs = await ObjectRuns.onPanorama({ deviceGroups: ['edge/berlin', 'far'], managed: [`${first}@far`] });
    const outcome = await runs.create(['10.1.0.1']);
    expect(outcome).toMatchObject({ state: 'unknown', error: { code: 'firewall/outcome-unknown' } });
    expect(inspect(outcome, { depth: 9 })).toContain(
      'neither the device group nor one below it has a firewall',
    );
  });
});

describe('a push that fails', () => {
  test('on one firewall leaves the outcome open, with its name, and is owed', async () => {
    runs = await ObjectRuns.onPanorama();
    await runs.create(['10.1.0.1']);
    runs.simulator.device.nextPushFailsOn = [first];
    const outcome = await runs.apply({ add: ['10.1.0.2'] });
    expect(outcome).toMatchObject({ state: 'unknown', error: { code: 'firewall/outcome-unknown' } });
    expect(inspect(outcome, { depth: 9 })).toContain(first);
    expect(runs.onFirewall(second, '10.1.0.2')).toBe(true);
    expect(await runs.readBack('10.1.0.2')).toBe('later');
    expect(await runs.apply({ add: ['10.1.0.2'] })).toEqual({ state: 'done' });
    expect(runs.onFirewall(first, '10.1.0.2')).toBe(true);
  });

  test('before it begins leaves the outcome open', async () => {
    runs = await ObjectRuns.onPanorama();
    await runs.create(['10.1.0.1']);
    runs.simulator.faults.add({ kind: 'reject', path: 'action=all', code: 12, times: 1 });
    expect(await runs.apply({ remove: ['10.1.0.1'] })).toMatchObject({ state: 'unknown' });
    expect(await runs.readBack('10.1.0.1')).toBe('later');
    await runs.until({ remove: ['10.1.0.1'] }, '10.1.0.1');
    expect(runs.onFirewall(first, '10.1.0.1')).toBe(false);
  });

  test('because a firewall is not connected is made once more when it is, and not before', async () => {
    runs = await ObjectRuns.onPanorama();
    await runs.create(['10.1.0.1']);
    const away = runs.simulator.device.managed.get(first)!;
    away.facts.connected = false;
    expect(await runs.apply({ remove: ['10.1.0.1'] })).toMatchObject({ state: 'unknown' });
    const before = runs.jobs().length;
    const again = await runs.apply({ remove: ['10.1.0.1'] });
    expect(inspect(again, { depth: 9 })).toContain(`not connected: ${first}`);
    expect(await runs.readBack('10.1.0.1')).toBe('later');
    expect(runs.jobs()).toHaveLength(before);
    away.facts.connected = true;
    expect(await runs.apply({ remove: ['10.1.0.1'] })).toEqual({ state: 'done' });
    expect(runs.onFirewall(first, '10.1.0.1')).toBe(false);
  });
});
