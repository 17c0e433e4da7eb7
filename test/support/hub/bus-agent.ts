import { randomUUID } from 'node:crypto';
import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord, SQSRecordAttributes } from 'aws-lambda';
import { names } from '../../../lib/app/names.ts';
import type { EndpointRecord } from '../../../lib/core/model/endpoint.ts';
import { clusterSource, type ManifestDetail, schemaVersion } from '../../../lib/core/model/messages.ts';
import {
  sandboxAccount,
  sandboxCluster,
  sandboxHub,
  sandboxRegion,
} from '../../../lib/sandbox/configuration.ts';

const source = clusterSource({ account: sandboxAccount, region: sandboxRegion, name: sandboxCluster });

/** What a test tells of the cluster: a record, or the uid of a pod that is gone. */
export type Told = { upsert: EndpointRecord } | { remove: string };

/** The voice of an agent on the deployed bus, without a cluster behind it: the test says what the cluster holds. */
export class BusAgent {
  readonly #bus: EventBridgeClient;
  readonly #queues: SQSClient;
  #epoch = 0;
  #sequence = 0;

  constructor(clients: { bus: EventBridgeClient; queues: SQSClient }) {
    this.#bus = clients.bus;
    this.#queues = clients.queues;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Says hello and waits for the epoch that the hub issues to this process. */
  async hello(): Promise<void> {
    const process = randomUUID();
    await this.#put('hello', { schema: schemaVersion, process, agentVersion: 'test', sentAt: Date.now() });
    const queue = await this.#queues.send(
      new GetQueueUrlCommand({ QueueName: names.agentQueue(sandboxHub, sandboxCluster) }),
    );
    for (let tries = 0; tries < 30; tries++) {
      const { Messages = [] } = await this.#queues.send(
        new ReceiveMessageCommand({ QueueUrl: queue.QueueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 }),
      );
      for (const { Body = '', ReceiptHandle } of Messages) {
        await this.#queues.send(new DeleteMessageCommand({ QueueUrl: queue.QueueUrl, ReceiptHandle }));
        const message = JSON.parse(Body) as { type: string; process?: string; epoch: number };
        if (message.type === 'epoch' && message.process === process) this.#epoch = message.epoch;
      }
      if (this.#epoch > 0) return;
    }
    throw new Error('the hub issued no epoch');
  }

  /** One event with these changes, seen by a watch, in this order. */
  async tell(...told: readonly Told[]): Promise<void> {
    await this.#put('endpoints', this.#changes(told));
  }

  /** The same event as the function gets it from its queue, for a test that stands in the queue's place. */
  delivery(...told: readonly Told[]): Pick<SQSEvent, 'Records'> {
    const event = { source, 'detail-type': 'endpoints', detail: this.#changes(told) };
    const attributes = { ApproximateReceiveCount: '1' } as SQSRecordAttributes;
    const record = { messageId: randomUUID(), body: JSON.stringify(event), attributes } as SQSRecord;
    return { Records: [record] };
  }

  #changes(told: readonly Told[]): object {
    const changes = told.map((one) => ({
      sequence: ++this.#sequence,
      time: Date.now(),
      cause: 'watch' as const,
      ...('upsert' in one ? one : { remove: { kind: 'pod' as const, uid: one.remove } }),
    }));
    return { schema: schemaVersion, epoch: this.#epoch, sentAt: Date.now(), changes };
  }

  /** Says what shards hold, complete up to now. */
  async manifest(manifests: Omit<ManifestDetail['manifests'][number], 'cut'>[]): Promise<void> {
    await this.#put('manifest', {
      schema: schemaVersion,
      epoch: this.#epoch,
      sentAt: Date.now(),
      manifests: manifests.map((one) => ({ ...one, cut: this.#sequence })),
    });
  }

  async #put(type: string, detail: object): Promise<void> {
    const { FailedEntryCount, Entries } = await this.#bus.send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: names.bus(sandboxHub),
            Source: source,
            DetailType: type,
            Detail: JSON.stringify(detail),
          },
        ],
      }),
    );
    if (FailedEntryCount) throw new Error(`the bus refused ${type}: ${JSON.stringify(Entries)}`);
  }
}
