import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ZonebridgeError } from '../core/errors.ts';
import type { Cli } from './cli.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The cdk of this project, on our own terminal. With --json its standard output goes to standard error. */
export async function runCdk(cli: Cli, args: readonly string[]): Promise<void> {
  if (cli.io.cdk) return cli.io.cdk(args);
  const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
  const cdk = fileURLToPath(new URL('../../node_modules/aws-cdk/bin/cdk', import.meta.url));
  const child = spawn(node, [cdk, ...args], {
    cwd: root,
    env: { ...cli.io.env, ZONEBRIDGE_CONFIG: cli.configPath },
    stdio: ['inherit', cli.output.json ? 2 : 1, 2],
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (code === 0) return;
  const how = code === null ? `was ended by ${signal ?? 'a signal'}` : `failed with exit code ${code}`;
  throw new ZonebridgeError('hub/deploy-failed', `cdk ${args.join(' ')} ${how}`);
}
