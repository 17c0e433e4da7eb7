import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { sandboxAccount, sandboxRegion } from '../../lib/sandbox/configuration.ts';
import { runPython } from '../clients/python.ts';
import { awsCall } from '../support/hub/aws-call.ts';
import type { BusAgent, Told } from '../support/hub/bus-agent.ts';
import { logLines } from '../support/hub/function-log.ts';
import { HubRig, until } from '../support/hub/hub-rig.ts';
import { Operator } from '../support/hub/operator.ts';
import { Roles } from '../support/hub/roles.ts';

/**
 * Lists as they are deployed: bucket, function, load balancer and roles, with signatures and policies enforced. The load balancer is the
 * emulator's, over TLS, and who fetches is the HTTP client of Python.
 */
const password = 'correct-horse-battery';
const group = {
  addresses: 'pod',
  select: "app == 'web'",
  namespaces: "kubernetes.io/metadata.name == 'shop'",
  usedIn: 'allow',
  maxMembers: 1_000,
  publish: [{ firewall: 'branches', channel: 'pull', create: 'own', mode: 'sync' }],
};
const branches = {
  kind: 'pull-list',
  bucket: 'zonebridge-sandbox-branches',
  region: sandboxRegion,
  hostName: 'lists.fw.example.com',
  certificateArn: `arn:aws:acm:${sandboxRegion}:${sandboxAccount}:certificate/11111111-2222-3333-4444-555555555555`,
  readers: {
    fortigates: { sources: ['127.0.0.0/8'] },
    elsewhere: { sources: ['10.64.0.0/12'], authentication: 'source' },
  },
};

/** Part of the name of the function that serves them, which is cut off further on. */
const server = 'ListsbranchesServe';
const soon = { seconds: 90 };

let rig: HubRig;
let roles: Roles;
let agent: BusAgent;
let operator: Operator;
let front: string;

const pod = (number: number): Told => ({
  upsert: {
    kind: 'pod',
    uid: `pod-${number}`,
    name: `pod-${number}`,
    namespace: 'shop',
    labels: { app: 'web' },
    namespaceLabels: { 'kubernetes.io/metadata.name': 'shop' },
    addresses: [`10.1.0.${number}`],
    hostNetwork: false,
  },
});

const fetched = z.strictObject({
  status: z.number(),
  etag: z.string().nullable(),
  encoding: z.string().nullable(),
  type: z.string().nullable(),
  asks: z.string().nullable(),
  bytes: z.number(),
  body: z.string(),
});
type Fetched = z.infer<typeof fetched>;

/** What a client gets that we did not write. */
async function fetchList(more: Record<string, string> = {}, list = 'zb-sandbox.web'): Promise<Fetched> {
  const answer = await runPython('python3', 'list_reader.py', {
    URL: `${front}/${list}`,
    CA_FILE: join(rig.directory, 'tls', 'trusted.pem'),
    USER: 'fortigates',
    PASSWORD: password,
    ...more,
  });
  return fetched.parse(answer);
}

beforeAll(async () => {
  rig = await HubRig.start({ firewalls: [], others: { branches }, groups: { web: group }, enforced: true });
  roles = new Roles(rig.ministack.endpoint);
  for (const part of ['SyncFirewall', 'ReconcileFirewall'])
    await roles.nameSecrets(await rig.roleOf(part), 'OwnFirewalls');
  await roles.nameSecrets(await rig.roleOf(server), 'PasswordsOfReaders');
  const name = await balancing({ Action: 'DescribeLoadBalancers' }, 'LoadBalancerName');
  // Its data plane answers below this name.
  front = `${rig.ministack.endpoint}/_alb/${name}`;
  await registerTarget();
  operator = await Operator.create(rig, roles, branches.bucket);
});

afterAll(async () => rig?.stop());

/** Asks the emulator's load balancers; the text of the only element of this name. */
async function balancing(parameters: Record<string, string>, element: string): Promise<string> {
  const text = await awsCall({
    endpoint: rig.ministack.endpoint,
    service: 'elasticloadbalancing',
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ Version: '2015-12-01', ...parameters }).toString(),
  });
  const found = [...text.matchAll(new RegExp(`<${element}>([^<]+)<`, 'g'))].map(([, value]) => value);
  expect(found, element).toHaveLength(1);
  return found[0] ?? '';
}

