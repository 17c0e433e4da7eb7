import { join } from 'node:path';
import { sandboxAccount, sandboxRegion } from './configuration.ts';
import { runCommand } from './run-command.ts';

const project = join(import.meta.dirname, '..', '..');
const node = join(project, 'node_modules', '.bin', 'node');
const cdk = join(project, 'node_modules', 'aws-cdk', 'bin', 'cdk');

/** Bootstraps the emulator and deploys the same stacks as for a real account, but what it lacks (lib/cdk/sandbox-omissions.ts). */
export async function deployStacks(request: {
  configuration: string;
  directory: string;
  environment: Record<string, string>;
  progress: (line: string) => void;
  signal: AbortSignal;
}): Promise<void> {
  const environment = {
    ...process.env,
    ...request.environment,
    CI: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
  const run = (cwd: string, ...args: string[]): Promise<string> =>
    runCommand(node, [cdk, ...args, '--no-notices'], { cwd, environment, signal: request.signal });
  request.progress('bootstrapping the account');
  // In a folder without cdk.json the command does not synthesize first.
  await run(request.directory, 'bootstrap', `aws://${sandboxAccount}/${sandboxRegion}`);
  request.progress('synthesizing and deploying the stacks');
  await run(
    project,
    'deploy',
    '--all',
    '--require-approval',
    'never',
    '--concurrency',
    '4',
    '--output',
    join(request.directory, 'cdk.out'),
    '-c',
    'sandbox=true',
    '-c',
    `configuration=${request.configuration}`,
  );
}
