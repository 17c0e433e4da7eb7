import { spawn } from 'node:child_process';
import { ZonebridgeError } from '../core/errors.ts';

/** Runs a program to its end; its last lines are in the error when it fails. Ended with us when `signal` fires. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd: string; environment: Record<string, string | undefined>; signal?: AbortSignal },
): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.signal ? { signal: options.signal } : {}),
  });
  let output = '';
  const take = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-20_000);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
  if (code === 0) return output;
  const tail = output.trimEnd().split('\n').slice(-15).join('\n');
  throw new ZonebridgeError(
    'command/prerequisite',
    `${[command, ...args].join(' ')} ended with ${code}:\n${tail}`,
  );
}
