import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Monitoring } from './monitoring.ts';
import type { Surroundings } from './settings.ts';

export interface WatchedQueueRequest {
  surroundings: Surroundings;
  monitoring: Monitoring;
  /** Physical name; `.fifo` at its end makes it, and its dead letters, FIFO. */
  name: string;
  visibility: Duration;
  retention: Duration;
  /** Deliveries before a message is set aside. */
  deliveries: number;
  /** What the alarm on its dead letters is called. */
  subject: string;
  /** What it means when one was set aside. */
  deadLetterSummary: string;
}

/** A queue, the queue of its dead letters (14 days, the longest there is), and the alarm on the latter. */
export class WatchedQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, request: WatchedQueueRequest) {
    super(scope, id);
    const fifo = request.name.endsWith('.fifo');
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', request.surroundings, fifo);
    this.queue = new Queue(this, 'Queue', {
      ...protection(request.surroundings),
      ...(fifo ? perGroup : {}),
      queueName: request.name,
      visibilityTimeout: request.visibility,
      retentionPeriod: request.retention,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: request.deliveries },
    });
    watchDeadLetters(this.deadLetters, request.monitoring, {
      subject: request.subject,
      summary: request.deadLetterSummary,
    });
  }
}

/** A queue that only takes what could not be delivered. */
export function deadLetterQueue(
  scope: Construct,
  id: string,
  surroundings: Surroundings,
  fifo = false,
): Queue {
  return new Queue(scope, id, {
    ...protection(surroundings),
    ...(fifo ? perGroup : {}),
    retentionPeriod: Duration.days(14),
  });
}

export function watchDeadLetters(
  queue: Queue,
  monitoring: Monitoring,
  about: { subject: string; summary: string },
): void {
  monitoring.watch(queue, {
    severity: 'medium',
    article: 'dead-letters',
    subject: about.subject,
    summary: about.summary,
    metric: queue.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(1),
      statistic: 'Maximum',
    }),
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 0,
    missing: TreatMissingData.NOT_BREACHING,
  });
}

/** Throughput and deduplication by message group: one busy firewall does not slow the others. */
const perGroup: QueueProps = {
  fifo: true,
  contentBasedDeduplication: false,
  deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
  fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
};

function protection({ key }: Surroundings): QueueProps {
  return {
    enforceSSL: true,
    ...(key === undefined
      ? { encryption: QueueEncryption.SQS_MANAGED }
      : { encryption: QueueEncryption.KMS, encryptionMasterKey: key }),
  };
}
