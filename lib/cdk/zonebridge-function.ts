import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { type ISecurityGroup, type ISubnet, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  EventSourceMapping,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { functionEnvironment } from '../app/environment.ts';
import { functionCode } from './function-code.ts';
import type { Monitoring } from './monitoring.ts';
import {
  keyRights,
  networkInterfaceRights,
  observabilityRights,
  stateRights,
  type UseCase,
} from './rights.ts';
import { exactRole, type Right } from './roles.ts';
import type { Surroundings } from './settings.ts';

export interface ZonebridgeFunctionRequest {
  surroundings: Surroundings;
  monitoring: Monitoring;
  useCase: UseCase;
  /** What its alarm names; the use case, and the network if there is one, unless given. */
  subject?: string;
  /** One sentence for whoever finds it in the console. */
  description: string;
  timeout: Duration;
  memoryMb: number;
  /** Beyond its tables, log and traces, which follow from the use case. */
  rights: readonly Right[];
  /** Services beside those of every function that use the customer's key for it. */
  services?: readonly string[];
  /** Beyond what every function is told. */
  environment?: Readonly<Record<string, string>>;
  /** Agreed name of the role, where others have to know it. */
  roleName?: string;
  /** Called hundreds of times a second: no traces, and of what Lambda itself writes into the log only what went wrong. */
  frequent?: true;
  /** Called every few weeks: one call that failed is told, because the next may be far. */
  rare?: true;
  /** Folders that lie beside the code, by their name there; paths from the root of the project. */
  folders?: Readonly<Record<string, string>>;
  network?: { name: string; vpc: IVpc; subnets: ISubnet[]; securityGroups: ISecurityGroup[] };
}

/** A Node 24 function with its own role, log group and error alarm. */
export class ZonebridgeFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, request: ZonebridgeFunctionRequest) {
    super(scope, id);
    const { surroundings, network } = request;
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.THREE_MONTHS,
      // What was done to firewalls stays readable after the stack is gone, until the retention ends it.
      removalPolicy: RemovalPolicy.RETAIN,
      ...(surroundings.key === undefined ? {} : { encryptionKey: surroundings.key }),
    });
    this.role = this.exactRole(request, logGroup);
    this.lambda = new LambdaFunction(this, 'Function', {
      description: request.description,
      code: functionCode(this, request.useCase, {
        entryOf: surroundings.handlerEntry,
        folders: request.folders ?? {},
      }),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: request.timeout,
      memorySize: request.memoryMb,
      environment: { ...functionEnvironment(surroundings.hub.name, network?.name), ...request.environment },
      ...(request.frequent
        ? {
            tracing: Tracing.DISABLED,
            loggingFormat: LoggingFormat.JSON,
            systemLogLevelV2: SystemLogLevel.WARN,
          }
        : { tracing: Tracing.ACTIVE }),
      logGroup,
      // All rights are in the role already: CDK adds none behind the reader's back.
      role: this.role.withoutPolicyUpdates(),
      ...(network === undefined
        ? {}
        : {
            vpc: network.vpc,
            vpcSubnets: { subnets: network.subnets },
            securityGroups: network.securityGroups,
          }),
    });
    this.watchErrors(request);
  }

  /** Lets the function work off a queue; one bad message is returned alone. */
  consume(queue: Queue, options: { batchSize: number; maxConcurrency?: number }): void {
    new EventSourceMapping(this, `From-${queue.node.path.split('/').at(-2) ?? ''}`, {
      target: this.lambda,
      eventSourceArn: queue.queueArn,
      batchSize: options.batchSize,
      reportBatchItemFailures: true,
      ...(options.maxConcurrency === undefined ? {} : { maxConcurrency: options.maxConcurrency }),
    });
  }

  private exactRole(request: ZonebridgeFunctionRequest, logGroup: LogGroup): Role {
    const { surroundings, useCase, network } = request;
    const stack = Stack.of(this);
    const own = network === undefined ? ['dynamodb', 'sqs'] : ['dynamodb', 'secretsmanager', 'sqs'];
    const services = [...own, ...(request.services ?? [])].sort();
    return exactRole(this, 'Role', {
      surroundings,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Rights of ${useCase}${network === undefined ? '' : ` in network ${network.name}`}`,
      ...(request.roleName === undefined ? {} : { roleName: request.roleName }),
      rights: [
        ...stateRights(stack, surroundings.hub.name, useCase),
        ...request.rights,
        ...observabilityRights(logGroup.logGroupArn, request.frequent !== true),
        ...(network === undefined ? [] : networkInterfaceRights(stack)),
        ...keyRights(stack, surroundings, services),
      ],
    });
  }

  private watchErrors({ monitoring, useCase, network, rare, ...named }: ZonebridgeFunctionRequest): void {
    const subject = named.subject ?? (network === undefined ? useCase : `${useCase}-${network.name}`);
    monitoring.watch(this, {
      severity: 'medium',
      article: 'function-errors',
      subject,
      summary: rare
        ? `${useCase} failed as a whole.`
        : `${useCase} failed as a whole in each of the last three periods of five minutes.`,
      metric: this.lambda.metricErrors({ period: Duration.minutes(5), statistic: 'Sum' }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      periods: rare ? 1 : 3,
      missing: TreatMissingData.NOT_BREACHING,
    });
  }
}
