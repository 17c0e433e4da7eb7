import path from 'node:path';
import type { Command } from 'commander';
import type { LoadedConfiguration } from '../app/configuration/load.ts';
import { problemLines, relative } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { Output } from './output.ts';

/** One command: builds its part of the command line around a Cli, whose settings are known when the action runs. */
export type CliCommand = (cli: Cli) => Command;

/** One start of the command line: what commands share. */
export class Cli {
  readonly io: CliIo;
  output: Output;
  /** Set by an action that ends otherwise than well without an error, such as `held`. */
  exitCode: ExitCode = exitCodes.ok;
  #config = 'zonebridge.yaml';

  constructor(io: CliIo) {
    this.io = io;
    this.output = new Output(io, false);
  }

  /** Called with the global options before any action. */
  configure({ config, json }: { config?: string; json?: boolean }): void {
    this.#config = config ?? this.#config;
    this.output = new Output(this.io, json === true);
  }

  /** Absolute path of the configuration file or folder. */
  get configPath(): string {
    return this.path(this.#config);
  }

  path(given: string): string {
    return path.resolve(this.io.cwd, given);
  }

  /** Loads the configuration of `--config`; warnings go to standard error unless `quiet`. Throws InvalidConfiguration. */
  async configuration({ quiet = false } = {}): Promise<LoadedConfiguration> {
    // Loaded here, so that `--help` does not wait for schemas and vendors.
    const { loadConfiguration } = await import('../app/configuration/load.ts');
    const { modules } = await import('../app/compose-modules.ts');
    const loaded = await loadConfiguration(this.configPath, { modules });
    const warnings = relative(loaded.warnings, this.io.cwd);
    if (!quiet)
      for (const warning of warnings) this.output.note(['warning', ...problemLines(warning)].join('\n'));
    return { ...loaded, warnings };
  }
}

/** The examples at the end of every --help. Pairs of a command line and what it is for. */
export function examples(...lines: readonly (readonly [commandLine: string, purpose: string])[]): string {
  const shown = lines.map(([commandLine, purpose]) => `  # ${purpose}\n  $ ${commandLine}`);
  return `\nExamples:\n${shown.join('\n')}\n`;
}
