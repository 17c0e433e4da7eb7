import { Command, Option } from 'commander';
import { type MemberAccount, memberAccount, memberAccounts } from '../../app/configuration/accounts.ts';
import type { Configuration } from '../../app/configuration/model.ts';
import { names } from '../../app/names.ts';
import { ZonebridgeError } from '../../core/errors.ts';
import { type Cli, examples } from '../cli.ts';
import { type HubSession, withHub } from '../hub.ts';
import { runCdk } from '../run-cdk.ts';
import { signedInTo } from '../signed-in.ts';
import { apply, type ApplyOptions } from './apply.ts';

interface DeployOptions extends ApplyOptions {
  requireApproval?: string;
  account?: string;
}

export function deployCommand(cli: Cli): Command {
  return new Command('deploy')
    .summary('build the hub with cdk, then apply')
    .description(
      'Runs `cdk deploy --all` of the pinned AWS CDK for this configuration, then plans and applies it.\n' +
        'The account must be bootstrapped for CDK once. Everything after -- is given to cdk.\n' +
        'Other accounts that the configuration names get their roles by --account, each by somebody who is\n' +
        'signed in there. They need no bootstrap, and nothing is applied.',
    )
    .option('--account <id>', 'what this account needs instead of the hub; nothing is applied')
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
        ['AWS_PROFILE=shop-prod zonebridge deploy --account 222233334444', 'the roles of another account'],
      ),
    )
    .action((cdkArguments: string[], options: DeployOptions) => deploy(cli, cdkArguments, options));
}

async function deploy(cli: Cli, cdkArguments: readonly string[], options: DeployOptions): Promise<void> {
  // All problems of the configuration come first, before cdk takes its time.
  await withHub(
    cli,
    async (hub) => {
      const { configuration } = hub;
      const { account = configuration.hub.account } = options;
      const request = { account, cdkArguments, options };
      if (account !== configuration.hub.account)
        return deployMember(cli, hub, { ...request, member: memberAccount(configuration, account) });
      await build(cli, hub, { ...request, applies: true });
      await apply(cli, hub, options);
      tellOfOthers(cli, configuration);
    },
    { warnings: true },
  );
}

interface Building {
  account: string;
  cdkArguments: readonly string[];
  options: DeployOptions;
}

/** Refused before anything is built when nobody could be asked, or when somebody of another account is signed in. */
async function build(cli: Cli, hub: HubSession, building: Building & { applies: boolean }): Promise<void> {
  const args = deployArguments(cli, building);
  await signedInTo(hub, building.account);
  await runCdk(cli, args);
}

async function deployMember(
  cli: Cli,
  hub: HubSession,
  { member, ...building }: Building & { member: MemberAccount },
): Promise<void> {
  const { name, account: hubAccount } = hub.configuration.hub;
  await build(cli, hub, { ...building, applies: false });
  const { account, region } = member;
  const stack = names.accountStack(name, account);
  const agents = Object.keys(member.agents);
  const looks = member.looks.map(({ looker }) => looker);
  const roles = agents.length + looks.length;
  cli.output.line(
    `Account ${account} has what hub ${name} needs there: ${roles === 1 ? 'one role' : `${roles} roles`} in ${stack} (${region}).`,
  );
  cli.output.note(
    `next: \`zonebridge deploy\` in account ${hubAccount} if this configuration is not deployed there yet`,
  );
  cli.output.result({ ok: true, account, region, stack, agents, looks });
}

/** What is left to do elsewhere; somebody else may have done it already, which cannot be seen from here. */
function tellOfOthers(cli: Cli, configuration: Configuration): void {
  for (const { account } of memberAccounts(configuration))
    cli.output.note(
      `account ${account}: has roles of its own; after a change of its clusters or hosts \`zonebridge deploy --account ${account}\`, signed in there`,
    );
}

/** Without a terminal nobody can be asked: then it must be said that nobody wants to be, before anything is built. */
function deployArguments(
  cli: Cli,
  { account, applies, cdkArguments, options }: Building & { applies: boolean },
): string[] {
  const { requireApproval, yes } = options;
  const terminal = cli.io.stdout.isTTY === true;
  if (applies && !terminal && !yes)
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
  const context = ['--context', `account=${account}`];
  return ['deploy', '--all', ...context, ...approval, ...cdkArguments];
}
