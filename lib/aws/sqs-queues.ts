import { GetQueueUrlCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Queues, Random } from '../core/ports.ts';
import { translate } from './service-errors.ts';

/** Sends to queues by name. The URL of a queue is asked for once per process. */
export class SqsQueues implements Queues {
  readonly #client: SQSClient;
  readonly #random: Random;
  readonly #urls = new Map<string, Promise<string>>();

  constructor(options: { client: SQSClient; random: Random }) {
    this.#client = options.client;
    this.#random = options.random;
  }

  /** Throws `store/unavailable`, or the error of the service when the queue is missing or closed to us. */
  async send(message: Parameters<Queues['send']>[0]): Promise<void> {
    const fifo = message.queue.endsWith('.fifo');
    if (fifo !== (message.group !== undefined)) {
      throw new TypeError(`${message.queue}: messages of a FIFO queue have a group, others have none`);
    }
    if (fifo && message.delaySeconds !== undefined) {
      throw new TypeError(`${message.queue}: a FIFO queue cannot delay single messages`);
    }
    try {
      await this.#client.send(
        new SendMessageCommand({
          QueueUrl: await this.#url(message.queue),
          MessageBody: message.body,
          MessageGroupId: message.group,
          // A wake-up that looks like an earlier one must still be delivered.
          MessageDeduplicationId: fifo ? this.#random.id() : undefined,
          DelaySeconds: message.delaySeconds,
        }),
      );
    } catch (error) {
      throw translate(error, `Queue ${message.queue}`);
    }
  }

  #url(queue: string): Promise<string> {
    const known = this.#urls.get(queue);
    if (known) return known;
    const asked = this.#client.send(new GetQueueUrlCommand({ QueueName: queue })).then(({ QueueUrl }) => {
      if (QueueUrl === undefined) throw new TypeError(`${queue}: the service named no URL`);
      return QueueUrl;
    });
    this.#urls.set(queue, asked);
    // A failure is not kept.
    asked.catch(() => this.#urls.delete(queue));
    return asked;
  }
}
