import { ChangeMessageVisibilityCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { queuesClient } from './clients/queues.ts';

const urls = new Map<string, string>();

/** Hides a received message for so many seconds; whoever received it must also report it as failed, or it is deleted. */
export async function postponeMessage(
  record: { eventSourceARN: string; receiptHandle: string },
  seconds: number,
): Promise<void> {
  await queuesClient().send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: await urlOf(record.eventSourceARN),
      ReceiptHandle: record.receiptHandle,
      VisibilityTimeout: seconds,
    }),
  );
}

async function urlOf(arn: string): Promise<string> {
  const name = arn.split(':').at(-1) ?? '';
  const known = urls.get(name);
  if (known !== undefined) return known;
  const { QueueUrl = '' } = await queuesClient().send(new GetQueueUrlCommand({ QueueName: name }));
  urls.set(name, QueueUrl);
  return QueueUrl;
}
