import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { type Ministack, startMinistack } from '../../lib/sandbox/aws/ministack.ts';

const bus = 'zonebridge-test';
const agentQueue = 'zonebridge-test-agent';

export interface AgentProcess {
  child: ChildProcess;
  log: Record<string, unknown>[];
  exit: Promise<number | null>;
}

/** AWS as real agent processes meet it: a bus that fills the hub's queue, and the queue of their cluster. */
export class AgentSurroundings {
  readonly source: string;
  readonly sqs: SQSClient;
  readonly queues: { hub: string; agent: string };
  readonly #aws: Ministack;
  readonly #directory: string;
  readonly #done = new AbortController();
  readonly #processes: AgentProcess[] = [];
  #read: Promise<void> = Promise.resolve();

  private constructor(
    source: string,
    parts: { sqs: SQSClient; aws: Ministack; directory: string; queues: { hub: string; agent: string } },
  ) {
    this.source = source;
    this.sqs = parts.sqs;
    this.queues = parts.queues;
    this.#aws = parts.aws;
    this.#directory = parts.directory;
  }

  static async start(source: string): Promise<AgentSurroundings> {
    const directory = await mkdtemp(join(tmpdir(), 'zonebridge-agents-'));
    const aws = await startMinistack({ directory: join(directory, 'aws') });
    const client = {
      endpoint: aws.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    const sqs = new SQSClient(client);
    const eventBridge = new EventBridgeClient(client);
    const queue = async (name: string): Promise<string> => {
      const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
      return QueueUrl;
    };
    const queues = { hub: await queue('hub'), agent: await queue(agentQueue) };
    await eventBridge.send(new CreateEventBusCommand({ Name: bus }));
    const rule = { EventBusName: bus, EventPattern: JSON.stringify({ source: [source] }) };
    await eventBridge.send(new PutRuleCommand({ ...rule, Name: 'all' }));
    const arn = 'arn:aws:sqs:eu-central-1:000000000000:hub';
    await eventBridge.send(
      new PutTargetsCommand({ EventBusName: bus, Rule: 'all', Targets: [{ Id: 'hub', Arn: arn }] }),
    );
    return new AgentSurroundings(source, { sqs, aws, directory, queues });
  }

  /** Gives what the bus delivers to the hub, one after the other, until `stop`. */
  read(take: (body: string) => Promise<void> | void): void {
    this.#read = this.#readHubQueue(take);
  }

  /** A real agent process, its log lines, and its exit code. */
  startAgent(kubeconfig: string): AgentProcess {
    const log: Record<string, unknown>[] = [];
    const child = spawn(process.execPath, ['cluster-agent/main.ts'], {
      env: {
        ...this.#aws.environment,
        PATH: process.env['PATH'],
        AWS_REGION: 'eu-central-1',
        KUBECONFIG: kubeconfig,
        ZONEBRIDGE_BUS: bus,
        ZONEBRIDGE_QUEUE: agentQueue,
        ZONEBRIDGE_SOURCE: this.source,
        ZONEBRIDGE_PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) log.push(JSON.parse(line) as Record<string, unknown>);
    });
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const started = { child, log, exit };
    this.#processes.push(started);
    return started;
  }

  async tellAgent(body: string): Promise<void> {
    await this.sqs.send(new SendMessageCommand({ QueueUrl: this.queues.agent, MessageBody: body }));
  }

  async stop(): Promise<void> {
    for (const { child } of this.#processes) child.kill('SIGKILL');
    this.#done.abort();
    await this.#read;
    await this.#aws.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #readHubQueue(take: (body: string) => Promise<void> | void): Promise<void> {
    const QueueUrl = this.queues.hub;
    while (!this.#done.signal.aborted) {
      const { Messages = [] } = await this.sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      for (const { Body = '', ReceiptHandle } of Messages) {
        await take(Body);
        await this.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }
}

/** Where `/readyz` and `/metrics` of a process answer, once it said so. */
export function healthOf({ log }: AgentProcess): string | undefined {
  const port = log.find(({ message }) => message === 'agent starts')?.['port'];
  return port === undefined ? undefined : `http://127.0.0.1:${Number(port)}`;
}