/** The emulator makes a target group of a template without the targets that the template names. */
async function registerTarget(): Promise<void> {
  const TargetGroupArn = await balancing({ Action: 'DescribeTargetGroups' }, 'TargetGroupArn');
  const id = `arn:aws:lambda:${sandboxRegion}:${sandboxAccount}:function:${await rig.functionNamed(server)}`;
  await balancing({ Action: 'RegisterTargets', TargetGroupArn, 'Targets.member.1.Id': id }, 'RequestId');
}

test('an operator stores the passwords, checks, plans and applies', async () => {
  const passwords = JSON.stringify({ fortigates: password });
  expect(await operator.run(['secret', 'set', 'branches'], passwords)).toMatchObject({ code: 0 });
  expect(await operator.run(['apply', '--yes'])).toMatchObject({ code: 0, result: { generation: 1 } });
  expect(await operator.run(['check', 'branches'])).toMatchObject({ code: 0, result: { ok: true } });
});

test('a list that never held a member is not there, so that nobody loads emptiness', async () => {
  expect(await fetchList()).toMatchObject({ status: 404 });
});

test('pods reach the list, and a client that we did not write fetches it', async () => {
  agent = await rig.agent();
  await agent.tell(...[1, 2, 3].map(pod));
  await until(
    'the list has three',
    async () => (await fetchList()).body.trim().split('\n').length === 3,
    soon,
  );
  expect(await fetchList()).toMatchObject({
    status: 200,
    encoding: null,
    type: 'text/plain; charset=utf-8',
    body: '10.1.0.1\n10.1.0.2\n10.1.0.3\n',
  });
});

test('who has the version is not sent it again, and gets the next one', async () => {
  const { etag } = await fetchList();
  const known = { KNOWN: etag ?? '' };
  expect(await fetchList(known)).toMatchObject({ status: 304, body: '', etag });
  for (let first = 10; first < 200; first += 10)
    await agent.tell(...Array.from({ length: 10 }, (_, index) => pod(first + index)));
  await until(
    'the list has all',
    async () => (await fetchList()).body.trim().split('\n').length === 193,
    soon,
  );
  const newer = await fetchList(known);
  expect(newer).toMatchObject({ status: 200 });
  expect(newer.etag).not.toBe(etag);
  const compressed = await fetchList({ ENCODING: 'gzip' });
  expect(compressed).toMatchObject({ status: 200, encoding: 'gzip', body: newer.body });
  expect(compressed.bytes).toBeLessThan(newer.body.length);
  expect(await fetchList({ ENCODING: 'gzip', KNOWN: compressed.etag ?? '' })).toMatchObject({ status: 304 });
});

test('who shows the wrong password, none, or another path gets nothing', async () => {
  expect(await fetchList({ PASSWORD: `${password}!` })).toMatchObject({
    status: 401,
    body: expect.not.stringContaining('10.1.'),
  });
  expect(await fetchList({ USER: 'elsewhere' })).toMatchObject({ status: 401 });
  expect((await fetchList({ PASSWORD: '' })).asks).toContain('Basic');
  expect(await fetchList({}, 'zb-sandbox.other')).toMatchObject({ status: 404 });
  expect(await fetchList({ METHOD: 'DELETE' })).toMatchObject({ status: 405 });
});

test('status tells which reader has the version that is in force', async () => {
  const { code, result } = await operator.run(['status']);
  expect(code).toBe(0);
  expect(JSON.stringify(result)).toContain('"reader":"fortigates"');
});

test('without the right to write the list stays as it is, and goes on when a person mended it', async () => {
  const role = await rig.roleOf('SyncFirewall');
  const policy = await roles.policy(role);
  const Statement = policy.Statement.filter(({ Sid }) => Sid !== 'BranchesWrites');
  expect(Statement).toHaveLength(policy.Statement.length - 1);
  await roles.setPolicy(role, { ...policy, Statement });
  const before = await fetchList();
  const since = Date.now();
  await agent.tell({ remove: 'pod-1' });
  await until(
    'the sync is refused',
    async () => (await logLines('SyncFirewall', 'firewall/', since)).length > 0,
    soon,
  );
  expect(await fetchList()).toMatchObject({ status: 200, body: before.body });
  await roles.setPolicy(role, policy);
  // A device that refused us as a whole is left alone, until somebody checks it.
  expect(await operator.run(['check', 'branches'])).toMatchObject({ code: 0, result: { ok: true } });
  await until('the pod left the list', async () => !(await fetchList()).body.startsWith('10.1.0.1\n'), soon);
});
