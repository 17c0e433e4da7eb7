import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { schemaVersion } from '../../../lib/core/model/messages.ts';
import type { Ministack } from '../../../lib/sandbox/aws/ministack.ts';

const clusterSource = 'zonebridge.cluster.000000000000.eu-central-1.shop';

/** Bus and queues of a hub that gives every greeting an epoch and reads the rest away. */
export class HubStandIn {
  readonly environment: Record<string, string>;
  /** Bytes of the events that arrived. */
  bytes = 0;
  readonly #sqs: SQSClient;
  readonly #events: EventBridgeClient;
  readonly #stop = new AbortController();
  #epoch = 0;

  constructor(aws: Ministack) {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = { endpoint: aws.endpoint, region: 'eu-central-1', credentials };
    this.#sqs = new SQSClient(client);
    this.#events = new EventBridgeClient(client);
    this.environment = {
      ...aws.environment,
      ZONEBRIDGE_BUS: 'hub',
      ZONEBRIDGE_QUEUE: 'agent',
      ZONEBRIDGE_SOURCE: clusterSource,
    };
  }

  async start(): Promise<void> {
    const hub = await this.#queue('hub');
    const agent = await this.#queue('agent');
    const bus = { EventBusName: 'hub' };
    await this.#events.send(new CreateEventBusCommand({ Name: 'hub' }));
    const pattern = JSON.stringify({ source: [clusterSource] });
    await this.#events.send(new PutRuleCommand({ ...bus, Name: 'all', EventPattern: pattern }));
    const Targets = [{ Id: 'hub', Arn: 'arn:aws:sqs:eu-central-1:000000000000:hub' }];
    await this.#events.send(new PutTargetsCommand({ ...bus, Rule: 'all', Targets }));
    void this.#listen(hub, agent);
  }

  stop(): void {
    this.#stop.abort();
  }

  async #queue(QueueName: string): Promise<string> {
    const { QueueUrl } = await this.#sqs.send(new CreateQueueCommand({ QueueName }));
    return QueueUrl ?? '';
  }

  async #listen(hub: string, agent: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const receive = new ReceiveMessageCommand({
        QueueUrl: hub,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 1,
      });
      const { Messages = [] } = await this.#sqs.send(receive);
      for (const { Body = '', ReceiptHandle } of Messages) {
        this.bytes += Body.length;
        const event = JSON.parse(Body) as { 'detail-type': string; detail: { process: string } };
        if (event['detail-type'] === 'hello') await this.#answer(agent, event.detail.process);
        await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: hub, ReceiptHandle }));
      }
    }
  }

  async #answer(agent: string, process: string): Promise<void> {
    this.#epoch += 1;
    const body = { type: 'epoch', schema: schemaVersion, process, epoch: this.#epoch };
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: agent, MessageBody: JSON.stringify(body) }));
  }
}
