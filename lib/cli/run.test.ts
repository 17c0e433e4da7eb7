import { describe, expect, test } from 'vitest';
import { commands } from './commands.ts';
import { Cli } from './cli.ts';
import { processIo } from './io.ts';
import { runCli } from './test-io.ts';

/** Every command and sub-command, as one types it. */
function allCommandLines(): string[][] {
  const cli = new Cli(processIo());
  return commands.flatMap((build) => {
    const command = build(cli);
    const inner = command.commands.map((sub) => [command.name(), sub.name()]);
    return [[command.name()], ...inner];
  });
}

describe('help', () => {
  test.each(allCommandLines())('%s %s', async (...words) => {
    const { code, stdout, stderr } = await runCli([...words.filter((word) => word !== undefined), '--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^Usage: zonebridge /);
    expect(stdout).toMatch(/Examples:\n {2}# .+\n {2}\$ .*zonebridge /);
    expect(stdout).toContain('--json');
    expect(stdout).toContain('--config');
  });

  test('lists every command', async () => {
    const { code, stdout } = await runCli(['--help']);
    expect(code).toBe(0);
    for (const [name] of allCommandLines()) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  test('names are given once', () => {
    const names = allCommandLines().map((words) => words.join(' '));
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('a wrong command line', () => {
  test.each([
    [['nonsense']],
    [['validate', '--nonsense']],
    [['selector', 'nonsense']],
    [['simulate', 'fortigate', '--port', 'x']],
    [[]],
  ])('%j is exit code 2 and explained on standard error', async (argv) => {
    const { code, stdout, stderr } = await runCli(argv);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).not.toBe('');
  });

  test('with --json it is an object as well', async () => {
    const { code, stdout } = await runCli(['validate', '--nonsense', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'command/usage' } });
  });
});

test('--version prints the version of the package', async () => {
  const { code, stdout } = await runCli(['--version']);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
});
