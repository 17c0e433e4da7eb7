import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { logInTo } from '../../../../test/support/firewalls/fortimanager-session.ts';
import { type FortimanagerSimulator, startFortimanagerSimulator } from './index.ts';

const root = '/pm/config/adom/root';
const policies = `${root}/pkg/emea/branch/firewall/policy`;
const block = `${root}/pblock/baseline/firewall/policy`;
const headers = `${root}/obj/global/header/policy`;
const globalHeaders = '/pm/config/global/pkg/default/global/header/policy';
const globalFooters = '/pm/config/global/pkg/default/global/footer/policy';

let simulator: FortimanagerSimulator;
let admin: Awaited<ReturnType<typeof logInTo>>;
beforeEach(async () => {
  simulator = await startFortimanagerSimulator({ devices: ['fgt-1', 'fgt-2'] });
  admin = await logInTo(simulator);
  await admin.say('set', `${root}/obj/firewall/address`, [{ name: 'web' }, { name: 'db' }]);
});
afterEach(async () => await simulator.stop());

/** Names of the rules on a device, whatever table they come from. */
async function onDevice(name: string): Promise<string[]> {
  const started = await admin.say('exec', '/securityconsole/install/package', {
    adom: 'root',
    pkg: 'emea/branch',
  });
  const { task } = started.data as { task: number };
  await admin.say('get', `/task/task/${task}`);
  const device = simulator.manager.adom('root').devices.find((one) => one.name === name)!;
  return [...device.tables]
    .filter(([path]) => path.endsWith('policy'))
    .flatMap(([, rows]) => [...rows.values()].map((row) => row['name'] as string));
}

/** What uses an address, as the manager finds it. */
async function usersOf(name: string): Promise<unknown[]> {
  const search = { mkey: name, obj: 'adom/root/obj/firewall/address' };
  const { data } = await admin.say('exec', '/cache/search/where/used/start', search);
  const found = await admin.say('exec', '/cache/search/where/used/get/detail', undefined, data as object);
  return (found.data as { where_used: { data: unknown[] }[] }).where_used[0]!.data;
}

describe('policy blocks', () => {
  beforeEach(async () => {
    await admin.say('add', block, { name: 'from-block', srcaddr: ['web'] });
    await admin.say('add', policies, { policyid: 1, name: 'first', srcaddr: ['db'] });
  });

  test('have rules with ids of a range of their own, and use what they name', async () => {
    expect((await admin.say('get', block)).data).toMatchObject([
      { policyid: '1071741825', srcaddr: ['web'] },
    ]);
    expect(await admin.code('delete', `${root}/obj/firewall/address/web`)).toBe(-10015);
    expect(await usersOf('web')).toMatchObject([
      { mapping_name: 'firewall policy of policy block baseline', mkey: '1071741825', attr: 'srcaddr' },
    ]);
    expect(await usersOf('db')).toMatchObject([{ pkg: { name: 'emea/branch' }, mkey: '1' }]);
  });

  test('reach devices by a rule that stands for them, as rules alone, and leave with it', async () => {
    expect(await onDevice('fgt-1')).toEqual(['first']);
    await admin.say('add', policies, { policyid: 2, _policy_block: 'baseline' });
    expect((await onDevice('fgt-1')).toSorted()).toEqual(['first', 'from-block']);
    await admin.say('update', `${block}/1071741825`, { name: 'renamed' });
    expect((await onDevice('fgt-1')).toSorted()).toEqual(['first', 'renamed']);
    await admin.say('delete', `${policies}/2`);
    expect(await onDevice('fgt-1')).toEqual(['first']);
  });

  test('that are not there cannot be named', async () => {
    expect(await admin.code('add', policies, { policyid: 2, _policy_block: 'nowhere' })).toBe(-10131);
  });
});

