import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runCli, temporaryFolder } from '../test-io.ts';

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** A copy of the storefront example with one text replaced. */
async function changed(from: string, to: string): Promise<string> {
  const folder = await temporaryFolder();
  await cp(path.join(examples, 'storefront'), folder, { recursive: true });
  const file = path.join(folder, 'zonebridge.yaml');
  const text = await readFile(file, 'utf8');
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
  return folder;
}

test('a valid configuration: what it holds, and the trusted hosts of each firewall', async () => {
  const { code, stdout, stderr } = await runCli(['validate'], { cwd: path.join(examples, 'storefront') });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toBe(
    [
      'valid: hub prod, 1 network, 1 cluster, 2 firewalls, 2 groups',
      'firewall  type       trusted hosts  groups',
      'edge-1    fortigate  10.9.0.0/26    storefront',
      'core-1    fortigate  10.9.0.0/26    storefront-nodes',
      '',
    ].join('\n'),
  );
});

test.each([
  [['--config', 'multi-cluster', 'validate', '--json']],
  [['validate', '--json', '-c', 'multi-cluster']],
])('%j: global options before and behind the command, one object on standard output', async (argv) => {
  const { code, stdout } = await runCli(argv, { cwd: examples });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, hub: 'prod', warnings: [] });
});

test('problems: code, file and line as seen from the working folder, what to do, exit code 2', async () => {
  const folder = await changed('usedIn: allow', 'usedIn: alow');
  const { code, stdout, stderr } = await runCli(
    ['validate', '-c', `${path.basename(folder)}/zonebridge.yaml`],
    {
      cwd: path.dirname(folder),
    },
  );
  expect([code, stdout]).toEqual([2, '']);
  const line =
    (await readFile(path.join(folder, 'zonebridge.yaml'), 'utf8')).split('\n').indexOf('    usedIn: alow') +
    1;
  expect(stderr).toContain('error configuration/invalid: ');
  expect(stderr).toContain(`  ${path.basename(folder)}/zonebridge.yaml:${line} groups.storefront.usedIn\n`);
  expect(stderr).toContain('did you mean allow?');
  expect(stderr).toContain('What to do: ');
});

test('problems as JSON', async () => {
  const folder = await changed('mode: sync', 'mode: add-only');
  const { code, stdout } = await runCli(['validate', '--json'], { cwd: folder });
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    error: {
      code: 'configuration/invalid',
      problems: [
        { file: 'zonebridge.yaml', path: 'groups.storefront.publish[0].mode', line: expect.any(Number) },
      ],
    },
  });
});

test('warnings go to standard error and into the object', async () => {
  const folder = await changed('alarmEmails: [soc@example.com]', 'alarmEmails: []');
  const { code, stdout, stderr } = await runCli(['validate', '--json'], { cwd: folder });
  expect(code).toBe(0);
  expect(stderr).toContain('warning\n  zonebridge.yaml:7 hub.alarmEmails\n');
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, warnings: [{ path: 'hub.alarmEmails' }] });
});

test('control characters of a configuration do not reach the terminal', async () => {
  const folder = await changed('firewall: edge-1', 'firewall: "edge\\e[2J\\u202e1"');
  const { code, stderr } = await runCli(['validate'], { cwd: folder });
  expect(code).toBe(2);
  expect(stderr).toContain('edge\\u{1b}[2J\\u{202e}1');
  expect(stderr).not.toContain('\u001b[2J');
});

test('a missing file says how to get one', async () => {
  const { code, stderr } = await runCli(['validate'], { cwd: await temporaryFolder() });
  expect(code).toBe(2);
  expect(stderr).toContain('zonebridge init');
});
