import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { schemaVersion } from '../../lib/core/model/messages.ts';
import { type Ministack, startMinistack } from '../../lib/sandbox/aws/ministack.ts';
import { type ApiUnderTest, startSimulatedApi } from '../contract/kubernetes/api-under-test.ts';

/** The context of the image, used as its Dockerfile says, without a container engine. */
const project = join(import.meta.dirname, '../..');
const source = 'zonebridge.cluster.000000000000.eu-central-1.shop';
const patience = { timeout: 60_000, interval: 50 };

let directory: string;
let context: string;

function buildInto(out: string): void {
  execFileSync(process.execPath, ['scripts/build.ts', '--out', out], { cwd: project, stdio: 'ignore' });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zonebridge-image-'));
  // Others than the one who built it may read it, as in an image.
  await chmod(directory, 0o755);
  buildInto(directory);
  context = join(directory, 'agent');
});

afterAll(async () => rm(directory, { recursive: true, force: true }));

/** The instructions of the Dockerfile. */
async function instructions(): Promise<Map<string, string>> {
  const text = await readFile(join(context, 'Dockerfile'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
}

test('the context holds what the Dockerfile copies, and nothing else', async () => {
  const copied = (await instructions()).get('COPY')?.split(' ').slice(0, -1) ?? [];
  expect((await readdir(context)).sort()).toEqual(['Dockerfile', ...copied].sort());
  expect(copied).toContain('main.mjs');
});

test('two builds are the same bytes', async () => {
  const again = join(directory, 'again');
  buildInto(again);
  for (const file of ['main.mjs', 'sbom.cdx.json'])
    expect((await readFile(join(again, 'agent', file))).equals(await readFile(join(context, file)))).toBe(
      true,
    );
});

test('the bill of materials names what is in the bundle, with versions, licences and hashes', async () => {
  const bill = JSON.parse(await readFile(join(context, 'sbom.cdx.json'), 'utf8')) as {
    bomFormat: string;
    specVersion: string;
    components: { name: string; purl: string; licenses?: unknown[]; hashes?: { content: string }[] }[];
  };
  expect([bill.bomFormat, bill.specVersion]).toEqual(['CycloneDX', '1.5']);
  const names = bill.components.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['@aws-sdk/client-s3', '@aws-sdk/client-sqs', 'prom-client', 'yaml', 'zod']),
  );
  for (const absent of [
    'aws-cdk-lib',
    'esbuild',
    'vitest',
    '@aws-sdk/client-dynamodb',
    '@kubernetes/client-node',
  ])
    expect(names).not.toContain(absent);
  for (const one of bill.components) {
    expect(one.purl).toMatch(/^pkg:npm\/.+@\d/);
    expect([one.name, one.licenses?.length, one.hashes?.[0]?.content.length]).toEqual([one.name, 1, 128]);
  }
});

/** Runs the entry point of the image on the files of the context, as the user of the image where we may change to it. */
async function startImage(
  environment: Record<string, string>,
  readable: readonly string[],
): Promise<ChildProcess> {
  const dockerfile = await instructions();
  const entry = JSON.parse(dockerfile.get('ENTRYPOINT') ?? '[]') as string[];
  const command = JSON.parse(dockerfile.get('CMD') ?? '[]') as string[];
  expect(entry[0]).toBe('/nodejs/bin/node');
  expect(entry).toContain('--permission');
  // Stricter than the image: it may read its own files and what the pod mounts, and write nowhere.
  const allowed = [context, ...readable].map((path) => `--allow-fs-read=${path}/*`);
  const args = entry.slice(1).filter((one) => !one.startsWith('--allow'));
  const [uid, gid] = (dockerfile.get('USER') ?? '').split(':').map(Number);
  const root = process.getuid?.() === 0;
  return spawn(
    process.execPath,
    [...args, ...allowed, ...command.map((path) => path.replace('/agent/', `${context}/`))],
    {
      cwd: context,
      env: {
        ...environment,
        ...Object.fromEntries((dockerfile.get('ENV') ?? '').split(' ').map((one) => one.split('='))),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(root ? { uid, gid } : {}),
    },
  );
}

interface World {
  api: ApiUnderTest;
  aws: Ministack;
  sqs: SQSClient;
  queues: { hub: string; agent: string };
}

async function startWorld(): Promise<World> {
  const [api, aws] = await Promise.all([
    startSimulatedApi(),
    startMinistack({ directory: join(directory, 'aws') }),
  ]);
  const client = {
    endpoint: aws.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const sqs = new SQSClient(client);
  const events = new EventBridgeClient(client);
  const queue = async (QueueName: string) =>
    (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
  const queues = { hub: await queue('hub'), agent: await queue('agent') };
  await events.send(new CreateEventBusCommand({ Name: 'hub' }));
  const rule = { Name: 'all', EventBusName: 'hub', EventPattern: JSON.stringify({ source: [source] }) };
  await events.send(new PutRuleCommand(rule));
  const Targets = [{ Id: 'hub', Arn: 'arn:aws:sqs:eu-central-1:000000000000:hub' }];
  await events.send(new PutTargetsCommand({ Rule: 'all', EventBusName: 'hub', Targets }));
  return { api, aws, sqs, queues };
}

/** The process that greets the hub. */
async function greeting({ sqs, queues }: World): Promise<string> {
  return vi.waitUntil(async () => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queues.hub, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 }),
    );
    const told = Messages.map(
      ({ Body = '' }) => JSON.parse(Body) as { 'detail-type': string; detail: { process: string } },
    );
    return told.find((event) => event['detail-type'] === 'hello')?.detail.process;
  }, patience);
}

test('the bundle works from the context alone, as nobody in particular, and without writing a file', async () => {
  const world = await startWorld();
  const mounted = join(directory, 'mounted');
  await cp(world.api.kubeconfig, join(mounted, 'kubeconfig'));
  await chmod(join(mounted, 'kubeconfig'), 0o644);
  const before = (await readdir(context)).sort();
  const agent = await startImage(
    {
      ...world.aws.environment,
      KUBECONFIG: join(mounted, 'kubeconfig'),
      ZONEBRIDGE_BUS: 'hub',
      ZONEBRIDGE_QUEUE: 'agent',
      ZONEBRIDGE_SOURCE: source,
      ZONEBRIDGE_PORT: '0',
    },
    [mounted],
  );
  try {
    const log: string[] = [];
    createInterface({ input: agent.stdout! }).on('line', (line) => log.push(line));
    const port = await vi.waitUntil(() => /"port":(\d+)/.exec(log.join('\n'))?.[1], patience);
    const MessageBody = JSON.stringify({
      type: 'epoch',
      schema: schemaVersion,
      process: await greeting(world),
      epoch: 1,
    });
    await world.sqs.send(new SendMessageCommand({ QueueUrl: world.queues.agent, MessageBody }));
    const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200;
    await vi.waitUntil(ready, patience);
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain('zonebridge_agent_');
    expect((await readdir(context)).sort()).toEqual(before);
    expect(existsSync(join(context, 'node_modules'))).toBe(false);
    agent.kill('SIGTERM');
    expect(await once(agent, 'exit')).toEqual([0, null]);
  } finally {
    agent.kill('SIGKILL');
    await Promise.all([world.api.stop(), world.aws.stop()]);
  }
});
