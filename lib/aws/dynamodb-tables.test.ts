import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isZonebridgeError } from '../core/errors.ts';
import type { Clock, Key } from '../core/ports.ts';
import { DynamoTables } from './dynamodb-tables.ts';

/** What the emulator never does: partial answers, collisions, overload. The real client talks to a server that does. */
type Reply = { status?: number; body: unknown };

let server: Server;
let replies: Reply[];
let requests: { target: string; body: unknown }[];
let pauses: number[];
let client: DynamoDBClient;
let tables: DynamoTables;

beforeEach(async () => {
  replies = [];
  requests = [];
  pauses = [];
  server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    request.on('end', () => {
      const target = String(request.headers['x-amz-target']).replace(/^.*\./, '');
      requests.push({ target, body: JSON.parse(text) });
      const reply = replies.length > 1 ? replies.shift() : replies[0];
      response.writeHead(reply?.status ?? 200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(reply?.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  connect();
});

/** The tables over a client that sends so often. */
function connect(maxAttempts = 1): void {
  const { port } = server.address() as AddressInfo;
  client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
  });
  const clock: Clock = {
    now: () => 0,
    sleep: async (milliseconds) => {
      pauses.push(milliseconds);
    },
  };
  tables = new DynamoTables({
    client,
    tableName: (table) => `t-${table}`,
    clock,
    random: { next: () => 1, id: () => 'x' },
  });
}

afterEach(async () => {
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const key = (pk: string): Key => ({ table: 'control', pk });
const stored = (pk: string) => ({ pk: { S: pk }, name: { S: pk } });
const cancelled = (...codes: string[]): Reply => ({
  status: 400,
  body: {
    __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
    message: 'cancelled',
    CancellationReasons: codes.map((Code) => ({ Code })),
  },
});
const collision: Reply = {
  status: 400,
  body: { __type: 'com.amazonaws.dynamodb.v20120810#TransactionConflictException' },
};

test('keys that were left unread are asked for again', async () => {
  replies = [
    {
      body: {
        Responses: { 't-control': [stored('a')] },
        UnprocessedKeys: { 't-control': { Keys: [{ pk: { S: 'b' } }], ConsistentRead: true } },
      },
    },
    { body: { Responses: { 't-control': [stored('b')] }, UnprocessedKeys: {} } },
  ];
  expect(await tables.read([key('a'), key('b')])).toEqual([{ name: 'a' }, { name: 'b' }]);
  expect(requests[1]?.body).toMatchObject({
    RequestItems: { 't-control': { Keys: [{ pk: { S: 'b' } }], ConsistentRead: true } },
  });
  expect(pauses).toEqual([25]);
});

test('keys that stay unread make the store unavailable, not the items absent', async () => {
  replies = [{ body: { Responses: {}, UnprocessedKeys: { 't-control': { Keys: [{ pk: { S: 'a' } }] } } } }];
  const error: unknown = await tables.read([key('a')]).catch((error: unknown) => error);
  expect(isZonebridgeError(error, 'store/unavailable')).toBe(true);
  expect(pauses).toEqual([25, 50, 100, 200, 400]);
});

test('a collision with another transaction is tried again', async () => {
  replies = [collision, { body: { Attributes: stored('a') } }];
  expect(await tables.write({ key: key('a'), put: { b: 1 } })).toEqual({ name: 'a' });
  replies = [cancelled('None', 'TransactionConflict'), { body: {} }];
  const writes = [
    { key: key('a'), put: {} },
    { key: key('b'), put: {} },
  ];
  await tables.transact(writes);
  replies = [cancelled('None', 'TransactionConflict')];
  const error: unknown = await tables.transact(writes).catch((error: unknown) => error);
  expect(isZonebridgeError(error, 'store/unavailable')).toBe(true);
});

test('a failed condition counts more than a collision beside it', async () => {
  replies = [cancelled('TransactionConflict', 'ConditionalCheckFailed')];
  const error: unknown = await tables
    .transact([
      { key: key('a'), put: {} },
      { key: key('b'), put: {}, if: [{ attribute: 'pk', is: 'absent' }] },
    ])
    .catch((error: unknown) => error);
  expect(isZonebridgeError(error, 'store/condition-failed') && error.fields).toEqual({
    failed: 'control b',
    indexes: '1',
  });
  expect(requests).toHaveLength(1);
});

test.each([
  [400, 'ThrottlingException', 'store/unavailable'],
  [400, 'ProvisionedThroughputExceededException', 'store/unavailable'],
  [500, 'InternalServerError', 'store/unavailable'],
  [503, 'Anything', 'store/unavailable'],
] as const)('%d %s is %s', async (status, name, code) => {
  replies = [{ status, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}` } }];
  const error: unknown = await tables.write({ key: key('a'), delete: true }).catch((error: unknown) => error);
  expect(isZonebridgeError(error, code)).toBe(true);
});

test('missing rights stay what they are, a malformed request is a TypeError', async () => {
  replies = [{ status: 400, body: { __type: 'com.amazon.coral.service#AccessDeniedException' } }];
  await expect(tables.read([key('a')])).rejects.toMatchObject({ name: 'AccessDeniedException' });
  replies = [{ status: 400, body: { __type: 'com.amazon.coral.validate#ValidationException' } }];
  await expect(tables.write({ key: key('a'), delete: true })).rejects.toThrow(TypeError);
});

test('a transaction that is sent again is the same one: the service takes it once', async () => {
  client.destroy();
  connect(2);
  replies = [{ status: 500, body: {} }, { body: {} }];
  for (let time = 0; time < 2; time++) await tables.transact([{ key: key('a'), update: { set: { n: 1 } } }]);
  const [first, repeated, another] = requests.map(
    ({ body }) => (body as { ClientRequestToken?: string }).ClientRequestToken,
  );
  expect(first).toMatch(/^[\da-f-]{36}$/);
  expect(repeated).toBe(first);
  expect(another).not.toBe(first);
});
