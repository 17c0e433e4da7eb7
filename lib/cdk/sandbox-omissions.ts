import { Aspects, CfnResource, type IAspect } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * CloudFormation types that the local emulator refuses, with what is lost by leaving each out. This is the one place
 * that knows of the emulator: `-c sandbox=true` takes these resources out of the finished stacks, nothing else differs.
 */
export const sandboxOmissions: Readonly<Record<string, string>> = {
  'AWS::Events::EventBusPolicy':
    'The emulator does not know the type. The bus is not closed to others there; the agent uses the root credentials.',
  'AWS::SecretsManager::RotationSchedule':
    'The emulator does not know the type. Nothing rotates by schedule there; `zonebridge secret rotate` does the same steps.',
};

/** Takes the omitted types out of everything below the scope, just before templates are written. */
export function omitForSandbox(scope: IConstruct): void {
  const omit: IAspect = {
    visit(node) {
      if (CfnResource.isCfnResource(node) && node.cfnResourceType in sandboxOmissions) {
        node.node.scope?.node.tryRemoveChild(node.node.id);
      }
    },
  };
  Aspects.of(scope).add(omit);
}
