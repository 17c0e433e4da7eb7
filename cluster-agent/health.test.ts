import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeClock, RecordingTelemetry } from '../test/support/ports.ts';
import { serveHealth } from './health.ts';
import { AgentStatus } from './lib/status.ts';

let status: AgentStatus;
let served: Awaited<ReturnType<typeof serveHealth>>;

beforeEach(async () => {
  status = new AgentStatus(new FakeClock(), new RecordingTelemetry());
  served = await serveHealth(status, { host: '127.0.0.1', port: 0 });
});

afterEach(() => {
  served.server.close();
});

const get = async (path: string) => fetch(`http://127.0.0.1:${served.port}${path}`);

test('alive from the start, ready only when the state at start was accepted', async () => {
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/readyz')).status).toBe(503);
  status.failed('the bus did not accept', new Error('AccessDenied'));
  status.started = true;
  status.epoch = () => 4;
  const ready = await get('/readyz');
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({
    ready: true,
    epoch: 4,
    lastError: { message: 'the bus did not accept: AccessDenied' },
  });
});

test('metrics in the text form of Prometheus, with those of the process', async () => {
  status.pending = () => 12;
  const text = await (await get('/metrics')).text();
  expect(text).toContain('zonebridge_agent_pending 12');
  expect(text).toContain('process_resident_memory_bytes');
});

test('nothing else is served', async () => {
  expect((await get('/')).status).toBe(404);
});