describe('where a rule is installed', () => {
  const scope = `${policies}/1/scope member`;
  const fgt1 = { name: 'fgt-1', vdom: 'root' };
  beforeEach(async () => {
    await admin.say('add', policies, { policyid: 1, name: 'first' });
  });

  test('everywhere, on what it names, or nowhere', async () => {
    expect(await onDevice('fgt-2')).toEqual(['first']);
    expect(await admin.code('add', scope, fgt1)).toBe(0);
    expect(await onDevice('fgt-1')).toEqual(['first']);
    expect(await onDevice('fgt-2')).toEqual([]);
    await admin.say('delete', scope, [fgt1]);
    expect((await admin.say('get', scope)).data).toEqual([]);
    expect(await onDevice('fgt-1')).toEqual([]);
    await admin.say('unset', scope);
    expect(await onDevice('fgt-1')).toEqual(['first']);
  });

  test('is shown when it is asked for, and takes devices of the ADOM alone', async () => {
    await admin.say('set', scope, [fgt1]);
    expect((await admin.say('get', policies)).data).toEqual([
      expect.not.objectContaining({ 'scope member': expect.anything() as unknown }),
    ]);
    const shown = await admin.say('get', policies, undefined, { option: ['scope member'] });
    expect(shown.data).toMatchObject([{ 'scope member': [fgt1] }]);
    expect(await admin.code('add', scope, { name: 'fgt-9', vdom: 'root' })).toBe(-10131);
  });
});

describe('headers and footers', () => {
  /** Has the global package assigned to the ADOM, and says how it went. */
  async function assign(...flags: string[]): Promise<unknown> {
    const data = { flags, pkg: 'default', target: [{ adom: 'root' }] };
    const started = await admin.say('exec', '/securityconsole/assign/package', data);
    const { task } = started.data as { task: number };
    const { num_err } = (await admin.say('get', `/task/task/${task}`)).data as { num_err: number };
    return num_err;
  }

  beforeEach(async () => {
    const objects = '/pm/config/global/obj/firewall';
    await admin.say('add', `${objects}/address`, [{ name: 'gAdmins' }, { name: 'gUnused' }]);
    await admin.say('add', `${objects}/addrgrp`, { name: 'gGroup', member: ['gAdmins'] });
    await admin.say('add', globalHeaders, { policyid: 1071741828, name: 'head', srcaddr: ['gGroup'] });
    await admin.say('add', globalFooters, { name: 'foot' });
  });

  test('come into an ADOM by an assignment, with what they name, and go to its devices', async () => {
    await admin.say('add', policies, { policyid: 1, name: 'first' });
    expect((await admin.say('get', headers)).data).toEqual([]);
    expect(await assign('none')).toBe(0);
    expect((await admin.say('get', headers)).data).toMatchObject([{ policyid: 1071741828, name: 'head' }]);
    const addresses = (await admin.say('get', `${root}/obj/firewall/address`)).data as { name: string }[];
    expect(addresses.map(({ name }) => name)).toEqual(['web', 'db', 'gAdmins']);
    expect(await admin.code('delete', `${root}/obj/firewall/addrgrp/gGroup`)).toBe(-10015);
    expect((await onDevice('fgt-2')).toSorted()).toEqual(['first', 'foot', 'head']);
    expect(await assign('unassign')).toBe(0);
    expect((await admin.say('get', headers)).data).toEqual([]);
  });

  test('with all objects, where that is asked for', async () => {
    await assign('cp_all_objs');
    expect(await admin.code('get', `${root}/obj/firewall/address/gUnused`)).toBe(0);
  });

  test('are written in the global ADOM alone, which has no other rules', async () => {
    await assign('none');
    expect(await admin.code('update', `${headers}/1071741828`, { name: 'mine' })).toBe(-11);
    expect(await admin.code('get', `${root}/pkg/default/global/header/policy`)).toBe(-6);
    expect(await admin.code('get', '/pm/config/global/pkg/default/firewall/policy')).toBe(-6);
  });

  test('wait for the locks of the global ADOM and of the ADOM that gets them', async () => {
    simulator.manager.settings.workspace = 'normal';
    const other = await logInTo(simulator);
    expect(await admin.code('update', `${globalHeaders}/1071741828`, { name: 'x' })).toBe(-10147);
    expect(await admin.code('exec', '/dvmdb/global/workspace/lock')).toBe(0);
    expect(await other.code('exec', '/dvmdb/global/workspace/lock')).not.toBe(0);
    expect(await admin.code('update', `${globalHeaders}/1071741828`, { name: 'later' })).toBe(0);
    await admin.code('exec', '/dvmdb/global/workspace/commit');
    await other.workspace('lock');
    expect(await assign('none')).toBe(1);
    expect((await other.say('get', headers)).data).toEqual([]);
    await other.workspace('unlock');
    expect(await assign('none')).toBe(0);
    expect((await other.say('get', headers)).data).toMatchObject([{ name: 'later' }]);
  });

  test('of a package that is not there are not assigned', async () => {
    const data = { flags: [], pkg: 'nowhere', target: [{ adom: 'root' }] };
    expect(await admin.code('exec', '/securityconsole/assign/package', data)).toBe(-3);
  });
});
