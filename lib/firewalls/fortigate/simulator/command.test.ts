import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startFortigateSimulator } from './index.ts';
import { testClient } from './test-client.ts';

const line = z.strictObject({ url: z.string(), caFile: z.string(), token: z.string(), pid: z.int() });
const module = new URL('./command.ts', import.meta.url).href;
const serving = new URL('../../../simulators/serve.ts', import.meta.url).href;

test.each(['SIGTERM', 'SIGINT'] as const)(
  'prints one line, serves until %s, and keeps its state',
  async (signal) => {
    const folder = await mkdtemp(join(tmpdir(), 'simulator-command-'));
    const options = {
      version: '7.2.5',
      vdom: 'root,lab',
      state: join(folder, 'state.json'),
      tokenFile: join(folder, 'token'),
      certificates: folder,
    };
    const { version, certificates: certificateDirectory, ...more } = options;
    await writeFile(options.tokenFile, 'a-token-from-a-file\n');
    const script = `import { fortigateSimulator } from ${JSON.stringify(module)}; import { serveSimulator } from ${JSON.stringify(serving)}; await serveSimulator(fortigateSimulator, ${JSON.stringify({ version, certificateDirectory, more })});`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    const output = createInterface({ input: child.stdout }).on('line', (text) => lines.push(text));
    await once(output, 'line');
    const { url, caFile, token, pid } = line.parse(JSON.parse(lines[0] ?? ''));
    const client = testClient({ url, token, ca: await readFile(caFile, 'utf8') });
    const created = await client.call('POST', '/api/v2/cmdb/firewall/address?vdom=lab', {
      body: { name: 'kept' },
    });
    await client.close();
    const exit = once(child, 'exit');
    process.kill(pid, signal);
    // Whoever stops a process group does so twice; the second one must not cut the first one short.
    process.kill(pid, signal);

    expect(await exit).toEqual([0, null]);
    expect(created.json).toMatchObject({ status: 'success', version: 'v7.2.5', vdom: 'lab' });
    expect([token, lines.length]).toEqual(['a-token-from-a-file', 1]);
    expect(await readFile(options.state, 'utf8')).toContain('kept');
    await rm(folder, { recursive: true });
  },
);

test('a simulator that cannot start leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-command-'));
  const faultsFile = join(folder, 'faults.json');
  await writeFile(faultsFile, '{"kind":"nonsense"}');
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    await expect(startFortigateSimulator({ faultsFile })).rejects.toThrow('faults cannot be used');
    expect(await readdir(folder)).toEqual(['faults.json']);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await rm(folder, { recursive: true });
  }
});
