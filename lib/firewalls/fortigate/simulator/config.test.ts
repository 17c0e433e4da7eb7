import { describe, expect, test } from 'vitest';
import { addresses, groups, useDevice } from './test-device.ts';
import type { TestDevice } from './test-device.ts';

const device: TestDevice = useDevice();
const { create, results, members, names } = device;

describe('envelopes', () => {
  test('a write tells revisions, key and who answered', async () => {
    const { json, status } = await device.call('POST', `${addresses}?vdom=root`, { body: { name: 'd' } });

    expect(status).toBe(200);
    expect(json).toEqual({
      http_method: 'POST',
      revision: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      revision_changed: true,
      old_revision: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      mkey: 'd',
      status: 'success',
      http_status: 200,
      vdom: 'root',
      path: 'firewall',
      name: 'address',
      serial: device.simulator().device.settings.serial,
      version: 'v7.4.4',
      build: expect.any(Number) as number,
    });
  });

  test('a read of one key is a list with every field', async () => {
    const [row, ...more] = await results(`${addresses}/a`);

    expect(more).toEqual([]);
    expect(row).toMatchObject({
      name: 'a',
      q_origin_key: 'a',
      subnet: '10.0.0.97 255.255.255.255',
      type: 'ipmask',
      comment: '',
      'fsso-group': [],
      color: 0,
    });
  });

  test('a missing key is 404 without an error number', async () => {
    const { status, json } = await device.call('GET', `${addresses}/nobody`);

    expect(status).toBe(404);
    expect(json).toMatchObject({ status: 'error', http_status: 404, mkey: 'nobody', path: 'firewall' });
    expect(json).not.toHaveProperty('error');
    expect(json).toHaveProperty('revision');
  });

  test('a write that changes nothing says so and keeps the revision', async () => {
    const first = await device.call('PUT', `${addresses}/a`, { body: { comment: 'x' } });
    const commits = device.simulator().commits.last;
    const second = await device.call('PUT', `${addresses}/a`, { body: { comment: 'x' } });

    expect(first.json['revision_changed']).toBe(true);
    expect(second.json).toMatchObject({ revision_changed: false, old_revision: first.json['revision'] });
    expect(device.simulator().commits.last).toBe(commits);
  });

  test('several VDOMs give a list of envelopes, and each has its own tables', async () => {
    const everywhere = JSON.parse((await device.call('GET', `${addresses}?vdom=*`)).text) as Record<
      string,
      unknown
    >[];

    expect(everywhere.map(({ vdom }) => vdom)).toEqual(['root', 'lab']);
    expect(names(await results(`${addresses}?vdom=lab`))).toEqual(['all', 'none']);
    expect(JSON.parse((await device.call('GET', `${addresses}?vdom=lab,root`)).text)).toHaveLength(2);
  });
});

describe('refusals', () => {
  test.each([
    ['a duplicate', addresses, { name: 'a' }, 500, -5],
    ['a group named like an address', groups, { name: 'a', member: [{ name: 'b' }] }, 500, -163],
    ['an unknown member', groups, { name: 'g', member: [{ name: 'nobody' }] }, 500, -3],
    ['a name that is too long', addresses, { name: 'n'.repeat(80) }, 500, -166],
    ['a comment that is too long', addresses, { name: 'n', comment: 'c'.repeat(256) }, 500, -1],
    ['a forbidden character', addresses, { name: 'n<1>' }, 500, -173],
    ['a forbidden character in a comment', addresses, { name: 'n', comment: `it's` }, 500, -173],
    ['a bad address', addresses, { name: 'n', subnet: '10.0.0.256/32' }, 500, -8],
    ['a bad mask', addresses, { name: 'n', subnet: '10.0.0.1/33' }, 500, -9],
    ['a range upside down', addresses, { name: 'n', 'start-ip': '10.0.0.2', 'end-ip': '10.0.0.1' }, 500, -73],
    ['a bad IPv6 address', `${addresses}6`, { name: 'n', ip6: 'nonsense/64' }, 500, -255],
    ['a bad IPv6 prefix', `${addresses}6`, { name: 'n', ip6: '2001:db8::/129' }, 500, -254],
    ['a number out of range', addresses, { name: 'n', color: 33 }, 500, -650],
    ['an unknown choice', addresses, { name: 'n', type: 'nonsense' }, 500, -651],
    ['a field of older versions', addresses, { name: 'n', visibility: 'enable' }, 500, -61],
    ['a group that contains itself', groups, { name: 'g', member: [{ name: 'g' }] }, 500, -3],
    ['a body that is no object', addresses, '[]', 424, undefined],
    ['a body that is no JSON', addresses, 'name=a', 424, undefined],
    ['a missing name', addresses, { subnet: '10.0.0.1/32' }, 424, -651],
  ])('%s', async (_, path, body, ...[status, error]) => {
    const before = device.simulator().commits.last;
    const answer = await device.call('POST', path, { body });

    expect([answer.status, answer.json['error']]).toEqual([status, error]);
    expect(answer.json).toMatchObject({ status: 'error', http_status: status });
    expect(device.simulator().commits.last).toBe(before);
  });

  test('the status of a duplicate and the error of an unknown member can be switched', async () => {
    await device.change({ behaviour: { duplicateStatus: 424, unknownReference: -651 } });

    const duplicate = await device.call('POST', addresses, { body: { name: 'a' } });
    const unknown = await device.call('POST', groups, { body: { name: 'g', member: [{ name: 'nobody' }] } });

    expect([duplicate.status, duplicate.json['error']]).toEqual([424, -5]);
    expect(unknown.json['error']).toBe(-651);
  });

  test('a full table gives -4, for addresses, groups and members', async () => {
    await device.change({ limits: { addresses: 3, groups: 1, groupMembers: 2 } });
    const full = async (path: string, body: unknown) =>
      (await device.call('POST', path, { body })).json['error'];

    expect(await full(addresses, { name: 'd' })).toBe(-4);
    expect(await full(groups, { name: 'g', member: ['a', 'b', 'c'].map((name) => ({ name })) })).toBe(-4);
    await create(groups, { name: 'g', member: [{ name: 'a' }, { name: 'b' }] });
    expect(await full(`${groups}/g/member`, { name: 'c' })).toBe(-4);
    expect(await full(groups, { name: 'h', member: [] })).toBe(-4);
  });

  test('virtual addresses share the name space', async () => {
    await create('/api/v2/cmdb/firewall/vip', { name: 'v' });

    expect((await device.call('POST', addresses, { body: { name: 'v' } })).json['error']).toBe(-164);
    expect((await device.call('POST', groups, { body: { name: 'v', member: [] } })).json['error']).toBe(-165);
  });

  test.each([
    ['7.0.14', -56],
    ['7.2.0', undefined],
  ])('an empty group on %s', async (version, error) => {
    await device.change({ version });
    await device.call('POST', groups, { body: { name: 'g', member: [{ name: 'a' }] } });

    expect((await device.call('POST', groups, { body: { name: 'h' } })).json['error']).toBe(error);
    expect((await device.call('PUT', `${groups}/g`, { body: { member: [] } })).json['error']).toBe(error);
    const last = await device.call('DELETE', `${groups}/g/member/a`);
    expect(last.status).toBe(error === undefined ? 404 : 500);
  });

  test('fields appear with their version', async () => {
    await device.change({ version: '7.2.0' });
    const feed = { name: 'f', type: 'address', 'update-method': 'push' };
    expect(
      (await device.call('POST', '/api/v2/cmdb/system/external-resource', { body: feed })).json['error'],
    ).toBe(-61);

    await device.change({ version: '7.2.1' });
    await create('/api/v2/cmdb/system/external-resource', feed);
    await device.call('DELETE', '/api/v2/cmdb/system/external-resource/f');
  });
});

