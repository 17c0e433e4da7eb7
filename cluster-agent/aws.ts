import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { EventBus, Inbox, InboxMessage } from './lib/ports.ts';

const longPollSeconds = 20;

/**
 * The hub's bus. The client does not retry by itself: the agent does, with fresh content.
 * `bus` is a name or, across accounts, an ARN.
 */
export function eventBridgeBus(options: { bus: string; source: string }): EventBus {
  const client = new EventBridgeClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
  return {
    async putEvents(entries) {
      const answer = await client.send(
        new PutEventsCommand({
          Entries: entries.map(({ detail, detailType }) => ({
            EventBusName: options.bus,
            Source: options.source,
            DetailType: detailType,
            Detail: detail,
          })),
        }),
      );
      const results = answer.Entries ?? [];
      // An entry without a result is not known to be accepted.
      return entries.map((_, index) => {
        const result = results[index];
        return result?.EventId ? undefined : (result?.ErrorCode ?? 'NoResult');
      });
    },
  };
}

/** The cluster's queue, by name. */
export function sqsInbox(options: { queue: string }): Inbox {
  const client = new SQSClient({
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: (longPollSeconds + 10) * 1_000,
      throwOnRequestTimeout: true,
    },
  });
  let queueUrl: string | undefined;
  return {
    async receive(stop) {
      const QueueUrl = (queueUrl ??= await findQueue(client, options.queue, stop));
      const answer = await client.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: longPollSeconds }),
        { abortSignal: stop },
      );
      return (answer.Messages ?? []).map((message): InboxMessage => {
        const receipt = { QueueUrl, ReceiptHandle: message.ReceiptHandle };
        return {
          body: message.Body ?? '',
          async ack() {
            await client.send(new DeleteMessageCommand(receipt));
          },
          async release() {
            await client.send(new ChangeMessageVisibilityCommand({ ...receipt, VisibilityTimeout: 0 }));
          },
        };
      });
    },
  };
}

async function findQueue(client: SQSClient, queue: string, stop: AbortSignal): Promise<string> {
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: queue }), { abortSignal: stop });
  if (!QueueUrl) throw new Error(`the queue ${queue} has no address`);
  return QueueUrl;
}
