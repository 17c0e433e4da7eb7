import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GetQueueUrlCommand, CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isZonebridgeError } from '../../lib/core/errors.ts';
import { startMinistack } from '../../lib/sandbox/aws/ministack.ts';
import { ensurePython } from '../../lib/sandbox/aws/python.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zonebridge-ministack-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Process ids of a group, zombies left out. */
function membersOf(group: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, pgid, state]) => pgid === String(group) && !state?.startsWith('Z'))
    .map(([pid]) => Number(pid));
}

async function eventually(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 150 && !what(); tries++) await delay(100);
  expect(what()).toBe(true);
}

test('starts, answers, and leaves nothing behind when stopped', async () => {
  const ministack = await startMinistack({ directory });
  expect(ministack.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(membersOf(ministack.pid).length).toBeGreaterThanOrEqual(2);
  const client = new SQSClient({
    endpoint: ministack.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await client.send(new CreateQueueCommand({ QueueName: 'a' }));
  expect((await client.send(new GetQueueUrlCommand({ QueueName: 'a' }))).QueueUrl).toContain('/a');
  client.destroy();
  await ministack.stop();
  await ministack.stop();
  await eventually(() => membersOf(ministack.pid).length === 0);
  await expect(fetch(ministack.endpoint)).rejects.toThrow();
  expect(existsSync(ministack.logFile)).toBe(true);
  expect(readdirSync(directory)).toEqual(['ministack.log']);
});

test('ends when its starter is killed', async () => {
  const code = `
    const { startMinistack } = await import(${JSON.stringify(join(import.meta.dirname, '../../lib/sandbox/aws/ministack.ts'))});
    const { pid } = await startMinistack({ directory: ${JSON.stringify(directory)} });
    console.log(pid);
    setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [text]: unknown[] = await once(starter.stdout, 'data');
  const pid = Number(String(text));
  expect(membersOf(pid).length).toBeGreaterThanOrEqual(2);
  starter.kill('SIGKILL');
  await eventually(() => membersOf(pid).length === 0);
});

test('a port in use is an error with the reason, and nothing stays', async () => {
  const first = await startMinistack({ directory });
  try {
    const port = Number(new URL(first.endpoint).port);
    const second = startMinistack({ directory, port });
    await expect(second).rejects.toThrow(/already in use/);
  } finally {
    await first.stop();
  }
});

test('a missing Python is named', async () => {
  const requirements = join(import.meta.dirname, '../../lib/sandbox/aws/requirements.txt');
  const error: unknown = await ensurePython({
    requirements,
    cache: directory,
    python: 'no-such-python3',
  }).catch((error: unknown) => error);
  expect(isZonebridgeError(error, 'command/prerequisite') && error.message).toMatch(/install Python 3\.10/);
});