describe('what is in use', () => {
  test('an address in a group and a group in a policy stay', async () => {
    await create(groups, { name: 'g', member: [{ name: 'a' }] });
    await create('/api/v2/cmdb/firewall/policy', {
      name: 'p',
      srcaddr: [{ name: 'g' }],
      dstaddr: [{ name: 'g' }],
    });
    const address = await device.call('DELETE', `${addresses}/a`);
    const group = await device.call('DELETE', `${groups}/g`);

    expect([address.status, address.json['error'], group.status, group.json['error']]).toEqual([
      500, -23, 500, -23,
    ]);
    expect(group.json['cli_error']).toEqual(expect.arrayContaining([expect.stringMatching(/used/)]));
    expect(await results(`${groups}/g?with_meta=1`)).toMatchObject([
      { q_ref: 2, q_path: 'firewall', q_name: 'addrgrp', q_mkey_type: 'string' },
    ]);

    await device.call('DELETE', '/api/v2/cmdb/firewall/policy/1');
    expect(await results(`${groups}/g?with_meta=1`)).toMatchObject([{ q_ref: 0 }]);
    expect((await device.call('DELETE', `${groups}/g`)).status).toBe(200);
    expect((await device.call('DELETE', `${addresses}/a`)).status).toBe(200);
  });

  test('DELETE without a key takes every row that nothing refers to', async () => {
    await create(groups, { name: 'g', member: [{ name: 'a' }] });

    expect((await device.call('DELETE', `${addresses}/`)).status).toBe(200);
    expect(names(await results(addresses))).toEqual(['all', 'none', 'a']);
  });

  test('built-in addresses cannot be deleted', async () => {
    expect((await device.call('DELETE', `${addresses}/none`)).status).toBe(500);
  });

  test('references follow a rename, in groups of any depth and in policies', async () => {
    await create(groups, { name: 'inner', member: [{ name: 'a' }, { name: 'b' }] });
    await create(groups, { name: 'outer', member: [{ name: 'inner' }] });
    await create('/api/v2/cmdb/firewall/policy', { srcaddr: [{ name: 'a' }] });

    expect((await device.call('PUT', `${addresses}/a`, { body: { name: 'z' } })).status).toBe(200);
    await device.call('PUT', `${groups}/inner`, { body: { name: 'middle' } });

    expect(await members('middle')).toEqual(['z', 'b']);
    expect(await members('outer')).toEqual(['middle']);
    expect(await results(`${addresses}/z?with_meta=1`)).toMatchObject([{ q_ref: 2 }]);
    expect((await device.call('PUT', `${addresses}/z`, { body: { name: 'b' } })).json['error']).toBe(-5);
    expect((await device.call('PUT', `${addresses}/z`, { body: { name: 'outer' } })).json['error']).toBe(
      -163,
    );
  });

  test('groups cannot form a circle', async () => {
    await create(groups, { name: 'inner', member: [{ name: 'a' }] });
    await create(groups, { name: 'outer', member: [{ name: 'inner' }] });

    const circle = await device.call('POST', `${groups}/inner/member`, { body: { name: 'outer' } });
    expect([circle.status, circle.json['error']]).toEqual([500, -651]);
  });
});
