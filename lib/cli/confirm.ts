import { createInterface } from 'node:readline/promises';
import { ZonebridgeError } from '../core/errors.ts';
import type { Cli } from './cli.ts';

/**
 * Asks on a terminal; elsewhere nobody could answer, so `--yes` is needed. Throws `command/usage` when there is no terminal, and
 * returns false when the person says no.
 */
export async function confirm(cli: Cli, question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true;
  const { stdin, stderr, stdout } = cli.io;
  const terminal = 'isTTY' in stdin && stdin.isTTY === true && stdout.isTTY === true;
  if (!terminal)
    throw new ZonebridgeError('command/usage', `${question} Add --yes: there is no terminal to ask on`);
  const asking = createInterface({ input: stdin, output: stderr, terminal: false });
  try {
    const answer = await asking.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asking.close();
  }
}

/**
 * For what cannot be undone: the name has to be typed. Without a terminal `--yes` is needed, and the ticket under which somebody approved it.
 * Throws `command/usage` when neither is there.
 */
export async function confirmByName(
  cli: Cli,
  question: string,
  given: { name: string; yes: boolean | undefined; ticket: string | undefined },
): Promise<boolean> {
  const { name, yes, ticket } = given;
  if (yes && ticket !== undefined && ticket.trim() !== '') return true;
  if (yes) throw new ZonebridgeError('command/usage', `${question} --yes needs --ticket`);
  const { stdin, stderr, stdout } = cli.io;
  if (!('isTTY' in stdin && stdin.isTTY === true && stdout.isTTY === true))
    throw new ZonebridgeError(
      'command/usage',
      `${question} Add --yes and --ticket: there is no terminal to ask on`,
    );
  const asking = createInterface({ input: stdin, output: stderr, terminal: false });
  try {
    return (await asking.question(`${question} Type ${name} to confirm: `)).trim() === name;
  } finally {
    asking.close();
  }
}
