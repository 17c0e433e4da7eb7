import { afterEach, describe, expect, test } from 'vitest';
import { startFortigateSimulator } from './index.ts';
import type { FortigateSimulator, SimulatorOptions } from './index.ts';
import { testClient } from './test-client.ts';
import type { Answer, TestClient } from './test-client.ts';

const addresses = '/api/v2/cmdb/firewall/address';
const feeds = '/api/v2/cmdb/system/external-resource';
let open: { simulator: FortigateSimulator; client: TestClient }[] = [];

afterEach(async () => {
  for (const { simulator, client } of open) {
    await client.close();
    await simulator.stop();
  }
  open = [];
});

async function start(
  options: SimulatorOptions = {},
): Promise<{ simulator: FortigateSimulator; client: TestClient }> {
  const simulator = await startFortigateSimulator(options);
  const started = { simulator, client: testClient(simulator) };
  open.push(started);
  return started;
}

describe('the token', () => {
  test('is needed, and must be right', async () => {
    const { client } = await start();
    const none = await client.call('GET', addresses, { anonymous: true });
    const wrong = await client.call('GET', addresses, { headers: { authorization: 'Bearer nonsense' } });

    expect([none.status, wrong.status]).toEqual([401, 401]);
    expect(wrong.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  test.each([
    ['6.4.14', 200],
    ['7.4.4', 200],
    ['7.4.5', 401],
    ['7.6.0', 200],
    ['7.6.1', 401],
  ])('in the query of %s gives %i', async (version, status) => {
    const { simulator, client } = await start({ version });
    const path = `${addresses}?access_token=${simulator.token}`;

    expect((await client.call('GET', path, { anonymous: true })).status).toBe(status);
  });

  test('in the query works again when the operator allows it', async () => {
    const { simulator, client } = await start({ version: '7.6.1' });
    await client.call('PUT', '/api/v2/cmdb/system/global', { body: { 'rest-api-key-url-query': 'enable' } });

    const answer = await client.call('GET', `${addresses}?access_token=${simulator.token}`, {
      anonymous: true,
    });
    expect(answer.status).toBe(200);
  });

  test('works only from trusted hosts', async () => {
    const { client } = await start({ trustedHosts: ['192.0.2.0/24', '2001:db8::/32'] });
    expect((await client.call('GET', addresses)).status).toBe(401);

    await client.call('POST', '/_simulator/device', { body: { trustedHosts: ['127.0.0.0/8'] } });
    expect((await client.call('GET', addresses)).status).toBe(200);
  });
});

describe('rights', () => {
  test('of a profile for addresses do not reach feeds and policies', async () => {
    const { client } = await start({ accessProfile: { 'fwgrp.address': 'read-write' } });
    const status = async (call: Promise<Answer>) => (await call).status;

    expect(await status(client.call('POST', addresses, { body: { name: 'a' } }))).toBe(200);
    expect(await status(client.call('GET', '/api/v2/monitor/system/status'))).toBe(200);
    expect(await status(client.call('GET', '/api/v2/cmdb/firewall/policy'))).toBe(403);
    expect(await status(client.call('POST', feeds, { body: { name: 'f' } }))).toBe(403);
    const push = { commands: [{ name: 'f', command: 'add', entries: [] }] };
    expect(
      await status(client.call('POST', '/api/v2/monitor/system/external-resource/dynamic', { body: push })),
    ).toBe(403);
  });

  test('to read do not let write', async () => {
    const { client } = await start({ accessProfile: { 'fwgrp.address': 'read' } });

    expect((await client.call('GET', addresses)).status).toBe(200);
    const refused = await client.call('DELETE', addresses);
    expect([refused.status, refused.json['status'], refused.json['http_status']]).toEqual([
      403,
      'error',
      403,
    ]);
  });
});

test('a VDOM that does not exist gives 403 with an envelope that names it', async () => {
  const { client } = await start();
  for (const path of [`${addresses}?vdom=nowhere`, '/api/v2/monitor/system/status?vdom=nowhere']) {
    const { status, json } = await client.call('GET', path);
    expect([status, json['vdom'], json['status']]).toEqual([403, 'nowhere', 'error']);
  }
});

describe('sessions', () => {
  const cookieOf = (answer: Answer) =>
    [answer.headers['set-cookie'] ?? []].flat().map((line) => line.split(';')[0]);
  const csrfOf = (answer: Answer) =>
    /csrf_?token[^=]*="?([0-9A-F]+)/.exec(cookieOf(answer).join(';'))?.[1] ?? '';

  test('open by form, need the CSRF token for writes, and end', async () => {
    const { simulator, client } = await start();
    const { name, password } = simulator.administrator;
    const login = await client.call('POST', '/logincheck', {
      anonymous: true,
      body: `username=${name}&secretkey=${password}&ajax=1`,
    });
    const cookie = cookieOf(login).join('; ');
    const call = async (method: 'GET' | 'POST', headers: Record<string, string> = {}) => {
      const body = method === 'POST' ? { name: 's' } : undefined;
      const answer = await client.call(method, addresses, {
        anonymous: true,
        body,
        headers: { cookie, ...headers },
      });
      return answer.status;
    };

    expect(login.text[0]).toBe('1');
    expect(cookie).toContain('ccsrftoken=');
    expect(await call('GET')).toBe(200);
    expect(await call('POST')).toBe(403);
    expect(await call('POST', { 'x-csrftoken': csrfOf(login) })).toBe(200);
    await client.call('POST', '/logout', { anonymous: true, headers: { cookie } });
    expect(await call('GET')).toBe(401);
  });

  test('a wrong password opens none', async () => {
    const { client } = await start();
    const login = await client.call('POST', '/logincheck', {
      anonymous: true,
      body: 'username=admin&secretkey=no',
    });

    expect(login.text).toBe('0');
    expect(login.headers['set-cookie']).toBeUndefined();
  });

  test.each([
    ['7.4.4', 5, 'ccsrftoken='],
    ['7.6.3', 6, 'ccsrf_token_'],
  ])('open by JSON on %s with status code %i', async (version, code, cookieName) => {
    const { simulator, client } = await start({ version });
    const { name, password } = simulator.administrator;
    const right = await client.call('POST', '/api/v2/authentication', {
      anonymous: true,
      body: { username: name, secretkey: password },
    });
    const wrong = await client.call('POST', '/api/v2/authentication', {
      anonymous: true,
      body: { username: name },
    });

    expect(right.json).toMatchObject({ status_code: code, status_message: 'LOGIN_SUCCESS' });
    expect(cookieOf(right).join()).toContain(cookieName);
    expect(wrong.json).toMatchObject({ status_code: -1 });
  });
});
