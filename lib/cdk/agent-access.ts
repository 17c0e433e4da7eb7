import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { ClusterConfiguration } from '../app/configuration/model.ts';
import { deliveries } from '../app/deliveries.ts';
import { names } from '../app/names.ts';
import { clusterSource } from '../core/model/messages.ts';
import { agentPrincipal, sourceRoleArn } from './agent-trust.ts';
import { watchCluster } from './cluster-alarms.ts';
import type { Monitoring } from './monitoring.ts';
import { WatchedQueue } from './queues.ts';
import { keyRights } from './rights.ts';
import { exactRole, type Right } from './roles.ts';
import type { Surroundings } from './settings.ts';

export interface AgentAccessRequest {
  surroundings: Surroundings;
  monitoring: Monitoring;
  /** Key of the cluster's entry in the configuration. */
  key: string;
  cluster: ClusterConfiguration;
}

/** What one cluster's agent gets: a queue to be spoken to, and a role that may report as this cluster and as no other. */
export class AgentAccess extends Construct {
  constructor(scope: Construct, id: string, request: AgentAccessRequest) {
    super(scope, id);
    const queue = this.agentQueue(request);
    const role = this.agentRole(request, queue);
    this.tellRole(request, role);
    watchCluster(this, request.monitoring, request.key);
    new CfnOutput(this, 'QueueUrl', {
      value: queue.queueUrl,
      description: `Queue of the agent of ${request.key}`,
    });
  }

  private agentQueue({ surroundings, monitoring, key }: AgentAccessRequest): Queue {
    return new WatchedQueue(this, 'Messages', {
      surroundings,
      monitoring,
      name: names.agentQueue(surroundings.hub.name, key),
      subject: `agent-${key}`,
      visibility: Duration.seconds(deliveries.agent.visibility),
      // An answer names the process it is for; yesterday's processes are gone.
      retention: Duration.seconds(deliveries.agent.retention),
      deliveries: deliveries.agent.deliveries,
      deadLetterSummary: `The agent of ${key} could not handle what the hub told it.`,
    }).queue;
  }

  private agentRole({ surroundings, key, cluster }: AgentAccessRequest, queue: Queue): Role {
    const stack = Stack.of(this);
    const hub = surroundings.hub.name;
    return exactRole(this, 'Role', {
      surroundings,
      roleName: names.agentRole(hub, key),
      assumedBy: agentPrincipal(stack, { hub: surroundings.hub, key, cluster }),
      description: `Rights of the Zonebridge agent in cluster ${key}`,
      rights: [
        {
          sid: 'ReportAsThisCluster',
          actions: ['events:PutEvents'],
          resources: [
            stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: names.bus(hub) }),
          ],
          conditions: { StringEquals: { 'events:source': clusterSource(cluster) } },
        },
        {
          sid: 'OwnQueue',
          // It finds the queue by name, and gives back what it cannot handle yet.
          actions: [
            'sqs:ChangeMessageVisibility',
            'sqs:DeleteMessage',
            'sqs:GetQueueUrl',
            'sqs:ReceiveMessage',
          ],
          resources: [queue.queueArn],
        },
        ...desiredRights(stack, { surroundings, key, cluster }),
        ...keyRights(stack, surroundings, cluster.writes === undefined ? ['sqs'] : ['s3', 'sqs']),
      ],
    });
  }

  /** `zonebridge onboard` makes the association, in the account of the cluster; this is for those who make it otherwise. */
  private tellRole({ surroundings, key, cluster }: AgentAccessRequest, role: Role): void {
    const source = sourceRoleArn({ hub: surroundings.hub, key, cluster });
    const foreign =
      cluster.account === Stack.of(this).account ? '' : `; the role it is reached by must be ${source}`;
    new CfnOutput(this, 'AgentRole', {
      value: role.roleArn,
      description: `Role of the agent of ${key}${foreign}`,
    });
  }
}

/** What this cluster shall have, and nothing of others. */
function desiredRights(
  stack: Stack,
  { surroundings, key, cluster }: Omit<AgentAccessRequest, 'monitoring'>,
): Right[] {
  if (cluster.writes === undefined) return [];
  const resource = `${names.desiredBucket(surroundings.hub)}/${key}/*`;
  return [
    {
      sid: 'OwnDesiredState',
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [stack.formatArn({ service: 's3', region: '', account: '', resource })],
      wildcard: 'One object for each feature of this cluster; the path before them is exact.',
    },
  ];
}
