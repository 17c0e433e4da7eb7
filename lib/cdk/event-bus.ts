import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import { CfnEventBusPolicy, EventBus, Match, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { TicketSystem } from '../app/configuration/model.ts';
import { answerDetailType, names } from '../app/names.ts';
import type { Surroundings } from './settings.ts';

/** Beginning of the source of every cluster's events (lib/core/model/messages.ts). */
const clusterSourcePrefix = 'zonebridge.cluster.';

/** Older records would be refused by ingest-deltas anyhow; manifests bring the state instead. */
const deliveryHours = 12;

export interface AgentBusRequest {
  surroundings: Surroundings;
  ingest: Queue;
  undelivered: Queue;
  /** The function that speaks for the hub. */
  hubRole: IRole;
}

/** The bus, who may speak on it, and the one rule that moves what agents say into the ingest queue. */
export class AgentBus extends Construct {
  private readonly bus: EventBus;
  /** Roles of ticket systems, and of other functions that speak for the hub. */
  private readonly principals: string[] = [];

  constructor(scope: Construct, id: string, request: AgentBusRequest) {
    super(scope, id);
    const { hub } = request.surroundings;
    const bus = new EventBus(this, 'Bus', {
      eventBusName: names.bus(hub.name),
      description: `What the agents of Zonebridge hub ${hub.name} report`,
    });
    this.bus = bus;
    this.admitKnownOnly(bus, request);
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
  private admitKnownOnly(bus: EventBus, request: AgentBusRequest): void {
    const { hub } = request.surroundings;
    const stack = Stack.of(this);
    const path = hub.rolePath ?? '/';
    const agentRoles = stack.formatArn({
      service: 'iam',
      region: '',
      resource: `role${path}${names.agentRole(hub.name, '*')}`,
    });
    const known = (): string[] => [agentRoles, request.hubRole.roleArn, ...this.principals];
    const condition = { ArnNotLike: { 'aws:PrincipalArn': Lazy.list({ produce: known }) } };
    statement(this, bus, 'AgentsOnly', { Effect: 'Deny', Principal: '*', Condition: condition });
  }

  /** Lets another function of the hub speak. */
  admitFunction(role: IRole): void {
    this.principals.push(role.roleArn);
  }

  /** A ticket system says answers under its own source and nothing else; they go to their own queue. */
  admitTicketSystem(
    name: string,
    { source, account, principal }: TicketSystem,
    queues: { answers: Queue; undelivered: Queue },
  ): void {
    const { bus } = this;
    this.principals.push(principal);
    const id = name.replace(/[^a-z0-9]/g, '');
    const answers = { 'events:source': source, 'events:detail-type': answerDetailType };
    statement(this, bus, `Answers${id}`, {
      Effect: 'Allow',
      Principal: { AWS: principal },
      Condition: { StringEquals: answers },
    });
    // In the hub's own account a role's policy would be enough to speak for others.
    for (const [index, [key, value]] of Object.entries(answers).entries())
      statement(this, bus, `Only${index === 0 ? 'Source' : 'Type'}${id}`, {
        Effect: 'Deny',
        Principal: '*',
        Condition: { ArnEquals: { 'aws:PrincipalArn': principal }, StringNotEquals: { [key]: value } },
      });
    new Rule(this, `From-${name}`, {
      eventBus: bus,
      description: `Answers of ${name} to requests for approval`,
      eventPattern: { source: [source], account: [account], detailType: [answerDetailType] },
      targets: [
        new SqsQueue(queues.answers, {
          deadLetterQueue: queues.undelivered,
          maxEventAge: Duration.hours(1),
          retryAttempts: 185,
        }),
      ],
    });
  }
}

function statement(
  scope: Construct,
  bus: EventBus,
  id: string,
  more: { Effect: 'Allow' | 'Deny'; Principal: unknown; Condition: Record<string, unknown> },
): void {
  new CfnEventBusPolicy(scope, id, {
    eventBusName: bus.eventBusName,
    statementId: id,
    statement: { Sid: id, Action: 'events:PutEvents', Resource: bus.eventBusArn, ...more },
  });
}
