import type { CliCommand } from './cli.ts';
import { demoCommand } from './commands/demo.ts';
import { initCommand } from './commands/init.ts';
import { schemaCommand } from './commands/schema.ts';
import { selectorCommand } from './commands/selector.ts';
import { simulateCommand } from './commands/simulate.ts';
import { validateCommand } from './commands/validate.ts';

/** All commands, in the order of the help. One more: one file in commands/ and one line here. */
export const commands: readonly CliCommand[] = [
  initCommand,
  validateCommand,
  selectorCommand,
  simulateCommand,
  schemaCommand,
  demoCommand,
];
