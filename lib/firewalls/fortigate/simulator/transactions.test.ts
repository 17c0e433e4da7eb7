import { afterEach, describe, expect, test, vi } from 'vitest';
import { addresses, groups, useDevice } from './test-device.ts';
import type { Answer } from './test-client.ts';

const device = useDevice();
const { call, change, create, members, names, results } = device;
const cmdb = '/api/v2/cmdb';

afterEach(() => vi.useRealTimers());

async function start(body: unknown = { timeout: 60 }, vdom = 'root'): Promise<number> {
  const { json } = await call('POST', `${cmdb}?action=transaction-start&vdom=${vdom}`, { body });
  expect(json).toMatchObject({ status: 'success', vdom });
  return (json['results'] as Record<string, number>)['transaction-id'] ?? 0;
}

const within = (id: number) => ({ headers: { 'x-transaction-id': String(id) } });

async function add(id: number, name: string): Promise<Answer> {
  return await call('POST', addresses, { body: { name, subnet: '10.9.0.1/32' }, ...within(id) });
}

async function end(how: 'commit' | 'abort', id: number, vdom = 'root'): Promise<Answer> {
  const body = { 'transaction-id': id };
  return await call('POST', `${cmdb}?action=transaction-${how}&vdom=${vdom}`, { body });
}

/** Refused, as the configuration refuses, and with a word about why. */
function expectRefused({ status, json }: Answer, line: string): void {
  expect([status, json['status'], json['error']]).toEqual([500, 'error', -160]);
  expect(JSON.stringify(json['cli_error'])).toContain(line);
}

const listed = async (path = addresses) => names(await results(path));

describe('a transaction', () => {
  test('begins with an answer as the vendor shows it', async () => {
    const path = `${cmdb}?action=transaction-start&vdom=lab`;
    const { status, json } = await call('POST', path, { body: { timeout: 60 } });
    expect(status).toBe(200);
    expect(json).toEqual({
      http_method: 'POST',
      revision: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      revision_changed: false,
      results: { 'transaction-id': expect.any(Number) as number },
      vdom: 'lab',
      action: 'transaction-start',
      status: 'success',
      http_status: 200,
      serial: device.simulator().device.settings.serial,
      version: 'v7.4.4',
      build: expect.any(Number) as number,
    });
  });

  test('keeps back what is written with its number, and brings all of it at once', async () => {
    const id = await start();
    const written = await add(id, 'x');
    expect(written.json).toMatchObject({
      status: 'success',
      http_status: 200,
      revision_changed: false,
      mkey: 'x',
    });
    expect(written.json).not.toHaveProperty('old_revision');
    const group = { name: 'g', member: [{ name: 'x' }, { name: 'a' }] };
    // What was written in it before is there for what is written next.
    expect((await call('POST', groups, { body: group, ...within(id) })).status).toBe(200);
    expect(await listed()).not.toContain('x');
    expect(await listed(groups)).not.toContain('g');
    const { commits } = device.simulator();
    const before = commits.after(0).length;
    const { status, json } = await end('commit', id);
    expect([status, json]).toMatchObject([
      200,
      { action: 'transaction-commit', status: 'success', vdom: 'root' },
    ]);
    expect(await listed()).toContain('x');
    expect(await members('g')).toEqual(['x', 'a']);
    expect(commits.after(0)).toHaveLength(before + 2);
  });

  test('that is aborted leaves nothing, and is over', async () => {
    const id = await start();
    await add(id, 'x');
    expect((await end('abort', id)).json).toMatchObject({ action: 'transaction-abort', status: 'success' });
    expect(await listed()).not.toContain('x');
    expectRefused(await add(id, 'y'), 'no such transaction');
    expectRefused(await end('commit', id), 'no such transaction');
  });

  test('expires with all of its changes when nothing happens in it for as long as it said', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const id = await start({ timeout: 60 });
    vi.setSystemTime(Date.now() + 50_000);
    await add(id, 'x');
    vi.setSystemTime(Date.now() + 50_000);
    expect((await add(id, 'y')).status).toBe(200);
    vi.setSystemTime(Date.now() + 60_000);
    expectRefused(await end('commit', id), 'no such transaction');
    expect(await listed()).not.toContain('x');
    // Nothing is locked any more.
    await create(addresses, { name: 'x' });
  });

  test('ends with a restart', async () => {
    const id = await start();
    await add(id, 'x');
    await change({ reboot: { feedEntries: 'kept' } });
    expectRefused(await end('commit', id), 'no such transaction');
  });

  test('belongs to one VDOM, which its calls need not name', async () => {
    const id = await start({ timeout: 60 }, 'lab');
    expect((await add(id, 'x')).json).toMatchObject({ vdom: 'lab' });
    const elsewhere = { body: { name: 'y' }, ...within(id) };
    expectRefused(await call('POST', `${addresses}?vdom=root`, elsewhere), 'no such transaction');
    expectRefused(await end('commit', id, 'root'), 'no such transaction');
    expect((await end('commit', id, 'lab')).status).toBe(200);
    expect(await listed(`${addresses}?vdom=lab`)).toContain('x');
    expect(await listed()).not.toContain('x');
  });
});

