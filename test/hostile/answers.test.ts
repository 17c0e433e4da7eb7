import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isZonebridgeError } from '../../lib/core/errors.ts';
import type { FirewallConnection } from '../../lib/core/firewall.ts';
import { fortigate } from '../../lib/firewalls/fortigate/index.ts';
import { fortigateSettings } from '../../lib/firewalls/fortigate/schema.ts';
import { makeServerCertificate, type ServerCertificate } from '../../lib/simulators/certificates.ts';
import { objectNamed } from '../support/firewalls/fortigate-connection.ts';
import { hostileTexts } from './corpus.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** 64 MiB of zeros in 64 KiB. */
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
let certificate: ServerCertificate;
let server: Server;
let answer: Answer;
let asked = 0;

beforeAll(async () => {
  certificate = await makeServerCertificate('hostile firewall');
  server = createServer(
    { cert: certificate.certificate, key: certificate.privateKey },
    (request, response) => {
      asked += 1;
      request.resume();
      response.on('error', () => undefined);
      answer(request, response);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await certificate.discard();
});
beforeEach(() => {
  asked = 0;
});

async function connect(timeoutMs = 2_000): Promise<FirewallConnection> {
  const port = (server.address() as AddressInfo).port;
  const settings = {
    address: '127.0.0.1',
    port,
    version: '7.4',
    managedBy: 'none',
    ca: certificate.ca,
    timeoutMs,
  };
  return await fortigate.connect({
    firewall: 'edge-1',
    hub: 'test',
    settings: fortigateSettings.parse(settings),
    credential: 'the-token',
    clock: { now: () => Date.now(), sleep: async () => undefined },
    deadline: Date.now() + 60_000,
    commentFor: (name) => `mark of ${name}`,
  });
}

/** Every call of the contract against an object, each with how it ended. */
async function everyCall(connection: FirewallConnection, channel: string): Promise<unknown[]> {
  const object = objectNamed('web', channel);
  const calls = [
    () => connection.identity(),
    () => connection.observeObject(object),
    () => connection.observeMembers(object),
    () => connection.observeSome(object, ['10.1.0.1']),
    () => connection.apply([{ object, add: ['10.1.0.1'], remove: ['10.1.0.2'], expectedCount: 1 }]),
  ];
  const ends: unknown[] = [];
  for (const call of calls) ends.push(await call().catch((error: unknown) => error));
  return ends;
}

/** All errors are coded; nothing of an apply counts as done. */
function isSafe(ends: readonly unknown[]): void {
  for (const end of ends) {
    if (end instanceof Error) expect(isZonebridgeError(end), String(end.stack)).toBe(true);
  }
}

const json =
  (body: unknown): Answer =>
  (_, response) =>
    void response.end(typeof body === 'string' ? body : JSON.stringify(body));

describe.each(['push', 'objects'])('a firewall that wants to hurt us, over %s', (channel) => {
  test.each<[string, Answer, RegExp]>([
    [
      'answers without an end',
      (_, response) => {
        const chunk = 'x'.repeat(256 * 1024);
        const more = (): void => {
          while (!response.destroyed && response.write(chunk));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
      /longer than 64 MiB|no answer in time/,
    ],
    [
      'says one byte a while',
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 50);
        response.on('close', () => clearInterval(timer));
      },
      /no answer in time/,
    ],
    ['never answers', () => undefined, /no answer in time/],
    [
      'promises much and says nothing',
      (_, response) => response.writeHead(200, { 'content-length': '104857600' }).flushHeaders(),
      /no answer in time/,
    ],
    ['sends deep lists', json('['.repeat(2_000_000)), /no JSON of FortiOS/],
    [
      'sends lists in lists that are well formed',
      json(`{"status":"success","http_status":200,"results":${'['.repeat(800_000)}${']'.repeat(800_000)}}`),
      /no JSON of FortiOS/,
    ],
    [
      'sends a bomb of gzip that nobody asked for',
      (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
      /no JSON of FortiOS/,
    ],
    [
      'sends bytes that are no UTF-8',
      (_, response) => void response.end(Buffer.from([0xff, 0xfe, 0x00, 0x80])),
      /no JSON of FortiOS/,
    ],
    [
      'leads somewhere else',
      (_, response) => void response.writeHead(302, { location: 'https://127.0.0.1:1/steal' }).end(),
      /came back/,
    ],
    [
      'has a header that goes on and on',
      (_, response) => void response.writeHead(200, { 'x-long': 'y'.repeat(60_000) }).end('{}'),
      /./,
    ],
  ])('%s: a coded error, soon, with bounded memory', async (_, act, text) => {
    answer = act;
    const before = process.memoryUsage().rss;
    const connection = await connect(500);
    const error = (await connection
      .observeMembers(objectNamed('web', channel))
      .catch((thrown: unknown) => thrown)) as Error;
    await connection.close();
    expect(isZonebridgeError(error), String(error)).toBe(true);
    expect(error.message).toMatch(text);
    expect(error.message.length).toBeLessThan(600);
    expect(asked).toBeLessThanOrEqual(3);
    expect(process.memoryUsage().rss - before).toBeLessThan(700 * 1024 * 1024);
  });

  test('whatever JSON comes back: every error is coded, no change counts as done unless the answer says so', async () => {
    const text = fc.oneof(fc.constantFrom(...hostileTexts), fc.string({ maxLength: 20 }));
    const junk = fc.jsonValue({ maxDepth: 3 });
    const row = fc.record(
      {
        name: fc.oneof(text, junk),
        member: junk,
        comment: junk,
        comments: junk,
        subnet: junk,
        type: junk,
        entries: junk,
      },
      { requiredKeys: [] },
    );
    const envelope = fc.record(
      {
        status: fc.oneof(fc.constantFrom('success', 'error'), junk),
        http_status: fc.oneof(fc.constantFrom(200, 404, 500), junk),
        error: fc.oneof(fc.integer({ min: -700, max: 0 }), junk),
        cli_error: fc.oneof(text, junk),
        results: fc.oneof(fc.array(row, { maxLength: 3 }), row, junk),
        vdom: fc.constantFrom('root', 'root', 'other'),
        serial: text,
        version: fc.oneof(fc.constant('v7.4.4'), text),
        matched_count: junk,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(envelope, junk),
        fc.constantFrom(200, 200, 200, 400, 401, 403, 404, 424, 429, 500, 503),
        async (body, status) => {
          answer = (_, response) => void response.writeHead(status).end(JSON.stringify(body));
          const connection = await connect();
          isSafe(await everyCall(connection, channel));
          await connection.close();
        },
      ),
      { numRuns: 60, seed: 11 },
    );
  });
});
