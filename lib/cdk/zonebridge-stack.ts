import { Stack, Tags } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { type Monitoring, topicMonitoring } from './monitoring.ts';
import type { StackSettings, Surroundings } from './settings.ts';

/** What the three kinds of stack have in common: the hub's account and region, the key, and the way to alarms. */
export class ZonebridgeStack extends Stack {
  readonly surroundings: Surroundings;
  readonly monitoring: Monitoring;

  constructor(scope: Construct, name: string, settings: StackSettings, description: string) {
    const { hub } = settings.configuration;
    super(scope, name, {
      stackName: name,
      description,
      env: { account: hub.account, region: hub.region },
    });
    this.surroundings = { hub, key: this.customerKey(hub.kmsKeyArn), handlerEntry: settings.handlerEntry };
    this.monitoring = topicMonitoring(hub.name);
    Tags.of(this).add('zonebridge:hub', hub.name);
  }

  private customerKey(arn: string | undefined): IKey | undefined {
    return arn === undefined ? undefined : Key.fromKeyArn(this, 'CustomerKey', arn);
  }
}
