import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFortigateSimulator } from './index.ts';
import type { FortigateSimulator, SimulatorOptions } from './index.ts';
import { testClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

const addresses = '/api/v2/cmdb/firewall/address';
const feeds = '/api/v2/cmdb/system/external-resource';
const state = '/api/v2/monitor/web-ui/state';
let simulator: FortigateSimulator;
let client: TestClient;
let folder: string;

async function start(options: SimulatorOptions = {}): Promise<void> {
  simulator = await startFortigateSimulator(options);
  client = testClient(simulator);
}

async function stop(): Promise<void> {
  await client.close();
  await simulator.stop();
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-test-'));
  await start({ certificateDirectory: folder });
});

afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true });
});

const get = async (path: string) => (await client.call('GET', path)).json;
const change = async (body: unknown) => client.call('POST', '/_simulator/device', { body });

test('the administration needs the token', async () => {
  for (const path of ['faults', 'commits', 'state', 'requests', 'device']) {
    expect((await client.call('GET', `/_simulator/${path}`, { anonymous: true })).status).toBe(401);
  }
});

test('commits are numbered, timed and complete', async () => {
  const before = performance.timeOrigin + performance.now();
  await client.call('POST', addresses, { body: { name: 'a', comment: 'x' } });
  await client.call('PUT', `${addresses}/a`, { body: { comment: 'y', color: 3 } });
  await client.call('POST', addresses, { body: { name: 'a' } });
  await client.call('DELETE', `${addresses}/a`);
  const after = performance.timeOrigin + performance.now();

  const { commits, last } = await get('/_simulator/commits?after=0');
  expect(commits).toMatchObject([
    { number: 1, kind: 'create', vdom: 'root', path: 'firewall/address', key: 'a', fields: ['comment'] },
    { number: 2, kind: 'update', fields: ['comment', 'color'] },
    { number: 3, kind: 'delete' },
  ]);
  expect(last).toBe(3);
  const times = simulator.commits.after(0).map(({ at }) => at);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times[0]).toBeGreaterThanOrEqual(before);
  expect(times[2]).toBeLessThanOrEqual(after);
  expect((await get('/_simulator/commits?after=2'))['commits']).toHaveLength(1);
});

test('requests are counted by pattern, with bytes and statuses', async () => {
  await client.call('POST', `${addresses}?vdom=root`, { body: { name: 'a' } });
  await client.call('GET', `${addresses}/a`);
  await client.call('GET', `${addresses}/b`);

  const counts = JSON.parse((await client.call('GET', '/_simulator/requests')).text) as unknown[];
  expect(counts).toMatchObject([
    {
      method: 'POST',
      pattern: addresses,
      count: 1,
      bytesReceived: '{"name":"a"}'.length,
      statuses: { '200': 1 },
    },
    { method: 'GET', pattern: `${addresses}/{key}`, count: 2, statuses: { '200': 1, '404': 1 } },
  ]);
  await client.call('DELETE', '/_simulator/requests');
  expect(simulator.requests.list()).toEqual([]);
});

describe('the device', () => {
  test('shows who it is in every envelope', async () => {
    await change({ serial: 'FGVMSIM000000777', version: '7.6.4' });

    expect(await get('/api/v2/monitor/system/status')).toMatchObject({
      serial: 'FGVMSIM000000777',
      version: 'v7.6.4',
    });
  });

  test('tells its last boot, unless it hides it', async () => {
    await change({ bootTime: 1_700_000_000_000 });
    expect((await get(state))['results']).toMatchObject({ utc_last_reboot: 1_700_000_000_000 });

    await change({ behaviour: { bootTime: 'hidden' } });
    expect((await get(state))['results']).not.toHaveProperty('utc_last_reboot');
  });

  test('stands alone or in a cluster', async () => {
    const peers = '/api/v2/monitor/system/ha-peer';
    expect((await client.call('GET', peers)).status).toBe(404);

    await change({ role: 'secondary' });
    const { serial, peerSerial } = simulator.device.settings;
    expect((await get(peers))['results']).toMatchObject([
      { serial_no: serial },
      { serial_no: peerSerial, primary: true, master: true },
    ]);
  });

  test.each([
    ['kept', 1],
    ['lost', 0],
  ] as const)('reboots with feed entries %s', async (feedEntries, left) => {
    const { administrator } = simulator;
    const body = `username=${administrator.name}&secretkey=${administrator.password}`;
    const session = await client.call('POST', '/logincheck', { anonymous: true, body });
    const cookie = [session.headers['set-cookie'] ?? []].flat().join(';');
    await client.call('POST', feeds, { body: { name: 'f', 'update-method': 'push' } });
    await client.call('POST', '/_simulator/seed', { body: { feeds: { f: ['10.0.0.1'] } } });
    const boot = simulator.device.settings.bootTime;
    await change({ reboot: { feedEntries } });

    expect(simulator.device.settings.bootTime).toBeGreaterThan(boot);
    expect(simulator.device.vdom('root').feeds.read('f').entries.size).toBe(left);
    expect((await client.call('GET', feeds)).json['results']).toHaveLength(1);
    expect((await client.call('GET', feeds, { anonymous: true, headers: { cookie } })).status).toBe(401);
  });

  test.each(['{"version":"5.6.0"}', '{"colour":"red"}', '{"role":"boss"}'])('refuses %s', async (body) => {
    expect((await change(body)).status).toBe(400);
  });

  test('gets a VDOM', async () => {
    await change({ addVdom: 'lab' });
    expect((await client.call('GET', `${addresses}?vdom=lab`)).status).toBe(200);
  });
});

