import { Duration, Stack } from 'aws-cdk-lib';
import { CfnEventBusPolicy, EventBus, Match, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { names } from '../app/names.ts';
import type { Surroundings } from './settings.ts';

/** Beginning of the source of every cluster's events (lib/core/model/messages.ts). */
const clusterSourcePrefix = 'zonebridge.cluster.';

/** Older records would be refused by ingest-deltas anyhow; manifests bring the state instead. */
const deliveryHours = 12;

/** The bus, who may speak on it, and the one rule that moves what agents say into the ingest queue. */
export class AgentBus extends Construct {
  constructor(
    scope: Construct,
    id: string,
    request: { surroundings: Surroundings; ingest: Queue; undelivered: Queue },
  ) {
    super(scope, id);
    const { hub } = request.surroundings;
    const bus = new EventBus(this, 'Bus', {
      eventBusName: names.bus(hub.name),
      description: `What the agents of Zonebridge hub ${hub.name} report`,
    });
    this.admitAgentsOnly(bus, request.surroundings);
    new Rule(this, 'FromClusters', {
      eventBus: bus,
      description: 'Everything agents report goes to the ingest queue',
      eventPattern: { source: Match.prefix(clusterSourcePrefix) },
      targets: [
        new SqsQueue(request.ingest, {
          deadLetterQueue: request.undelivered,
          maxEventAge: Duration.hours(deliveryHours),
          retryAttempts: 185,
        }),
      ],
    });
  }

  /**
   * All agents hold roles of this account, whichever account their cluster is in, so no statement per account is needed to
   * admit them: their roles allow one source each. This statement shuts out everybody else, administrators included.
   */
  private admitAgentsOnly(bus: EventBus, { hub }: Surroundings): void {
    const path = hub.rolePath ?? '/';
    const agentRoles = Stack.of(this).formatArn({
      service: 'iam',
      region: '',
      resource: `role${path}${names.agentRole(hub.name, '*')}`,
    });
    new CfnEventBusPolicy(this, 'AgentsOnly', {
      eventBusName: bus.eventBusName,
      statementId: 'AgentsOnly',
      statement: {
        Sid: 'AgentsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 'events:PutEvents',
        Resource: bus.eventBusArn,
        Condition: { ArnNotLike: { 'aws:PrincipalArn': agentRoles } },
      },
    });
  }
}
