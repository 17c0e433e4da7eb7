import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { basic, ListWorld, passwords } from '../support/list-world.ts';

let lists: ListWorld;
let path: string;
const others: ListWorld[] = [];

beforeAll(async () => {
  lists = await ListWorld.start();
  path = `/${await lists.publish('web', ['10.1.0.1'])}`;
});
afterEach(async () => {
  for (const other of others.splice(0)) await other.stop();
});
afterAll(async () => await lists.stop());

const none = { authorization: [] };

test.each([
  ['nothing', none],
  ['a wrong password', basic('branch', 'wrong-password-1')],
  ['the password of another reader', basic('branch', passwords.spare[0] ?? '')],
  ['a name nobody has', basic('nobody', passwords.branch)],
  ['a name of every object', basic('__proto__', passwords.branch)],
  ['no password', basic('branch', '')],
  ['the reader that needs none', basic('collector', '')],
  ['another scheme', { authorization: `Bearer ${passwords.branch}` }],
  ['no base64', { authorization: 'Basic ?*?' }],
  ['no colon', { authorization: `Basic ${Buffer.from('branch').toString('base64')}` }],
  ['a header without end', { authorization: `Basic ${'QUFB'.repeat(50_000)}` }],
])('%s is no way in', async (_, headers) => {
  const answer = await lists.fetch(path, headers);
  expect(answer.status).toBe(401);
  expect(answer.headers['www-authenticate']).toContain('Basic');
  expect(answer.body).not.toContain('10.1.0.1');
});

test('both passwords of a reader count while one follows the other', async () => {
  for (const password of passwords.spare)
    expect(await lists.fetch(path, basic('spare', password))).toMatchObject({ status: 200 });
});

test('a reader for whom nobody stored a password is not let in by an empty one', async () => {
  const one = await ListWorld.start({ readers: { forgotten: { sources: ['10.9.0.0/16'] } } });
  others.push(one);
  const name = await one.publish('web', ['10.1.0.1']);
  for (const password of ['', 'undefined'])
    expect(await one.fetch(`/${name}`, basic('forgotten', password))).toMatchObject({ status: 401 });
});

test.each([
  ['elsewhere', '203.0.113.9', 403],
  ['elsewhere, saying it were inside', '10.9.1.1, 203.0.113.9', 403],
  ['inside, behind somebody', '203.0.113.9, 10.9.1.1', 200],
  ['nowhere', '', 400],
  ['no address', 'unknown', 400],
  ['an address with more behind it', '10.9.1.1;drop', 400],
])('who comes from %s gets %s', async (_, forwarded, status) => {
  expect((await lists.fetch(path, { 'x-forwarded-for': forwarded })).status).toBe(status);
});

test('a header that says two things is believed in neither', async () => {
  const { authorization } = basic('branch', passwords.branch);
  for (const headers of [
    { 'x-forwarded-for': ['10.9.1.1', '10.9.1.2'] },
    { authorization: [authorization, authorization] },
    { 'x-forwarded-for': [] },
  ])
    expect(await lists.fetch(path, headers)).toMatchObject({ status: 400 });
});

test('the source alone lets in only whom the configuration lets in by it', async () => {
  expect(await lists.fetch(path, { ...none, 'x-forwarded-for': '10.8.0.5' })).toMatchObject({ status: 200 });
  expect(await lists.fetch(path, { ...none, 'x-forwarded-for': '10.8.0.6' })).toMatchObject({ status: 403 });
  const guess = { ...basic('collector', 'guess'), 'x-forwarded-for': '10.8.0.5' };
  expect(await lists.fetch(path, guess)).toMatchObject({ status: 401 });
});

test('a certificate counts with its whole subject, and only where the load balancer checks certificates', async () => {
  const trustStoreArn = 'arn:aws:elasticloadbalancing:eu-central-1:111122223333:truststore/a/b';
  const certificateSubject = 'CN=edge-1,O=Acme';
  const sources = ['10.9.0.0/16'];
  const one = await ListWorld.start({
    trustStoreArn,
    readers: {
      edge: { sources, authentication: 'certificate', certificateSubject },
      both: { sources, certificateSubject: 'CN=edge-2,O=Acme' },
    },
  });
  others.push(one);
  const name = await one.publish('web', ['10.1.0.1']);
  const shown = async (subject: string | string[], more = {}) =>
    (await one.fetch(`/${name}`, { ...none, 'x-amzn-mtls-clientcert-subject': subject, ...more })).status;
  expect(await shown(certificateSubject)).toBe(200);
  expect(await shown(`${certificateSubject},C=X`)).toBe(401);
  expect(await shown([certificateSubject, certificateSubject])).toBe(400);
  expect(await shown('CN=edge-2,O=Acme')).toBe(401);
  expect(await shown([])).toBe(401);
  expect(
    await lists.fetch(path, { ...none, 'x-amzn-mtls-clientcert-subject': certificateSubject }),
  ).toMatchObject({
    status: 401,
  });
});

test.each([
  '/',
  '',
  '//',
  '/lists/web',
  '/../zb-test.web',
  '/%2e%2e%2fsecret',
  '/zb-test.web/',
  '/zb-test.web%00',
  '/.hidden',
  '/zb-test..web',
  `/${'a'.repeat(5_000)}`,
  '/zb-test.web\r\nset-cookie: a',
  '/__proto__',
  'http://169.254.169.254/',
])('there is no list at %j', async (wrong) => {
  const answer = await lists.fetch(wrong);
  expect(answer.status).toBe(404);
  expect(inspect(answer)).not.toContain('169.254');
});

test('names that nobody has do not fill the memory, nor push a list out of it', async () => {
  await lists.fetch(path);
  for (let at = 0; at < 1_200; at++) expect((await lists.fetch(`/zb-no.${at}`)).status).toBe(404);
  lists.bucket.faults.add({ kind: 'server-error' });
  await lists.world.clock.sleep(60_000);
  expect(await lists.fetch(path)).toMatchObject({ status: 200 });
  lists.bucket.faults.remove();
});

test('whom it refused and why is one line of log in five minutes', async () => {
  const own = { readers: { branch: { sources: ['10.9.0.0/16'] } } };
  const one = await ListWorld.start(own);
  others.push(one);
  const refusals = () =>
    one.world.telemetry.lines.filter(({ message }) => message === 'list refused').map(({ fields }) => fields);
  for (let times = 0; times < 3; times++) {
    await one.fetch('/zb-test.web', none);
    await one.fetch('/zb-test.web', { 'x-forwarded-for': '203.0.113.9' });
    await one.fetch('/zb-test.web', { 'x-forwarded-for': ['10.9.1.1', '10.9.1.2'] });
  }
  expect(refusals()).toEqual([
    { why: 'password', address: '10.9.1.1' },
    { why: 'source', address: '203.0.113.9' },
    { why: 'doubt', address: '10.9.1.1' },
  ]);
  await one.world.clock.sleep(300_000);
  await one.fetch('/zb-test.web', none);
  expect(refusals()).toHaveLength(4);
});

test('no password stands in an answer or a log', async () => {
  for (const value of [passwords.branch, `${passwords.branch}x`])
    await lists.fetch(path, basic('branch', value));
  const told = inspect(lists.world.telemetry, {
    depth: 20,
    maxStringLength: Infinity,
    maxArrayLength: Infinity,
  });
  for (const secret of [passwords.branch, ...passwords.spare]) expect(told).not.toContain(secret);
});
