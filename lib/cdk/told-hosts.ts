import { Duration, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { HostsConfiguration } from '../app/configuration/model.ts';
import { deliveries } from '../app/deliveries.ts';
import { names } from '../app/names.ts';
import { watchHosts } from './cluster-alarms.ts';
import { lookRights } from './looking.ts';
import type { Monitoring } from './monitoring.ts';
import { WatchedQueue } from './queues.ts';
import { consumeRight, sendRight } from './rights.ts';
import { Schedules } from './schedules.ts';
import type { Surroundings } from './settings.ts';
import { ZonebridgeFunction } from './zonebridge-function.ts';

export interface ToldHostsRequest {
  surroundings: Surroundings;
  monitoring: Monitoring;
  /** Sections of hosts by their keys. */
  hosts: Readonly<Record<string, HostsConfiguration>>;
  ingest: Queue;
  undelivered: Queue;
}

/** What plays the agent for EC2 instances: a function, and for each section of them a queue on which the hub and EC2 speak to it. */
export class ToldHosts extends Construct {
  readonly function: ZonebridgeFunction;

  constructor(scope: Construct, id: string, request: ToldHostsRequest) {
    super(scope, id);
    const { surroundings, monitoring, hosts, ingest, undelivered } = request;
    const queues = Object.keys(hosts).map((key) => ({ key, queue: this.queueOf(key, request) }));
    this.function = new ZonebridgeFunction(this, 'TellHosts', {
      surroundings,
      monitoring,
      useCase: 'tell-hosts',
      description: 'Every minute, and when EC2 tells: says which instances carry the tags',
      timeout: Duration.seconds(deliveries.hosts.timeout),
      memoryMb: 512,
      roleName: names.hostsRole(surroundings.hub.name),
      rights: [
        ...lookRights(surroundings.hub, 'hosts', Object.values(hosts)),
        ...queues.map(({ queue }, index) => consumeRight(`OwnQueue${index}`, queue.queueArn)),
        sendRight('SaysWhatAgentsSay', [ingest.queueArn]),
      ],
    });
    const { batch: batchSize, concurrency: maxConcurrency } = deliveries.hosts;
    for (const { key, queue } of queues) {
      this.function.consume(queue, { batchSize, maxConcurrency });
      watchHosts(this.alarmsOf(key), monitoring, key);
      if (isHere(this, hosts[key])) this.followStates(key, queue, undelivered);
    }
    this.everyMinute(request);
  }

  private alarmsOf(key: string): Construct {
    return new Construct(this, `Alarms-${key}`);
  }

  private queueOf(key: string, { surroundings, monitoring }: ToldHostsRequest): Queue {
    return new WatchedQueue(this, `Messages-${key}`, {
      surroundings,
      monitoring,
      name: names.agentQueue(surroundings.hub.name, key),
      subject: `agent-${key}`,
      // Six times the function's time-out, as AWS advises.
      visibility: Duration.seconds(deliveries.hosts.visibility),
      retention: Duration.seconds(deliveries.hosts.retention),
      deliveries: deliveries.hosts.deliveries,
      deadLetterSummary: `What the hub or EC2 told about the hosts ${key} could not be handled.`,
    }).queue;
  }

  /** EC2 tells of its account and region alone; elsewhere the listing of each minute finds what changed. */
  private followStates(key: string, queue: Queue, undelivered: Queue): void {
    new Rule(this, `States-${key}`, {
      description: `Instances begin and end: ${key}`,
      eventPattern: { source: ['aws.ec2'], detailType: ['EC2 Instance State-change Notification'] },
      targets: [
        new SqsQueue(queue, {
          deadLetterQueue: undelivered,
          maxEventAge: Duration.minutes(10),
          retryAttempts: 20,
        }),
      ],
    });
  }

  private everyMinute({ surroundings, undelivered }: ToldHostsRequest): void {
    const { lambda } = this.function;
    // The next minute does the same: nothing to retry.
    lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    const schedules = new Schedules(this, 'Schedule', {
      surroundings,
      right: { sid: 'Tell', actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] },
      targetArn: lambda.functionArn,
      deadLetters: undelivered,
    });
    schedules.every('EveryMinute', 1, { input: {}, keepSeconds: 60, description: 'Looks at hosts' });
  }
}

function isHere(scope: Construct, hosts: HostsConfiguration | undefined): boolean {
  const { account, region } = Stack.of(scope);
  return hosts?.account === account && hosts.region === region;
}
