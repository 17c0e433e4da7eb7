import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFortigateSimulator } from './index.ts';
import type { FortigateSimulator } from './index.ts';
import { testClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

const addresses = '/api/v2/cmdb/firewall/address';
const faults = '/_simulator/faults';
let simulator: FortigateSimulator;
let client: TestClient;

beforeEach(async () => {
  simulator = await startFortigateSimulator();
  client = testClient(simulator);
});

afterEach(async () => {
  await client.close();
  await simulator.stop();
});

const set = async (body: unknown) => client.call('POST', faults, { body });
const create = async (name: string) => client.call('POST', addresses, { body: { name } });
const holds = (name: string) => simulator.device.vdom('root').table('firewall/address')?.rows.has(name);

describe('a fault', () => {
  test('rejects with number and text, after some requests and for some', async () => {
    const reject = {
      kind: 'reject',
      error: -4,
      cliError: 'full',
      method: '^POST$',
      path: 'address',
      after: 1,
      times: 2,
    };
    await set([reject]);
    const answers = [await create('a'), await create('b'), await create('c'), await create('d')];

    expect(answers.map(({ status }) => status)).toEqual([200, 500, 500, 200]);
    expect(answers[1]?.json).toMatchObject({
      status: 'error',
      error: -4,
      cli_error: 'full',
      name: 'address',
    });
    expect((await client.call('GET', faults)).text).toContain('"hits":2');
    expect(holds('b')).toBe(false);
  });

  test.each([
    [{ kind: 'throttle', retryAfterSeconds: 7 }, 429, /^<!DOCTYPE/],
    [{ kind: 'server-error' }, 500, /^<!DOCTYPE/],
    [{ kind: 'login-page' }, 200, /^<!DOCTYPE/],
    [{ kind: 'unauthorized' }, 401, /^<!DOCTYPE/],
    [{ kind: 'forbidden' }, 403, /"http_status":403/],
    [{ kind: 'reject', status: 424, error: -5 }, 424, /"error":-5/],
  ])('%j', async (fault, status, body) => {
    await set(fault);
    const answer = await create('a');

    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(body);
    expect(holds('a')).toBe(false);
  });

  test('tells how long to wait', async () => {
    await set({ kind: 'throttle', retryAfterSeconds: 7 });
    expect((await create('a')).headers['retry-after']).toBe('7');
  });

  test('cuts the connection before or after the change', async () => {
    await set({ kind: 'drop', times: 1 });
    await expect(create('before')).rejects.toThrow();
    await set({ kind: 'drop-after-commit', times: 1 });
    await expect(create('after')).rejects.toThrow();

    expect([holds('before'), holds('after')]).toEqual([false, true]);
    expect((await create('after')).json['error']).toBe(-5);
  });

  test('delays, then handles', async () => {
    await set({ kind: 'delay', milliseconds: 500, method: 'POST' });
    const delayed = create('a');
    const meanwhile = await client.call('GET', `${addresses}/a`);
    await delayed;

    expect(meanwhile.status).toBe(404);
    expect((await client.call('GET', `${addresses}/a`)).status).toBe(200);
  });

  test('shows reads as they were, while writes go on', async () => {
    await create('old');
    await set({ kind: 'stale', id: 'frozen' });
    await create('new');

    expect((await client.call('GET', `${addresses}/new`)).status).toBe(404);
    expect((await client.call('GET', `${addresses}/old`)).status).toBe(200);
    expect(holds('new')).toBe(true);
    await client.call('DELETE', `${faults}/frozen`);
    expect((await client.call('GET', `${addresses}/new`)).status).toBe(200);
  });

  test('takes the device down and it comes back on the same port', async () => {
    await set({ kind: 'down', milliseconds: 200, times: 1 });
    await expect(create('a')).rejects.toThrow();
    await expect(create('b')).rejects.toThrow(/ECONNREFUSED/);

    await expect
      .poll(
        async () =>
          create('c').then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 10_000 },
      )
      .toBe(200);
    expect(holds('a')).toBe(false);
  });

  test('can take it down at once', async () => {
    await set({ kind: 'down', milliseconds: 60_000, immediately: true });
    const attempt = async () => create('a').then(String, (error: unknown) => String(error));
    await expect.poll(attempt, { timeout: 10_000 }).toMatch(/ECONNREFUSED/);
  });

  test('never hits the administration', async () => {
    await set({ kind: 'drop' });
    expect((await client.call('GET', faults)).status).toBe(200);
    expect((await client.call('DELETE', faults)).json).toEqual({ removed: 1 });
    expect((await create('a')).status).toBe(200);
  });
});

test.each(['{"kind":"explode"}', '{"kind":"drop","pth":"x"}', '{"kind":"drop","path":"("}', 'no json'])(
  '%s is refused',
  async (body) => {
    expect((await set(body)).status).toBe(400);
  },
);

test('down by hand resolves when the device is back', async () => {
  await simulator.down(50);
  expect((await create('a')).status).toBe(200);
});
