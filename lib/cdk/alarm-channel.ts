import { CfnOutput, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { names } from '../app/names.ts';
import type { Surroundings } from './settings.ts';

/** The topic that alarms call, with its readers. */
export class AlarmChannel extends Construct {
  constructor(scope: Construct, id: string, { hub, key }: Surroundings) {
    super(scope, id);
    const topic = new Topic(this, 'Topic', {
      topicName: names.alarmTopic(hub.name),
      displayName: `Zonebridge ${hub.name}`,
      enforceSSL: true,
      ...(key === undefined ? {} : { masterKey: key }),
    });
    // A topic policy of one's own replaces the default one, which would have let CloudWatch in.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    for (const email of hub.alarmEmails) topic.addSubscription(new EmailSubscription(email));
    new CfnOutput(this, 'AlarmTopic', {
      value: topic.topicArn,
      description: 'Subscribe pagers and chat here',
    });
  }
}
