import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { memberAccount } from '../app/configuration/accounts.ts';
import { InvalidConfiguration } from '../app/configuration/invalid-configuration.ts';
import { stackProblems } from '../app/configuration/stack-limits.ts';
import { omitForSandbox } from './sandbox-omissions.ts';
import type { StackSettings } from './settings.ts';
import { AccountStack } from './stacks/account-stack.ts';
import { ClustersStack } from './stacks/clusters-stack.ts';
import { HubStack } from './stacks/hub-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';

/** Context flag that leaves out what the local emulator refuses. */
const sandboxFlag = 'sandbox';

/** Context that names another account: then the stack of that one is built, and none of the hub's. */
const accountContext = 'account';

/**
 * The stacks of one account, checked by the AwsSolutions rules when they are synthesised: those of the hub unless the context names another
 * account, so that all stacks of an app go with one identity. They find each other by agreed names, never by exports, so each can be
 * changed alone; the order matters for the first deployment.
 * Throws `InvalidConfiguration` when the configuration does not fit into AWS's limits, and as `memberAccount` does.
 */
export function buildStacks(app: App, settings: StackSettings): void {
  const { configuration } = settings;
  const problems = stackProblems(configuration);
  if (problems.length > 0) throw new InvalidConfiguration('the infrastructure', problems);

  const { hub } = configuration;
  const account = accountOf(app) ?? hub.account;
  if (account === hub.account) buildHub(app, settings);
  else new AccountStack(app, hub, memberAccount(configuration, account));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  if (isOn(app.node.tryGetContext(sandboxFlag))) omitForSandbox(app);
}

function buildHub(app: App, settings: StackSettings): void {
  const { clusters, networks } = settings.configuration;
  const hub = new HubStack(app, settings);
  const cells = new Set(Object.values(clusters).map((cluster) => cluster.cell));
  const others = [
    ...Object.keys(networks).map((name) => new NetworkStack(app, settings, name)),
    ...[...cells].sort().map((cell) => new ClustersStack(app, settings, cell)),
  ];
  for (const stack of others) stack.addStackDependency(hub);
}

/** What is no text, such as a number in cdk.json, is an account that nobody knows: to leave it unheard would deploy the hub. */
function accountOf(app: App): string | undefined {
  const given: unknown = app.node.tryGetContext(accountContext);
  return given === undefined || typeof given === 'string' ? given : JSON.stringify(given);
}

/** The command line gives context as text. */
function isOn(value: unknown): boolean {
  return value === true || value === 'true';
}
