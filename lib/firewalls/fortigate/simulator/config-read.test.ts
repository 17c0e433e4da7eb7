import { beforeEach, describe, expect, test } from 'vitest';
import { addresses, groups, useDevice } from './test-device.ts';
import type { TestDevice } from './test-device.ts';

const device: TestDevice = useDevice();
const { create, results, members, names } = device;

describe('members', () => {
  beforeEach(async () =>
    create(groups, { name: 'g', comment: 'kept', member: [{ name: 'a' }, { name: 'b' }] }),
  );

  test('PUT keeps fields it does not name and replaces the list', async () => {
    await device.call('PUT', `${groups}/g`, { body: { member: [{ name: 'c' }] } });

    expect(await results(`${groups}/g`)).toMatchObject([
      { comment: 'kept', member: [{ name: 'c', q_origin_key: 'c' }] },
    ]);
    expect(device.simulator().commits.after(device.simulator().commits.last - 1)).toMatchObject([
      { kind: 'update', added: { member: ['c'] }, removed: { member: ['a', 'b'] } },
    ]);
  });

  test('single members are added, read and removed below the group', async () => {
    const member = `${groups}/g/member`;
    expect((await device.call('POST', member, { body: { name: 'c' } })).json['mkey']).toBe('c');
    expect((await device.call('POST', member, { body: { name: 'c' } })).json['error']).toBe(-5);
    expect((await device.call('GET', `${member}/c`)).json['results']).toEqual([
      { name: 'c', q_origin_key: 'c' },
    ]);
    expect((await device.call('PUT', `${member}/c`, { body: { name: 'c' } })).status).toBe(200);
    expect((await device.call('DELETE', `${member}/a`, { body: 'null' })).status).toBe(200);
    expect((await device.call('DELETE', `${member}/a`)).status).toBe(404);
    expect((await device.call('POST', `${groups}/nobody/member`, { body: { name: 'a' } })).status).toBe(404);
    expect(await members('g')).toEqual(['b', 'c']);
  });

  test('PUT on a member can be 405', async () => {
    await device.change({ behaviour: { memberPut: 'refused' } });

    expect((await device.call('PUT', `${groups}/g/member/a`, { body: { name: 'a' } })).status).toBe(405);
  });
});

describe('reading', () => {
  test.each([
    ['filter=name==A', ['a']],
    ['filter=name==a,name==b', ['a', 'b']],
    ['filter=name!=a&filter=subnet=@10.0.0.', ['b', 'c']],
    ['filter=name!@n&filter=name!=all', ['a', 'b', 'c']],
    ['filter=name>=b&filter=name<=c', ['b', 'c']],
    ['filter=name<b&filter=name>a', ['all']],
    ['key=name&pattern=b', ['b']],
    ['start=3&count=1', ['b']],
    ['sort=name,dsc&count=2', ['none', 'c']],
  ])('%s', async (query, expected) => {
    expect(names(await results(`${addresses}?${query}`))).toEqual(expected);
  });

  test('paging tells how much there is', async () => {
    const { json } = await device.call('GET', `${addresses}?filter=name=@a&start=0&count=1`);
    expect(json).toMatchObject({ size: 5, matched_count: 2, next_idx: 1 });
  });

  test('format picks fields, exclude-default-values drops what was not set', async () => {
    expect(await results(`${addresses}/a?format=name|type`)).toEqual([
      { name: 'a', q_origin_key: 'a', type: 'ipmask' },
    ]);
    const [bare] = await results(`${addresses}/a?exclude-default-values=1`);
    expect(Object.keys(bare ?? {}).sort()).toEqual(['name', 'q_origin_key', 'subnet', 'uuid']);
  });

  test('a filter sees fields that format hides, and members', async () => {
    await create(groups, { name: 'g', comment: 'mine', member: [{ name: 'a' }] });

    expect(await results(`${groups}?format=name&filter=comment==mine`)).toHaveLength(1);
    expect(await results(`${groups}?filter=member.name==a`)).toHaveLength(1);
  });

  test('datasource names the table of each member', async () => {
    await create(groups, { name: 'g', member: [{ name: 'a' }] });
    expect(await results(`${groups}/g/member?datasource=1`)).toMatchObject([
      { datasource: 'firewall.address' },
    ]);
  });

  test('the schema of a table names its key', async () => {
    const { json } = await device.call('GET', '/api/v2/cmdb/firewall/policy?action=schema');
    expect(json['results']).toMatchObject({ mkey: 'policyid', category: 'table' });
  });

  test('settings are one object', async () => {
    const { json } = await device.call('GET', '/api/v2/cmdb/system/global');
    expect(json['results']).toMatchObject({ hostname: 'fortigate-simulator' });
  });

  test('unknown tables, fields deeper than there are and keyless parts are 404', async () => {
    for (const path of ['/api/v2/cmdb/firewall/nothing', `${groups}/g/member/a/b`, `${groups}//member`]) {
      expect((await device.call('GET', path)).status).toBe(404);
    }
  });
});

describe('habits of real clients', () => {
  test.each([
    ['a key with everything encoded', 'x%2Fy%20%25%3F%2E'],
    ['a key with only %, / and ? encoded', 'x%2fy %25%3f.'.replace(' ', '%20')],
  ])('%s', async (_, key) => {
    await create(addresses, { name: 'x/y %?.' });
    expect(names(await results(`${addresses}/${key}`))).toEqual(['x/y %?.']);
    expect((await device.call('DELETE', `${addresses}/${key}`)).status).toBe(200);
  });

  test('trailing slash, empty vdom, a query that starts with ?&, and no Content-Type', async () => {
    expect(names(await results(`${addresses}/a/`))).toEqual(['a']);
    expect(names(await results(`${addresses}/a?vdom=`))).toEqual(['a']);
    expect(names(await results(`${addresses}/a?&vdom=root`))).toEqual(['a']);
    const bare = await device.call('POST', addresses, { body: '{"name":"bare"}' });
    expect(bare.status).toBe(200);
  });

  test('a row that was read can be written back', async () => {
    const [row] = await results(`${addresses}/a?with_meta=1`);
    const { json } = await device.call('PUT', `${addresses}/a`, { body: row });
    expect(json).toMatchObject({ status: 'success', revision_changed: false });
  });

  test('a clone has its own name and id', async () => {
    await create(`${addresses}/a?action=clone&nkey=copy`, {});
    const [original, copy] = [await results(`${addresses}/a`), await results(`${addresses}/copy`)];
    expect(copy[0]).toMatchObject({ name: 'copy', subnet: original[0]?.['subnet'] });
    expect(copy[0]?.['uuid']).not.toBe(original[0]?.['uuid']);
  });

  test('IPv6 has tables of its own', async () => {
    await create(`${addresses}6`, { name: 'six', ip6: '2001:DB8:0::1/128' });
    await create(`${groups}6`, { name: 'six-group', member: [{ name: 'six' }] });

    expect(await results(`${addresses}6/six`)).toMatchObject([{ ip6: '2001:db8::1/128' }]);
    expect((await device.call('DELETE', `${addresses}6/six`)).json['error']).toBe(-23);
  });
});
