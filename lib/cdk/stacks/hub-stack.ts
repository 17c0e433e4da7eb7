import { CfnOutput, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { ClusterConfiguration } from '../../app/configuration/model.ts';
import { deliveries } from '../../app/deliveries.ts';
import { names } from '../../app/names.ts';
import { AlarmChannel } from '../alarm-channel.ts';
import { acknowledge } from '../acknowledge.ts';
import { AuditArchive } from '../audit-archive.ts';
import { ClusterOnboarding } from '../cluster-onboarding.ts';
import { HubDashboard } from '../dashboard.ts';
import { DesiredState } from '../desired-state.ts';
import { ApprovalAnswers } from '../approval-answers.ts';
import { AgentBus } from '../event-bus.ts';
import { NameResolution } from '../name-resolution.ts';
import { deadLetterQueue, watchDeadLetters, WatchedQueue } from '../queues.ts';
import { byPrefix, consumeRight, queueArn, sendRight } from '../rights.ts';
import { Schedules } from '../schedules.ts';
import type { StackSettings } from '../settings.ts';
import { StateTables } from '../state-tables.ts';
import { ToldHosts } from '../told-hosts.ts';
import { ZonebridgeFunction } from '../zonebridge-function.ts';
import { ZonebridgeStack } from '../zonebridge-stack.ts';

/** What there is once: bus, state, ingest, sweep, alarms, dashboard. */
export class HubStack extends ZonebridgeStack {
  constructor(scope: Construct, settings: StackSettings) {
    const { hub } = settings.configuration;
    super(scope, names.hubStack(hub.name), settings, `Zonebridge hub ${hub.name}: bus, state, ingest, sweep`);
    new AlarmChannel(this, 'Alarms', this.surroundings);
    const { ledger } = new StateTables(this, 'State', this.surroundings);
    const { surroundings, monitoring } = this;
    const audit = new AuditArchive(this, 'Audit', { surroundings, monitoring, ledger });
    const ingest = this.ingestQueue();
    const undelivered = this.undeliveredQueue();
    const ingesting = this.ingestDeltas(ingest);
    const sweep = this.sweep(undelivered);
    const bus = new AgentBus(this, 'Agents', { surroundings, ingest, undelivered, hubRole: sweep.role });
    const functions = [ingesting, sweep, audit.function];
    const { ticketSystems = {} } = settings.configuration;
    if (Object.keys(ticketSystems).length > 0) {
      const { queue, answering } = new ApprovalAnswers(this, 'Answers', { surroundings, monitoring });
      for (const [name, system] of Object.entries(ticketSystems))
        bus.admitTicketSystem(name, system, { answers: queue, undelivered });
      functions.push(answering);
    }
    const { clusters } = settings.configuration;
    const admits = Object.values(clusters).some(({ writes = [] }) => writes.includes('address-groups'));
    const desired = Object.values(clusters).some(({ writes }) => writes !== undefined)
      ? new DesiredState(this, 'Desired', { surroundings, monitoring, undelivered, admits })
      : undefined;
    if (desired !== undefined) functions.push(desired.function);
    const admitted = this.admitted(settings);
    if (Object.keys(admitted).length > 0) {
      const desiredKeys = desired?.keys ?? [];
      const request = { surroundings, monitoring, admitted, undelivered, desiredKeys };
      const onboarding = new ClusterOnboarding(this, 'Onboarding', request);
      bus.admitFunction(onboarding.function.role);
      functions.push(onboarding.function);
    }
    const resolved = Object.values(settings.configuration.clusters).filter((one) => one.resolveNames);
    if (resolved.length > 0) {
      const request = { surroundings, monitoring, clusters: resolved, undelivered };
      functions.push(new NameResolution(this, 'Names', request).function);
    }
    const { hosts = {} } = settings.configuration;
    if (Object.keys(hosts).length > 0) {
      const request = { surroundings, monitoring, hosts, undelivered, ingest };
      functions.push(new ToldHosts(this, 'Hosts', request).function);
    }
    new HubDashboard(this, 'Dashboard', {
      configuration: settings.configuration,
      functions: functions.map((each) => each.lambda),
      queues: [ingest],
    });
    new CfnOutput(this, 'BusName', { value: names.bus(hub.name), description: 'Event bus of the agents' });
    new CfnOutput(this, 'IngestQueueUrl', { value: ingest.queueUrl, description: 'Queue of ingest-deltas' });
  }

  /** Clusters that get the agent without a person. */
  private admitted({ configuration }: StackSettings): Record<string, ClusterConfiguration> {
    const { admit = [] } = configuration.hub.onboarding ?? {};
    const named = Object.entries(configuration.clusters).filter(([key]) => admit.includes(key));
    return Object.fromEntries(named);
  }

  private ingestQueue(): Queue {
    const { surroundings, monitoring } = this;
    const { queue } = new WatchedQueue(this, 'Ingest', {
      surroundings,
      monitoring,
      name: names.ingestQueue(surroundings.hub.name),
      subject: 'ingest',
      // Six times the function's time-out, as AWS advises.
      visibility: Duration.seconds(deliveries.ingest.visibility),
      retention: Duration.seconds(deliveries.ingest.retention),
      // After 2, 4, 8 ... 120 s: half an hour of trouble loses nothing.
      deliveries: deliveries.ingest.deliveries,
      deadLetterSummary: 'Events of agents could not be taken in for half an hour.',
    });
    monitoring.watch(queue, {
      severity: 'high',
      article: 'ingest-behind',
      subject: 'queue',
      summary: 'Changes of clusters have waited for more than five minutes to be taken in.',
      metric: queue.metricApproximateAgeOfOldestMessage({
        period: Duration.minutes(1),
        statistic: 'Maximum',
      }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 300,
      periods: 3,
      missing: TreatMissingData.NOT_BREACHING,
    });
    return queue;
  }

  /** What the bus or a schedule could not deliver at all. */
  private undeliveredQueue(): Queue {
    const queue = deadLetterQueue(this, 'Undelivered', this.surroundings);
    acknowledge(queue, {
      id: 'AwsSolutions-SQS3',
      reason:
        'It is the dead-letter queue of the bus rule and of the schedule, a use this check does not see.',
    });
    watchDeadLetters(queue, this.monitoring, {
      subject: 'undelivered',
      summary: 'The bus or the schedule of the sweep could not deliver something.',
    });
    return queue;
  }

  private ingestDeltas(ingest: Queue): ZonebridgeFunction {
    const { surroundings, monitoring } = this;
    const hub = surroundings.hub.name;
    const functionOfIngest = new ZonebridgeFunction(this, 'IngestDeltas', {
      surroundings,
      monitoring,
      useCase: 'ingest-deltas',
      description: 'Takes in what agents report and decides which addresses become dirty',
      timeout: Duration.seconds(deliveries.ingest.timeout),
      memoryMb: 1024,
      rights: [
        // Trying again soon is a change of the message's visibility.
        consumeRight('OwnQueue', ingest.queueArn, ['sqs:ChangeMessageVisibility']),
        sendRight('ContinuesWalks', [ingest.queueArn]),
        sendRight(
          'WakesNetworksAndAnswersAgents',
          [queueArn(this, names.wakeQueue(hub, '*')), queueArn(this, names.agentQueue(hub, '*'))],
          byPrefix,
        ),
      ],
    });
    functionOfIngest.consume(ingest, {
      batchSize: deliveries.ingest.batch,
      maxConcurrency: deliveries.ingest.concurrency,
    });
    return functionOfIngest;
  }

  private sweep(undelivered: Queue): ZonebridgeFunction {
    const { surroundings, monitoring } = this;
    const hub = surroundings.hub.name;
    const sweep = new ZonebridgeFunction(this, 'Sweep', {
      surroundings,
      monitoring,
      useCase: 'sweep',
      description: 'Every minute: wakes what stayed dirty, ends tombstones, measures ages',
      timeout: Duration.seconds(deliveries.sweep.timeout),
      memoryMb: 512,
      rights: [
        sendRight(
          'WakesNetworksAndAsksAgents',
          [
            queueArn(this, names.wakeQueue(hub, '*')),
            queueArn(this, names.reconcileQueue(hub, '*')),
            queueArn(this, names.agentQueue(hub, '*')),
          ],
          byPrefix,
        ),
        {
          sid: 'SpeaksForTheHub',
          actions: ['events:PutEvents'],
          resources: [
            this.formatArn({ service: 'events', resource: 'event-bus', resourceName: names.bus(hub) }),
          ],
          conditions: { StringEquals: { 'events:source': names.hubSource } },
        },
      ],
    });
    // The next minute does the same: nothing to retry.
    sweep.lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    const schedules = new Schedules(this, 'SweepSchedule', {
      surroundings,
      right: { sid: 'Sweep', actions: ['lambda:InvokeFunction'], resources: [sweep.lambda.functionArn] },
      targetArn: sweep.lambda.functionArn,
      deadLetters: undelivered,
    });
    schedules.every('EveryMinute', 1, { input: {}, keepSeconds: 60, description: 'Runs the sweep' });
    return sweep;
  }
}
