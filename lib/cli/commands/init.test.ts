import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runCli, temporaryFolder } from '../test-io.ts';

const ca = new URL('../../../examples/storefront/firewall-ca.pem', import.meta.url);

test('writes a starter that is valid once the CA lies beside it', async () => {
  const cwd = await temporaryFolder();
  const { code, stdout } = await runCli(['init'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Wrote zonebridge.yaml/);
  const before = await runCli(['validate', '--json'], { cwd });
  expect(before.code).toBe(2);
  expect(JSON.parse(before.stdout).error.problems).toMatchObject([{ path: 'firewalls.edge-1.caFile' }]);
  await copyFile(ca, path.join(cwd, 'edge-1-ca.pem'));
  const after = await runCli(['validate'], { cwd });
  expect([after.code, after.stderr]).toEqual([0, '']);
});

test('never overwrites', async () => {
  const cwd = await temporaryFolder();
  await writeFile(path.join(cwd, 'zonebridge.yaml'), 'mine');
  const { code, stderr } = await runCli(['init'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('zonebridge.yaml exists already');
  expect(await readFile(path.join(cwd, 'zonebridge.yaml'), 'utf8')).toBe('mine');
});

test('refuses a folder and a path without one', async () => {
  const cwd = await temporaryFolder();
  await mkdir(path.join(cwd, 'groups'));
  const folder = await runCli(['init', '--config', 'groups', '--json'], { cwd });
  expect(folder.code).toBe(2);
  expect(JSON.parse(folder.stdout)).toMatchObject({ ok: false, error: { code: 'file/not-written' } });
  const missing = await runCli(['init', '--config', 'nowhere/zonebridge.yaml'], { cwd });
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain('its folder does not exist');
});
