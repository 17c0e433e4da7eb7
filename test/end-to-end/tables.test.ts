import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { names } from '../../lib/app/names.ts';
import { type CallUsage, DynamoTables } from '../../lib/aws/dynamodb-tables.ts';
import { CachedSecrets } from '../../lib/aws/secrets.ts';
import { SqsQueues } from '../../lib/aws/sqs-queues.ts';
import { systemClock, systemRandom } from '../../lib/aws/system.ts';
import { isZonebridgeError } from '../../lib/core/errors.ts';
import type { TableName } from '../../lib/core/ports.ts';
import { type Ministack, startMinistack } from '../../lib/sandbox/aws/ministack.ts';
import { FakeClock } from '../support/ports.ts';
import { tablesContract } from '../support/tables-contract.ts';

let directory: string;
let ministack: Ministack;
let dynamo: DynamoDBClient;
let tables: DynamoTables;
const usage: CallUsage[] = [];

function settings() {
  return {
    endpoint: ministack.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zonebridge-tables-'));
  ministack = await startMinistack({ directory });
  dynamo = new DynamoDBClient(settings());
  const tableName = (table: TableName) => names.table('test', table);
  const known: TableName[] = ['endpoints', 'memberships', 'dirty', 'ledger', 'control', 'history'];
  for (const table of known) await dynamo.send(new CreateTableCommand(definition(table, tableName(table))));
  tables = new DynamoTables({
    client: dynamo,
    tableName,
    clock: systemClock,
    random: systemRandom,
    onUsage: (call) => usage.push(call),
  });
});

afterAll(async () => {
  dynamo?.destroy();
  await ministack?.stop();
  await rm(directory, { recursive: true, force: true });
});

function definition(table: TableName, name: string): CreateTableCommandInput {
  const sorted = table !== 'control';
  const indexed = table === 'memberships';
  const attributes = ['pk', ...(sorted ? ['sk'] : []), ...(indexed ? ['bucket'] : [])];
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: attributes.map((attribute) => ({ AttributeName: attribute, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      ...(sorted ? [{ AttributeName: 'sk', KeyType: 'RANGE' as const }] : []),
    ],
    ...(indexed
      ? {
          GlobalSecondaryIndexes: [
            {
              IndexName: 'by-group',
              KeySchema: [
                { AttributeName: 'bucket', KeyType: 'HASH' },
                { AttributeName: 'pk', KeyType: 'RANGE' },
              ],
              Projection: { ProjectionType: 'KEYS_ONLY' },
            },
          ],
        }
      : {}),
  };
}

tablesContract('tables of DynamoDB', () => tables);

describe('around the tables', () => {
  test('calls and units are reported', async () => {
    usage.length = 0;
    const key = { table: 'memberships', pk: 'units', sk: 'a' } as const;
    await tables.write({ key, put: { bucket: 'g|1', text: 'x'.repeat(1500) } });
    await tables.write({ key, update: { set: { text: '' } } });
    await tables.read([key, { table: 'control', pk: 'none' }]);
    await tables.transact([{ key, delete: true }]);
    expect(usage).toEqual([
      { operation: 'PutItem', readUnits: 0, writeUnits: 3 },
      { operation: 'UpdateItem', readUnits: 0, writeUnits: 2 },
      { operation: 'BatchGetItem', readUnits: 2, writeUnits: 0 },
      { operation: 'TransactWriteItems', readUnits: 0, writeUnits: 3 },
    ]);
  });

  test('a store that is not there is unavailable, a table that is not there is not', async () => {
    const nowhere = new DynamoDBClient({ ...settings(), endpoint: 'http://127.0.0.1:1', maxAttempts: 1 });
    const options = { clock: systemClock, random: systemRandom };
    const key = { table: 'control', pk: 'a' } as const;
    const away = new DynamoTables({ ...options, client: nowhere, tableName: (table) => table });
    const error: unknown = await away.read([key]).catch((error: unknown) => error);
    expect(isZonebridgeError(error, 'store/unavailable')).toBe(true);
    const wrong = new DynamoTables({ ...options, client: dynamo, tableName: () => 'zonebridge-none' });
    await expect(wrong.read([key])).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('messages reach standard and FIFO queues, equal wake-ups more than once', async () => {
    const client = new SQSClient(settings());
    const queues = new SqsQueues({ client, random: systemRandom });
    const standard = await client.send(new CreateQueueCommand({ QueueName: 'plain' }));
    const fifo = await client.send(
      new CreateQueueCommand({ QueueName: 'wake.fifo', Attributes: { FifoQueue: 'true' } }),
    );
    await queues.send({ queue: 'plain', body: 'hello' });
    await queues.send({ queue: 'wake.fifo', body: 'up', group: 'fw-1' });
    await queues.send({ queue: 'wake.fifo', body: 'up', group: 'fw-2' });
    const receive = async (url: string | undefined) => {
      const command = new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 });
      return ((await client.send(command)).Messages ?? []).map(({ Body }) => Body);
    };
    expect(await receive(standard.QueueUrl)).toEqual(['hello']);
    expect(await receive(fifo.QueueUrl)).toEqual(['up', 'up']);
    await expect(queues.send({ queue: 'wake.fifo', body: 'up' })).rejects.toThrow(TypeError);
    await expect(queues.send({ queue: 'absent', body: 'x' })).rejects.toMatchObject({
      name: /NonExistent|DoesNotExist/,
    });
    client.destroy();
  });

  test('secrets are kept for a minute, or until they are forgotten', async () => {
    const client = new SecretsManagerClient(settings());
    const clock = new FakeClock();
    const secrets = new CachedSecrets({ client, clock });
    const set = (text: string) =>
      client.send(new UpdateSecretCommand({ SecretId: 'zonebridge/test/fw', SecretString: text }));
    await client.send(new CreateSecretCommand({ Name: 'zonebridge/test/fw', SecretString: 'one' }));
    expect(await secrets.read('zonebridge/test/fw')).toBe('one');
    await set('two');
    expect(await secrets.read('zonebridge/test/fw')).toBe('one');
    await clock.advance(60_000);
    expect(await secrets.read('zonebridge/test/fw')).toBe('two');
    await set('three');
    secrets.forget('zonebridge/test/fw');
    expect(await secrets.read('zonebridge/test/fw')).toBe('three');
    await client.send(new DeleteSecretCommand({ SecretId: 'zonebridge/test/fw' }));
    secrets.forget('zonebridge/test/fw');
    for (const name of ['zonebridge/test/fw', 'zonebridge/test/none']) {
      const error: unknown = await secrets.read(name).catch((error: unknown) => error);
      expect(isZonebridgeError(error, 'secret/missing')).toBe(true);
    }
    client.destroy();
  });
});
