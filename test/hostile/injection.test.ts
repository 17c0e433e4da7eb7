import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LambdaTelemetry } from '../../lib/aws/telemetry.ts';
import { isZonebridgeError } from '../../lib/core/errors.ts';
import { parseMembershipKey, membershipKey } from '../../lib/core/model/address-group.ts';
import { fortigate } from '../../lib/firewalls/fortigate/index.ts';
import { fortigateSettings } from '../../lib/firewalls/fortigate/schema.ts';
import { makeServerCertificate, type ServerCertificate } from '../../lib/simulators/certificates.ts';
import { commentFor, objectNamed } from '../support/firewalls/fortigate-connection.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';
import { hostileTexts } from './corpus.ts';

/** What a terminal obeys or hides, line breaks aside. */
const obeyed = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const whole = hostileTexts.filter((text) => text.isWellFormed());

describe('what is printed for machines', () => {
  test('each log line is one line of JSON that only our fields shape', () => {
    const printed: string[] = [];
    const take = (chunk: unknown): boolean => printed.push(String(chunk)) > 0;
    Object.assign(process.stdout, { write: take });
    Object.assign(process.stderr, { write: take });
    try {
      const telemetry = new LambdaTelemetry({ namespace: 'Zonebridge', units: {} });
      for (const text of hostileTexts) {
        telemetry.info(text, { problem: text, nested: { [text]: text }, list: [text] });
        telemetry.warn('record set aside', { code: text });
      }
    } finally {
      Reflect.deleteProperty(process.stdout, 'write');
      Reflect.deleteProperty(process.stderr, 'write');
    }
    const lines = printed.join('').split('\n').filter(Boolean);
    expect(lines).toHaveLength(hostileTexts.length * 2);
    for (const [index, line] of lines.entries()) {
      const entry = JSON.parse(line) as Record<string, unknown>;
      expect(entry['level']).toBe(index % 2 === 0 ? 'INFO' : 'WARN');
      expect(Array.from(line).every((sign) => sign >= ' ')).toBe(true);
    }
  });
});

describe('what is shown to people', () => {
  test('names and labels move no cursor, hide no line and end no row', async () => {
    const world = await OperatorWorld.start({ web: pushed('web', { select: 'all()' }) });
    world.storeToken();
    await world.run(['apply', '--yes']);
    const records = whole.map((text, index) => ({
      ...pod(`${index}${text}`.slice(0, 128), `10.1.1.${index}`, { [text.slice(0, 300)]: text.slice(0, 63) }),
      name: text.slice(0, 253) || 'x',
      namespace: text.slice(0, 253) || 'x',
    }));
    await world.tell(...records);
    expect(world.members('web')).toHaveLength(whole.length);
    const commands = [
      ['status'],
      ['groups'],
      ['groups', 'web'],
      ['plan'],
      ['explain', 'web'],
      ...whole.map((_, index) => ['explain', `10.1.1.${index}`]),
    ];
    for (const command of commands) {
      const { stdout, stderr } = await world.run(command, { columns: 100 });
      // Colours are ours; nothing else that a terminal obeys, and nothing that changes the direction of writing.
      const bare = (stdout + stderr).replace(/\p{Cc}\[\d{1,2}m/gu, '');
      expect(bare, command.join(' ')).not.toMatch(obeyed);
      const json = await world.run([...command, '--json'], { columns: 100 });
      expect(json.stdout.trimEnd().split('\n')).toHaveLength(1);
      expect(() => JSON.parse(json.stdout) as unknown).not.toThrow();
    }
    await world.stop();
  });

  test.each(whole)('%j as an argument is refused or answered, never a crash', async (text) => {
    const world = await OperatorWorld.start({ web: pushed('web') });
    world.storeToken();
    await world.run(['apply', '--yes']);
    for (const command of [
      ['explain', '--', text],
      ['check', '--', text],
      ['approve', '--', text],
      ['reconcile', '--', text],
      ['restore', '--', 'edge', text, text],
    ]) {
      const { code, stdout, stderr } = await world.run(command);
      expect([1, 2, 3, 4, 0]).toContain(code);
      expect(stdout + stderr).not.toMatch(/\n {4}at |TypeError|RangeError|unexpected/);
      expect(stdout + stderr).not.toMatch(obeyed);
    }
    await world.stop();
  });
});

test('keys keep what they are made of apart, also when an address is a name that a person gave', () => {
  for (const text of whole) {
    const key = membershipKey('web', '-', text);
    expect(parseMembershipKey(key)).toEqual({ group: 'web', realm: '-', address: text });
  }
});

describe('what is sent to a FortiGate', () => {
  let certificate: ServerCertificate;
  let server: Server;
  const sent: { method: string; url: string; body: string }[] = [];

  beforeAll(async () => {
    certificate = await makeServerCertificate('recording firewall');
    server = createServer(
      { cert: certificate.certificate, key: certificate.privateKey },
      (request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const { method = '', url = '' } = request;
          sent.push({ method, url, body: Buffer.concat(chunks).toString('utf8') });
          const name = decodeURIComponent(url.split('?')[0]?.split('/')[6] ?? '');
          const row = { name, comment: commentFor(name), member: whole.map((text) => ({ name: text })) };
          response.end(
            JSON.stringify({
              status: 'success',
              http_status: 200,
              vdom: 'root',
              version: 'v7.4.4',
              serial: 'FG1',
              results: [row],
            }),
          );
        });
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await certificate.discard();
  });

  test('every name is one segment of a path or one text of JSON, whatever it holds', async () => {
    const port = (server.address() as AddressInfo).port;
    const settings = { address: '127.0.0.1', port, version: '7.4', managedBy: 'none', ca: certificate.ca };
    const clock = { now: () => Date.now(), sleep: async () => undefined };
    const connection = await fortigate.connect({
      firewall: 'edge-1',
      hub: 'test',
      settings: fortigateSettings.parse(settings),
      credential: 'the-token',
      clock,
      deadline: Date.now() + 60_000,
      commentFor,
    });
    for (const text of whole) {
      for (const channel of ['objects', 'push']) {
        for (const object of [objectNamed(text, channel), { ...objectNamed('web', channel), name: text }]) {
          const change = { object, add: ['10.1.0.1'], remove: [text], expectedCount: 1 };
          for (const call of [
            () => connection.observeObject(object),
            () => connection.observeMembers(object),
            () => connection.apply([change]),
          ])
            await call().catch((error: unknown) =>
              expect(isZonebridgeError(error), String(error)).toBe(true),
            );
        }
      }
    }
    await connection.close();
    expect(sent.length).toBeGreaterThan(200);
    for (const { url, body } of sent) {
      const [path = '', query = ''] = url.split('?');
      expect(url).toMatch(/^\/api\/v2\/[A-Za-z0-9%._~!*'()/?&=+,:@-]*$/);
      expect(path.split('/').length).toBeLessThanOrEqual(9);
      expect(path).not.toMatch(/\/\.{1,2}(\/|$)/);
      expect([...new URLSearchParams(query).keys()].filter((key) => key === 'vdom')).toEqual(['vdom']);
      expect(new URLSearchParams(query).get('vdom')).toBe('root');
      expect(new URLSearchParams(query).has('action')).toBe(false);
      if (body !== '') expect(() => JSON.parse(body) as unknown).not.toThrow();
    }
  });
});
