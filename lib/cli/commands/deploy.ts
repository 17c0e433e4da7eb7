import { Command, Option } from 'commander';
import { ZonebridgeError } from '../../core/errors.ts';
import { type Cli, examples } from '../cli.ts';
import { withHub } from '../hub.ts';
import { runCdk } from '../run-cdk.ts';
import { apply, type ApplyOptions } from './apply.ts';

interface DeployOptions extends ApplyOptions {
  requireApproval?: string;
}

export function deployCommand(cli: Cli): Command {
  return new Command('deploy')
    .summary('build the hub with cdk, then apply')
    .description(
      'Runs `cdk deploy --all` of the pinned AWS CDK for this configuration, then plans and applies it.\n' +
        'The account must be bootstrapped for CDK once. Everything after -- is given to cdk.',
    )
    .addOption(
      new Option('--require-approval <level>', 'when cdk asks before it widens rights')
        .choices(['never', 'any-change', 'broadening'])
        .default(undefined, 'broadening on a terminal'),
    )
    .option('-y, --yes', 'do not ask before the groups are applied; needed where there is no terminal')
    .option('--author <name>', 'who applies; the user of the pipeline or machine unless given')
    .option('--no-wait', 'return as soon as the generation is active')
    .argument('[cdk-arguments...]', 'after --, for cdk')
    .addHelpText(
      'after',
      examples(
        ['zonebridge deploy', 'the first time, and after every change of the infrastructure'],
        ['zonebridge deploy --require-approval never --yes', 'in a pipeline, after its review'],
        ['AWS_PROFILE=network-prod zonebridge deploy -- --concurrency 4', 'with options of cdk'],
      ),
    )
    .action((cdkArguments: string[], options: DeployOptions) => deploy(cli, cdkArguments, options));
}

async function deploy(cli: Cli, cdkArguments: readonly string[], options: DeployOptions): Promise<void> {
  const args = deployArguments(cli, cdkArguments, options);
  // All problems of the configuration come first, before cdk takes its time.
  await withHub(
    cli,
    async (hub) => {
      await runCdk(cli, args);
      await apply(cli, hub, options);
    },
    { warnings: true },
  );
}

/** Without a terminal nobody can be asked: then it must be said that nobody wants to be, before anything is built. */
function deployArguments(
  cli: Cli,
  cdkArguments: readonly string[],
  { requireApproval, yes }: Pick<DeployOptions, 'requireApproval' | 'yes'>,
): string[] {
  const terminal = cli.io.stdout.isTTY === true;
  if (!terminal && !yes)
    throw new ZonebridgeError(
      'command/usage',
      'there is no terminal on which to ask before the groups are applied: add --yes after a review',
    );
  if (requireApproval === undefined && !terminal && !cdkArguments.includes('--require-approval'))
    throw new ZonebridgeError(
      'command/usage',
      'there is no terminal on which cdk could ask before it widens rights: say --require-approval never after a review',
    );
  const approval = requireApproval === undefined ? [] : ['--require-approval', requireApproval];
  return ['deploy', '--all', ...approval, ...cdkArguments];
}
