import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { certify, type Identity } from '../../../test/support/pki.ts';
import type { ObjectReport } from '../../core/firewall.ts';
import { panorama } from './index.ts';
import { panoramaSettings } from './schema.ts';

const key = 'canary-LUFRPT1-of-the-firewall==';
const object = {
  group: 'web',
  name: panorama.objectName({ hub: 'test', group: 'web', channel: 'tags', firewall: 'edge-1' }),
  channel: 'tags',
  create: 'own',
} as const;

let authority: Identity;
let server: Server;
let answer: { status?: number; text: string };
let requests: { url: string; headers: Record<string, unknown>; body: string }[];

beforeAll(async () => {
  authority = await certify({ name: 'our authority', authority: true });
  const own = await certify({
    name: 'device',
    signedBy: authority,
    for: [{ type: 'ip', value: '127.0.0.1' }],
  });
  server = createServer({ cert: own.certificate, key: own.privateKey }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', headers } = request;
      requests.push({ url, headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/xml' });
      response.end(answer.text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  requests = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function connect() {
  requests = [];
  const settings = panoramaSettings.parse({
    address: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca: authority.certificate,
    device: 'firewall',
    version: '10.2',
  });
  return await panorama.connect({
    firewall: 'edge-1',
    hub: 'test',
    settings,
    credential: key,
    clock: { now: () => Date.now(), sleep: async () => await Promise.resolve() },
    deadline: Date.now() + 60_000,
    commentFor: (name) => `mark-of-${name}`,
  });
}

async function add(address = '10.1.0.1'): Promise<ObjectReport> {
  const connection = await connect();
  const [report] = await connection.apply([{ object, add: [address], remove: [], expectedCount: 1 }]);
  await connection.close();
  return report!;
}

test('the key stands in its header alone, also when the device repeats it in everything it says', async () => {
  answer = { text: `<response status="error" code="12"><msg><line>bad key ${key}</line></msg></response>` };
  const report = await add();
  expect(report.outcomes.get('10.1.0.1')).toMatchObject({
    state: 'failed',
    error: { code: 'firewall/rejected' },
  });
  expect(inspect(report, { depth: 20 })).not.toContain('canary');
  expect(requests).toHaveLength(1);
  const [{ url, headers, body }] = requests as [(typeof requests)[number]];
  expect(headers['x-pan-key']).toBe(key);
  expect(url).toBe('/api/');
  expect(body).not.toContain('canary');
  expect(inspect({ ...headers, 'x-pan-key': '' })).not.toContain('canary');
});

test.each([
  [
    'an entity',
    '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><response status="success">&x;</response>',
  ],
  ['a laugh', '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><response status="success">&b;</response>'],
  ['deep nesting', `<response status="success">${'<a>'.repeat(5000)}`],
  ['half an answer', '<response status="success"><result><entry ip="10.1.0.1"'],
  ['another document', '<rpc-reply status="success"/>'],
  ['no status', '<response><result/></response>'],
  ['a page', '<!DOCTYPE html><html><body>Login</body></html>'],
  ['nothing', ''],
  ['JSON', '{"status":"success"}'],
  ['no list at all', '<response status="success"/>'],
  [
    'a list shorter than its count',
    '<response status="success"><result><count>3</count></result></response>',
  ],
])('a read that gets %s is no answer', async (_, text) => {
  answer = { text };
  const connection = await connect();
  await expect(connection.observeMembers(object)).rejects.toMatchObject({
    code: 'firewall/unexpected-answer',
  });
  await connection.close();
});

test.each([
  ['half an answer', 200, '<response status="succ'],
  ['nothing', 200, ''],
  ['a gateway', 502, '<html>Bad gateway</html>'],
])('a write that gets %s has an unknown outcome', async (_, status, text) => {
  answer = { status, text };
  expect((await add()).outcomes.get('10.1.0.1')).toMatchObject({ state: 'unknown' });
});

test.each([
  ['16', 'Unauthorized request', 'firewall/permission-denied'],
  ['403', 'Invalid credentials.', 'firewall/credentials-rejected'],
  ['403', 'Type [user-id] not authorized for user role.', 'firewall/permission-denied'],
  ['15', 'Operation denied', 'firewall/standby-unit'],
  ['22', 'Session timed out', 'firewall/busy'],
  ['18', 'Malformed', 'firewall/rejected'],
  ['10', 'in use', 'firewall/object-in-use'],
])('code %s with %j is %s', async (code, text, expected) => {
  answer = {
    text: `<response status='error' code='${code}'><msg><line><![CDATA[${text}]]></line></msg></response>`,
  };
  expect((await add()).outcomes.get('10.1.0.1')).toMatchObject({
    state: 'failed',
    error: { code: expected },
  });
});

test('a success that names the entry without a word leaves open what was done', async () => {
  const entry = '<uid-response><payload><register><entry ip="10.1.0.1"/></register></payload></uid-response>';
  answer = { text: `<response status="success"><result>${entry}</result></response>` };
  expect((await add()).outcomes.get('10.1.0.1')).toMatchObject({ state: 'unknown' });
});

test('what a device says is printed without its control characters', async () => {
  answer = { text: `<response status="error" code="12"><msg><line>a&#27;[31m&#10;b</line></msg></response>` };
  const outcome = (await add()).outcomes.get('10.1.0.1');
  expect(outcome?.state === 'failed' && outcome.error.message).toContain('a [31m b');
});
