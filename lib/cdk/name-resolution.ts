import { Duration, Stack } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { ClusterConfiguration } from '../app/configuration/model.ts';
import { names } from '../app/names.ts';
import { lookRights } from './looking.ts';
import type { Monitoring } from './monitoring.ts';
import { byPrefix, queueArn, sendRight } from './rights.ts';
import { Schedules } from './schedules.ts';
import type { Surroundings } from './settings.ts';
import { ZonebridgeFunction } from './zonebridge-function.ts';

export interface NameResolutionRequest {
  surroundings: Surroundings;
  monitoring: Monitoring;
  /** Those whose load balancers are looked behind. */
  clusters: readonly ClusterConfiguration[];
  undelivered: Queue;
}

/** Every minute: looks behind the host names of load balancers. */
export class NameResolution extends Construct {
  readonly function: ZonebridgeFunction;

  constructor(scope: Construct, id: string, request: NameResolutionRequest) {
    super(scope, id);
    const { surroundings, monitoring, clusters, undelivered } = request;
    const hub = surroundings.hub.name;
    const wakes = queueArn(Stack.of(this), names.wakeQueue(hub, '*'));
    this.function = new ZonebridgeFunction(this, 'ResolveNames', {
      surroundings,
      monitoring,
      useCase: 'resolve-names',
      description: 'Every minute: finds the addresses behind the host names of load balancers',
      timeout: Duration.seconds(55),
      memoryMb: 512,
      roleName: names.resolverRole(hub),
      rights: [
        ...lookRights(surroundings.hub, 'resolver', clusters),
        sendRight('WakesNetworks', [wakes], byPrefix),
      ],
    });
    const { lambda } = this.function;
    lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    const schedules = new Schedules(this, 'Schedule', {
      surroundings,
      right: { sid: 'Resolve', actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] },
      targetArn: lambda.functionArn,
      deadLetters: undelivered,
    });
    schedules.every('EveryMinute', 1, { input: {}, keepSeconds: 60, description: 'Resolves host names' });
  }
}
