import { Duration, Stack } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { names } from '../app/names.ts';
import type { Monitoring } from './monitoring.ts';
import { WatchedQueue } from './queues.ts';
import { byPrefix, consumeRight, queueArn, sendRight } from './rights.ts';
import type { Surroundings } from './settings.ts';
import { ZonebridgeFunction } from './zonebridge-function.ts';

/** Takes what ticket systems answer to requests for approval; made only where one is configured. */
export class ApprovalAnswers extends Construct {
  readonly queue: Queue;
  readonly answering: ZonebridgeFunction;

  constructor(scope: Construct, id: string, request: { surroundings: Surroundings; monitoring: Monitoring }) {
    super(scope, id);
    const hub = request.surroundings.hub.name;
    this.queue = new WatchedQueue(this, 'Answers', {
      ...request,
      name: names.answerQueue(hub),
      subject: 'answers',
      visibility: Duration.seconds(180),
      retention: Duration.days(1),
      deliveries: 5,
      deadLetterSummary: 'Answers of a ticket system could not be taken.',
    }).queue;
    this.answering = new ZonebridgeFunction(this, 'AnswerApproval', {
      ...request,
      useCase: 'answer-approval',
      description: 'Takes answers of ticket systems to requests for approval',
      timeout: Duration.seconds(30),
      memoryMb: 512,
      rights: [
        consumeRight('OwnQueue', this.queue.queueArn),
        sendRight('WakesNetworks', [queueArn(Stack.of(this), names.wakeQueue(hub, '*'))], byPrefix),
      ],
    });
    this.answering.consume(this.queue, { batchSize: 1, maxConcurrency: 2 });
  }
}
