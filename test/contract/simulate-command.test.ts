import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runCli, temporaryFolder } from '../../lib/cli/test-io.ts';
import { vendorSimulators } from '../../lib/firewalls/simulators.ts';

const root = join(import.meta.dirname, '../..');
const line = z
  .object({ url: z.url({ protocol: /^https$/ }), caFile: z.string(), pid: z.int() })
  .catchall(z.string());
type Ready = z.infer<typeof line>;

interface Call {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** A first call of each vendor's dialect with what the command printed, and what shows that it was let in. */
const calls: Record<string, { call: (ready: Ready) => Call; letIn: RegExp }> = {
  fortigate: {
    call: ({ token }) => ({
      path: '/api/v2/monitor/system/status',
      headers: { authorization: `Bearer ${String(token)}` },
    }),
    letIn: /^200 .*"status": ?"success"/s,
  },
  fortimanager: {
    call: ({ apiKey }) => ({
      method: 'POST',
      path: '/jsonrpc',
      headers: { authorization: `Bearer ${String(apiKey)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ id: 1, method: 'get', params: [{ url: '/sys/status' }] }),
    }),
    letIn: /^200 .*"code": ?0/s,
  },
  panorama: {
    call: ({ apiKey }) => ({
      path: `/api/?type=op&cmd=${encodeURIComponent('<show><system><info></info></system></show>')}`,
      headers: { 'X-PAN-KEY': String(apiKey) },
    }),
    letIn: /^200 .*status="success"/s,
  },
  'cisco-fmc': {
    call: ({ user, password }) => ({
      method: 'POST',
      path: '/api/fmc_platform/v1/auth/generatetoken',
      headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
    }),
    letIn: /^204 /,
  },
  // Signed calls: that they are answered in the dialect of AWS is enough here, clients of AWS are tried elsewhere.
  'pull-list': { call: () => ({ path: '/lists' }), letIn: /^\d{3} .*<Error>/s },
  'aws-prefix-list': { call: () => ({ method: 'POST', path: '/' }), letIn: /^\d{3} .*<Response>/s },
};

async function start(kind: string, ...args: string[]) {
  const child = spawn(process.execPath, [join(root, 'bin/zonebridge.ts'), 'simulate', kind, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output = createInterface({ input: child.stdout });
  const [first] = (await once(output, 'line')) as [string];
  const ready = line.parse(JSON.parse(first));
  const stop = async (signal: NodeJS.Signals): Promise<unknown> => {
    const exit = once(child, 'exit');
    process.kill(ready.pid, signal);
    return await exit;
  };
  return { ready, stop };
}

/** Over TLS, trusting this authority and no other. */
async function ask(url: string, ca: string, { path, body, ...options }: Call): Promise<string> {
  const asked = request(new URL(path, url), { ...options, ca });
  asked.end(body);
  const [answer] = await once(asked, 'response');
  return `${String(answer.statusCode)} ${await text(answer)}`;
}

describe.each(vendorSimulators)('simulate $kind', ({ kind }) => {
  test('prints one line with all that a client needs, and serves until it is stopped', async () => {
    const { ready, stop } = await start(kind);
    const { call, letIn } = calls[kind]!;
    expect(new URL(ready.url).hostname).toBe('127.0.0.1');
    const authority = await readFile(ready.caFile, 'utf8');
    expect(await ask(ready.url, authority, call(ready))).toMatch(letIn);
    expect(await stop('SIGTERM')).toEqual([0, null]);
    await expect(ask(ready.url, authority, call(ready))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    // Made for this run alone.
    expect(existsSync(ready.caFile)).toBe(false);
  });

  test('keeps its authority where it is told to, and says what does not fit before it starts', async () => {
    const folder = await temporaryFolder();
    const certificates = ['--certificates', join(folder, 'authority')];
    const first = await start(kind, ...certificates);
    const authority = await readFile(first.ready.caFile, 'utf8');
    expect(await first.stop('SIGINT')).toEqual([0, null]);
    const second = await start(kind, ...certificates);
    expect(await readFile(second.ready.caFile, 'utf8')).toBe(authority);
    await second.stop('SIGTERM');
    await writeFile(join(folder, 'faults.json'), '[{"kind":"nonsense"}]');
    const refused = async (...args: string[]) => {
      const { code, stdout, stderr } = await runCli(['simulate', kind, ...args], { cwd: folder });
      expect([code, stdout]).toEqual([2, '']);
      return stderr;
    };
    expect(await refused('--faults', 'faults.json')).toContain('kind');
    expect(await refused('--faults', 'nowhere.json')).toContain('nowhere.json');
    expect(await refused('--port', '70000')).toContain('65535');
  });
});

test('every simulated firewall is tried', () => {
  expect(Object.keys(calls).sort()).toEqual(vendorSimulators.map(({ kind }) => kind).sort());
});
