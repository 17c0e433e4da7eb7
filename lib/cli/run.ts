import { Command, CommanderError, Option } from 'commander';
import { Cli, examples } from './cli.ts';
import { commands } from './commands.ts';
import { reportError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { version } from './version.ts';

/** Runs one command line (without node and script name) and returns the exit code. Never throws, never exits. */
export async function run(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  const cli = new Cli(io);
  const program = build(cli);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return usage(error, argv, cli);
    return reportError(error, io, cli.output);
  }
}

function build(cli: Cli): Command {
  const program = new Command('zonebridge')
    .description(
      'Keeps the address groups of your firewalls in step with the workloads of your Kubernetes clusters.',
    )
    .version(version())
    // Otherwise `simulate fortigate --version 7.4.4` would print our own version.
    .enablePositionalOptions()
    .addHelpText(
      'after',
      examples(
        ['zonebridge init', 'a commented first configuration'],
        ['zonebridge validate', 'all problems of a configuration at once'],
        ['zonebridge validate --help', 'more about one command'],
      ),
    )
    .hook('preAction', (_, command) => cli.configure(command.optsWithGlobals()));
  for (const command of commands) program.addCommand(command(cli));
  settle(program, cli.io);
  return program;
}

/** Everywhere alike: global options before and behind the command's name, no exit of the process, output through the io. */
function settle(command: Command, io: CliIo): void {
  for (const option of globalOptions()) command.addOption(option);
  command
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showHelpAfterError('Add --help for the form of the command and examples.');
  for (const inner of command.commands) settle(inner, io);
}

function globalOptions(): Option[] {
  return [
    new Option(
      '-c, --config <path>',
      'configuration: a file, or a folder of *.yaml files (default: zonebridge.yaml)',
    ),
    new Option('--json', 'print one JSON object on standard output, last'),
  ];
}

/** Help and version were asked for; everything else is a wrong command line, already explained. */
function usage(error: CommanderError, argv: readonly string[], cli: Cli): ExitCode {
  if (error.exitCode === 0) return exitCodes.ok;
  // No action ran, so nobody has read the options yet.
  cli.configure({ json: argv.includes('--json') });
  cli.output.result({ ok: false, error: { code: 'command/usage', message: error.message } });
  return exitCodes.invalid;
}
