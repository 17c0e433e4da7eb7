import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { InvalidConfiguration } from '../app/configuration/invalid-configuration.ts';
import { stackProblems } from '../app/configuration/stack-limits.ts';
import { omitForSandbox } from './sandbox-omissions.ts';
import type { StackSettings } from './settings.ts';
import { ClustersStack } from './stacks/clusters-stack.ts';
import { HubStack } from './stacks/hub-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';

/** Context flag that leaves out what the local emulator refuses. */
const sandboxFlag = 'sandbox';

/**
 * All stacks of a configuration, checked by the AwsSolutions rules when they are synthesised. They find each other by agreed
 * names, never by exports, so each can be changed alone; the order matters for the first deployment.
 * Throws `InvalidConfiguration` when the configuration does not fit into AWS's limits.
 */
export function buildStacks(app: App, settings: StackSettings): void {
  const { configuration } = settings;
  const problems = stackProblems(configuration);
  if (problems.length > 0) throw new InvalidConfiguration('the infrastructure', problems);

  const hub = new HubStack(app, settings);
  const cells = new Set(Object.values(configuration.clusters).map((cluster) => cluster.cell));
  const others = [
    ...Object.keys(configuration.networks).map((name) => new NetworkStack(app, settings, name)),
    ...[...cells].sort().map((cell) => new ClustersStack(app, settings, cell)),
  ];
  for (const stack of others) stack.addStackDependency(hub);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  if (isOn(app.node.tryGetContext(sandboxFlag))) omitForSandbox(app);
}

/** The command line gives context as text. */
function isOn(value: unknown): boolean {
  return value === true || value === 'true';
}
