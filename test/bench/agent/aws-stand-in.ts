import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clusterSource } from '../../../lib/core/model/messages.ts';

/** An event as the agent put it on the bus, and when (milliseconds of `performance.now`). */
export interface BusEvent {
  detailType: string;
  detail: Record<string, unknown>;
  bytes: number;
  at: number;
}

interface PutEvents {
  Entries: { DetailType: string; Detail: string }[];
}

/**
 * The calls of EventBridge and SQS that the agent makes, answered at once by this process: what is measured is the agent, and no emulator
 * takes the processor from it. A real bus adds its own time.
 */
export class AwsStandIn {
  /** Told about every event. */
  onEvent: (event: BusEvent) => void = () => undefined;
  readonly #server = createServer((request, response) => {
    void read(request).then(async (text) => {
      const target = String(request.headers['x-amz-target']);
      const operation = target.slice(target.indexOf('.') + 1);
      const answer = await this.#answer(operation, JSON.parse(text), request);
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
    });
  });
  #waiting: string[] = [];
  #wake: (() => void) | undefined;
  #handles = 0;

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** What the agent needs in its environment. */
  get environment(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      ZONEBRIDGE_BUS: 'hub',
      ZONEBRIDGE_QUEUE: 'agent',
      ZONEBRIDGE_SOURCE: clusterSource({ account: '000000000000', region: 'eu-central-1', name: 'shop' }),
    };
  }

  /** Puts a message on the queue of the cluster. */
  send(message: unknown): void {
    this.#waiting.push(JSON.stringify(message));
    this.#wake?.();
  }

  async #answer(operation: string, input: unknown, request: IncomingMessage): Promise<unknown> {
    switch (operation) {
      case 'PutEvents':
        return this.#put(input as PutEvents);
      case 'GetQueueUrl':
        return { QueueUrl: `${this.environment['AWS_ENDPOINT_URL']}/000000000000/agent` };
      case 'ReceiveMessage':
        return this.#receive(request);
      default:
        return {};
    }
  }

  #put({ Entries }: PutEvents): unknown {
    const at = performance.now();
    for (const { Detail, DetailType } of Entries) {
      const detail = JSON.parse(Detail) as Record<string, unknown>;
      this.onEvent({ detailType: DetailType, detail, bytes: Buffer.byteLength(Detail), at });
    }
    return { FailedEntryCount: 0, Entries: Entries.map((_, index) => ({ EventId: String(index) })) };
  }

  async #receive({ socket }: IncomingMessage): Promise<unknown> {
    if (this.#waiting.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 15_000).unref();
      });
    // A process that was killed takes nothing with it.
    if (socket.destroyed) return {};
    return {
      Messages: this.#waiting.splice(0, 10).map((Body) => ({
        Body,
        MessageId: String(this.#handles),
        ReceiptHandle: String(this.#handles++),
        MD5OfBody: createHash('md5').update(Body).digest('hex'),
      })),
    };
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: string[] = [];
  for await (const chunk of request.setEncoding('utf8')) chunks.push(String(chunk));
  return chunks.join('');
}