describe('seeding', () => {
  test('goes through the checks of a write', async () => {
    const rows = {
      'firewall/address': [{ name: 'a' }],
      'firewall/addrgrp': [{ name: 'g', member: [{ name: 'a' }] }],
    };
    const answer = await client.call('POST', '/_simulator/seed', { body: { rows } });
    expect(answer.json).toEqual({ rows: 2, entries: 0 });
    expect((await client.call('DELETE', `${addresses}/a`)).json['error']).toBe(-23);
    expect((await client.call('POST', '/_simulator/seed', { body: { rows } })).status).toBe(400);
  });
});

describe('files', () => {
  test('the state survives a restart, with references and the same revisions', async () => {
    const stateFile = join(folder, 'state.json');
    await stop();
    await start({ stateFile, vdoms: ['root', 'lab'], version: '7.2.5', certificateDirectory: folder });
    const rows = {
      'firewall/address': [{ name: 'a', subnet: '10.0.0.1/32' }],
      'firewall/addrgrp': [{ name: 'inner', member: [{ name: 'a' }] }],
      'system/external-resource': [{ name: 'f', 'update-method': 'push' }],
      'firewall/policy': [{ srcaddr: [{ name: 'inner' }, { name: 'f' }] }],
    };
    await client.call('POST', '/_simulator/seed', {
      body: { vdom: 'lab', rows, feeds: { f: ['10.0.0.1', 'no'] } },
    });
    const before = simulator.device.snapshot();
    const revision = (await get(`${addresses}?vdom=lab`))['revision'];
    await stop();

    await start({ stateFile, certificateDirectory: folder });
    expect(simulator.device.snapshot()).toEqual(before);
    expect((await get(`${addresses}?vdom=lab`))['revision']).toBe(revision);
    expect((await get('/api/v2/cmdb/firewall/addrgrp/inner?vdom=lab'))['version']).toBe('v7.2.5');
    const used = await client.call('DELETE', '/api/v2/cmdb/firewall/addrgrp/inner?vdom=lab');
    expect(used.json['error']).toBe(-23);
  });

  test('the state is written while it runs', async () => {
    const stateFile = join(folder, 'state.json');
    await stop();
    await start({ stateFile, certificateDirectory: folder });
    await client.call('POST', addresses, { body: { name: 'written' } });

    await expect
      .poll(async () => readFile(stateFile, 'utf8').catch(() => ''), { timeout: 5000 })
      .toContain('written');
  });

  test('something else than a state is refused', async () => {
    const stateFile = join(folder, 'other.json');
    await writeFile(stateFile, '{"format":2}');
    await expect(startFortigateSimulator({ stateFile })).rejects.toThrow(/not a state file/);
  });

  test('a state that does not fit its version is refused', async () => {
    const stateFile = join(folder, 'state.json');
    const state = { ...simulator.device.snapshot(), version: 'v6.4.0' };
    await writeFile(stateFile, JSON.stringify(state).replace('"name":"all"', '"name":"all","route-tag":7'));
    await expect(startFortigateSimulator({ stateFile })).rejects.toThrow(/does not fit/);
  });

  test.each([[[]], [['root', 'a b']]])('VDOM names %j are refused', async (vdoms) => {
    await expect(startFortigateSimulator({ vdoms })).rejects.toThrow(RangeError);
  });

  test('faults are read from a file, and wrong ones refused', async () => {
    const faultsFile = join(folder, 'faults.json');
    await writeFile(faultsFile, '[{"kind":"server-error","path":"addrgrp"}]');
    await stop();
    await start({ faultsFile, certificateDirectory: folder });
    expect((await client.call('GET', '/api/v2/cmdb/firewall/addrgrp')).status).toBe(500);
    expect((await client.call('GET', addresses)).status).toBe(200);

    await writeFile(faultsFile, '[{"kind":"server-error","pth":"addrgrp"}]');
    await expect(startFortigateSimulator({ faultsFile })).rejects.toThrow(/pth/);
    await writeFile(faultsFile, 'no json');
    await expect(startFortigateSimulator({ faultsFile })).rejects.toThrow(RangeError);
  });

  test('the authority is used again, so that clients keep trusting it', async () => {
    const { ca, caFile } = simulator;
    await stop();
    await start({ certificateDirectory: folder });

    expect(simulator.ca).toBe(ca);
    expect(await readFile(caFile, 'utf8')).toContain(ca);
  });

  test('an authority nobody asked to keep is removed at the end', async () => {
    const passing = await startFortigateSimulator();
    expect(await readFile(passing.caFile, 'utf8')).toContain(passing.ca);
    await passing.stop();
    await expect(readFile(passing.caFile)).rejects.toThrow(/ENOENT/);
  });

  test('a client without the authority gets no answer', async () => {
    await expect(fetch(`${simulator.url}/api/v2/monitor/system/status`)).rejects.toThrow();
  });
});
