import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { objectNamed } from '../../../../test/support/firewalls/panorama-connection.ts';
import { ObjectRuns } from '../../../../test/support/firewalls/panorama-objects.ts';
import { editAs } from '../simulator/administration.ts';
import { groupAddresses, scopePath } from '../simulator/enforced.ts';

const other = objectNamed('other', 'objects');

let runs: ObjectRuns;
afterEach(async () => await runs.simulator.stop());

const enforced = (name = runs.object.name) =>
  groupAddresses(runs.simulator.device, scopePath(runs.simulator.device), name)?.sort();

function candidateOf(name: string): string {
  const { device } = runs.simulator;
  return JSON.stringify(
    device.config.read('candidate', `${scopePath(device)}/address-group/entry[@name='${name}']`),
  );
}

function lose(path: string): void {
  runs.simulator.faults.add({ kind: 'drop-after-commit', path, times: 1 });
}

describe('what a run left in the candidate', () => {
  test('is told as neither there nor gone, and does not go out with the commit of another group', async () => {
    runs = await ObjectRuns.onFirewall();
    await runs.create(['10.1.0.1']);
    await runs.create(['10.2.0.1'], other);
    lose('action=multi-config');
    const outcome = await runs.apply({ add: ['10.1.0.66'], remove: ['10.1.0.1'] });
    expect(outcome).toMatchObject({ state: 'unknown' });
    expect(await runs.readBack('10.1.0.66')).toBe('later');
    expect(await runs.readBack('10.1.0.1')).toBe('later');
    expect(await runs.apply({ object: other, add: ['10.2.0.2'] })).toEqual({ state: 'done' });
    expect(enforced()).toEqual(['10.1.0.1']);
    expect(enforced(other.name)).toEqual(['10.2.0.1', '10.2.0.2']);
    expect(await runs.readBack('10.1.0.66')).toBe(false);
    expect(await runs.readBack('10.1.0.1')).toBe(true);
  });

  test('does not go out with the commit of its own group', async () => {
    runs = await ObjectRuns.onFirewall();
    await runs.create(['10.1.0.1']);
    lose('action=multi-config');
    await runs.apply({ add: ['10.1.0.66'] });
    expect(await runs.apply({ add: ['10.1.0.2'] })).toEqual({ state: 'done' });
    expect(enforced()).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('is taken away where nobody wants it, though nothing comes of the commit', async () => {
    runs = await ObjectRuns.onFirewall();
    await runs.create(['10.1.0.1']);
    lose('action=multi-config');
    await runs.apply({ add: ['10.1.0.66'] });
    expect(await runs.apply({ remove: ['10.1.0.66'] })).toEqual({ state: 'done' });
    runs.simulator.device.config.commit();
    expect(enforced()).toEqual(['10.1.0.1']);
  });

  test('goes as a whole group, unless that is to be filled now', async () => {
    runs = await ObjectRuns.onFirewall();
    await runs.create(['10.1.0.1']);
    lose('action=multi-config');
    await runs.create(['10.2.0.66'], other);
    expect(await runs.apply({ object: other, add: ['10.2.0.1'] })).toEqual({ state: 'done' });
    expect(enforced(other.name)).toEqual(['10.2.0.1']);
    lose('action=multi-config');
    const third = objectNamed('third', 'objects');
    await runs.create(['10.3.0.66'], third);
    await runs.apply({ add: ['10.1.0.2'] });
    expect(candidateOf(third.name)).toBe('[]');
    expect(enforced(third.name)).toBeUndefined();
  });

  test('is nothing of what others have not committed yet', async () => {
    runs = await ObjectRuns.onFirewall();
    await runs.create(['10.1.0.1']);
    const { device } = runs.simulator;
    const path = `${scopePath(device)}/address-group/entry[@name='theirs']`;
    const edits = [
      {
        action: 'set',
        xpath: `${scopePath(device)}/address/entry[@name='p1']`,
        element: '<ip-netmask>10.9.9.9</ip-netmask>',
      },
      { action: 'set', xpath: path, element: '<static><member>p1</member></static>' },
    ];
    editAs(device, { admin: 'alice', edits });
    lose('action=multi-config');
    await runs.apply({ add: ['10.1.0.66'] });
    expect(await runs.apply({ add: ['10.1.0.2'] })).toEqual({ state: 'done' });
    expect(candidateOf('theirs')).toContain('p1');
    expect(device.config.hasPending(['alice'])).toBe(true);
  });

  test('is left alone while it is being committed', async () => {
    runs = await ObjectRuns.onFirewall({ behaviour: { jobMs: 90_000 } });
    expect(await runs.create(['10.1.0.1'])).toMatchObject({ state: 'unknown' });
    expect(await runs.apply({ add: ['10.1.0.2'] })).toMatchObject({ state: 'unknown' });
    runs.passTime(100_000);
    expect(await runs.readBack('10.1.0.1')).toBe(true);
  });

  test('is looked for also where the device does not say whether there is anything', async () => {
    runs = await ObjectRuns.onFirewall();
    await runs.create(['10.1.0.1']);
    lose('action=multi-config');
    await runs.apply({ add: ['10.1.0.66'] });
    runs.simulator.faults.add({ kind: 'reject', code: 17, path: 'type=op', times: 1 });
    expect(await runs.apply({ add: ['10.1.0.2'] })).toEqual({ state: 'done' });
    expect(enforced()).toEqual(['10.1.0.1', '10.1.0.2']);
  });
});

test('a deletion that was not committed is committed by the next one', async () => {
  runs = await ObjectRuns.onFirewall();
  await runs.create(['10.1.0.1']);
  lose('action=multi-config');
  const remove = async () => await runs.run(async (one) => await one.deleteObject(runs.object));
  await expect(remove()).rejects.toMatchObject({ code: 'firewall/outcome-unknown' });
  expect(enforced()).toEqual(['10.1.0.1']);
  await remove();
  expect(enforced()).toBeUndefined();
});

describe('a commit that is refused', () => {
  test('takes no group back that a person made', async () => {
    runs = await ObjectRuns.onFirewall();
    const { device } = runs.simulator;
    const partners = objectNamed('egress', 'objects', { create: 'offered', name: 'partners' });
    const offer = '<static><member>p1</member></static><description>zonebridge:offer:egress</description>';
    const edits = [
      {
        action: 'set',
        xpath: `${scopePath(device)}/address/entry[@name='p1']`,
        element: '<ip-netmask>10.9.9.9</ip-netmask>',
      },
      { action: 'set', xpath: `${scopePath(device)}/address-group/entry[@name='partners']`, element: offer },
    ];
    editAs(device, { admin: 'alice', edits });
    device.locks.push({ kind: 'commit', owner: 'alice', scope: 'shared', comment: '' });
    const outcome = await runs.apply({ object: partners, add: ['10.1.0.1'] });
    expect(outcome).toMatchObject({ state: 'failed', error: { code: 'firewall/busy' } });
    expect(candidateOf('partners')).toContain('p1');
    expect(candidateOf('partners')).not.toContain('zba-');
  });

  test('takes no group back that it was to make, and that lost our mark', async () => {
    runs = await ObjectRuns.onFirewall();
    const { device } = runs.simulator;
    device.locks.push({ kind: 'commit', owner: 'alice', scope: 'shared', comment: '' });
    const edit = device.config.edit.bind(device.config);
    const path = `${scopePath(device)}/address-group/entry[@name='${runs.object.name}']`;
    // Somebody takes the name over between our change and its commit.
    let taken = false;
    device.config.edit = (admin, one) => {
      edit(admin, one);
      if (taken || !one.xpath.startsWith(path)) return;
      taken = true;
      const element = '<description>mine</description>';
      edit('alice', { action: 'set', xpath: path, element });
    };
    await runs.create(['10.1.0.1']);
    expect(taken).toBe(true);
    expect(candidateOf(runs.object.name)).toContain('mine');
  });

  test('puts back what it took away, of others as well', async () => {
    runs = await ObjectRuns.onFirewall();
    await runs.create(['10.1.0.1']);
    const { device } = runs.simulator;
    const base = scopePath(device);
    const edits = [
      {
        action: 'set',
        xpath: `${base}/address/entry[@name='p 1']`,
        element: '<ip-netmask>10.9.9.9</ip-netmask>',
      },
      {
        action: 'set',
        xpath: `${base}/address-group/entry[@name='${runs.object.name}']`,
        element: '<static><member>p 1</member></static>',
      },
    ];
    editAs(device, { admin: 'alice', edits, commit: true });
    device.nextJobFails = ['no'];
    expect(await runs.apply({ remove: ['10.1.0.1', 'object:p%201'] })).toMatchObject({ state: 'failed' });
    expect(device.config.commit()).toEqual([]);
    expect(enforced()).toEqual(['10.1.0.1', '10.9.9.9']);
  });
});

describe('a key that belongs to somebody else', () => {
  test('is told, instead of taking changes for done', async () => {
    runs = await ObjectRuns.onFirewall({}, { administrator: 'zonebridge2' });
    const outcome = await runs.create(['10.1.0.1']);
    expect(outcome).toMatchObject({ state: 'failed', error: { code: 'firewall/permission-denied' } });
    expect(inspect(outcome, { depth: 9 })).toContain('zonebridge2');
    expect(candidateOf(runs.object.name)).toBe('[]');
  });

  test('is not supposed where somebody else commits what we changed', async () => {
    runs = await ObjectRuns.onFirewall();
    await runs.create(['10.1.0.1']);
    const { device } = runs.simulator;
    const hasPending = device.config.hasPending.bind(device.config);
    let asked = 0;
    device.config.hasPending = (admins) => {
      asked += 1;
      // The first asks what is left from before.
      if (asked === 1) return hasPending(admins);
      device.config.hasPending = hasPending;
      // A commit of everybody's changes began just before ours.
      device.jobs.add({ type: 'Commit', user: 'admin', devices: [] }, 5_000, () => device.config.commit());
      return false;
    };
    expect(await runs.apply({ add: ['10.1.0.2'] })).toMatchObject({ state: 'unknown' });
    runs.passTime(5_000);
    expect(await runs.readBack('10.1.0.2')).toBe(true);
  });
});