describe('what a transaction refuses', () => {
  test('a write that cannot be is refused at once, and the others go on', async () => {
    const id = await start();
    expect((await add(id, 'a')).json).toMatchObject({ status: 'error', error: -5 });
    await add(id, 'x');
    expect((await add(id, 'x')).json).toMatchObject({ status: 'error', error: -5 });
    expect((await end('commit', id)).status).toBe(200);
    expect(await listed()).toContain('x');
  });

  test('of a commit that became impossible nothing is done', async () => {
    const id = await start();
    const policy = { policyid: 7, srcaddr: [{ name: 'a' }] };
    expect((await call('POST', `${cmdb}/firewall/policy`, { body: policy, ...within(id) })).status).toBe(200);
    const more = { policyid: 8, srcaddr: [{ name: 'b' }] };
    await call('POST', `${cmdb}/firewall/policy`, { body: more, ...within(id) });
    expect((await call('DELETE', `${addresses}/b`)).status).toBe(200);
    expect((await end('commit', id)).json).toMatchObject({ status: 'error', error: -3 });
    expect(await results(`${cmdb}/firewall/policy`)).toEqual([]);
    expectRefused(await end('commit', id), 'no such transaction');
  });

  test('two at a time change different tables; what one changes is locked for everybody else', async () => {
    const [one, two] = [await start(), await start()];
    expect(one).not.toBe(two);
    await add(one, 'x');
    expectRefused(await add(two, 'y'), `in transaction ${one}`);
    expectRefused(await call('POST', addresses, { body: { name: 'y' } }), `in transaction ${one}`);
    expect((await call('POST', groups, { body: { name: 'g' }, ...within(two) })).status).toBe(200);
    expect((await call('POST', `${addresses}?vdom=lab`, { body: { name: 'y' } })).status).toBe(200);
    expect((await end('commit', one)).status).toBe(200);
    await create(addresses, { name: 'y' });
    expect((await end('commit', two)).status).toBe(200);
    expect(await listed()).toEqual(expect.arrayContaining(['x', 'y']));
    expect(await listed(groups)).toEqual(['g']);
  });

  test('another transaction inside of it, tables that none may change, and what is no number', async () => {
    const id = await start();
    const path = `${cmdb}?action=transaction-start`;
    expectRefused(await call('POST', path, { body: { timeout: 60 }, ...within(id) }), 'in another one');
    const limits = await call('PUT', `${cmdb}/system/resource-limits`, { body: {}, ...within(id) });
    expectRefused(limits, 'cannot be changed in a transaction');
    for (const body of [{}, { 'transaction-id': 'x' }, '[]'])
      expect((await call('POST', `${cmdb}?action=transaction-commit`, { body })).status).toBe(424);
    for (const timeout of [0, -1, 1.5, '60'])
      expect((await call('POST', path, { body: { timeout } })).status).toBe(424);
    expectRefused(await add(4711, 'x'), 'no such transaction');
  });

  test('rights are asked for when it is written, not when it is committed', async () => {
    const id = await start();
    await change({ accessProfile: { 'fwgrp.address': 'read' } });
    expect((await add(id, 'x')).status).toBe(403);
    await change({ accessProfile: { 'fwgrp.address': 'read-write', 'fwgrp.policy': 'read-write' } });
  });
});

test('a number is called as the device is set, and taken back in both ways', async () => {
  await change({ behaviour: { transactionId: 'transaction_id' } });
  const { json } = await call('POST', `${cmdb}/?action=transaction-start&vdom=`, { body: { timeout: 60 } });
  const { transaction_id: id } = json['results'] as Record<string, number>;
  expect(json).toMatchObject({ vdom: 'root' });
  await add(id ?? 0, 'x');
  const body = { transaction_id: id };
  expect((await call('POST', `${cmdb}?action=transaction-commit`, { body })).status).toBe(200);
  expect(await listed()).toContain('x');
  await change({ behaviour: { transactionId: 'transaction-id' } });
});
