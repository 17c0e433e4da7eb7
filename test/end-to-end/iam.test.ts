import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { markDirty } from '../../lib/app/state/dirty.ts';
import { endpointKey, putEndpoint, readEndpoint } from '../../lib/app/state/endpoints.ts';
import { names } from '../../lib/app/names.ts';
import { membershipKey } from '../../lib/core/model/address-group.ts';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import { clusterId } from '../../lib/core/model/messages.ts';
import {
  sandboxAccount,
  sandboxCluster,
  sandboxHub,
  sandboxRegion,
} from '../../lib/sandbox/configuration.ts';
import { FirewallView } from '../../lib/sandbox/firewall-view.ts';
import { Person } from '../../lib/sandbox/person.ts';
import type { BusAgent, Told } from '../support/hub/bus-agent.ts';
import { ageLedger } from '../support/hub/aged-ledger.ts';
import { logLines } from '../support/hub/function-log.ts';
import { HubRig, until, workQueues } from '../support/hub/hub-rig.ts';
import { Operator } from '../support/hub/operator.ts';
import { Roles } from '../support/hub/roles.ts';

/**
 * The deployed stacks with signatures and policies enforced: functions, schedules, agent and operator each work with their own role,
 * so that a grant that is missing in the templates, or in the policy that the documentation gives an operator, fails here.
 */
const cluster = clusterId({ account: sandboxAccount, region: sandboxRegion, name: sandboxCluster });
const group = {
  addresses: 'pod',
  select: "app == 'web'",
  namespaces: "kubernetes.io/metadata.name == 'shop'",
  usedIn: 'allow',
  maxMembers: 100,
  publish: [{ firewall: 'edge', channel: 'push', create: 'own', mode: 'sync' }],
};

let rig: HubRig;
let roles: Roles;
let agent: BusAgent;
let view: FirewallView;
let operator: Operator;

const pod = (uid: string, address: string): Told => ({
  upsert: {
    kind: 'pod',
    uid,
    name: uid,
    namespace: 'shop',
    labels: { app: 'web' },
    namespaceLabels: { 'kubernetes.io/metadata.name': 'shop' },
    addresses: [address],
    hostNetwork: false,
  },
});

const has = (address: string): boolean => view.members('web', 'push')?.includes(address) ?? false;

beforeAll(async () => {
  rig = await HubRig.start({ firewalls: ['edge'], groups: { web: group }, enforced: true });
  roles = new Roles(rig.ministack.endpoint);
  view = new FirewallView(rig.simulator('edge'));
  for (const part of ['SyncFirewall', 'ReconcileFirewall'])
    await roles.nameSecrets(await rig.roleOf(part), 'OwnFirewalls');
  operator = await Operator.create(rig, roles);
});

afterAll(async () => rig?.stop());

describe('the main path, everybody with the own role', () => {
  test('nobody without a role does anything', async () => {
    const refused = await operator.stranger().run(['status']);
    expect(refused).toMatchObject({ code: 1, result: { error: { code: 'hub/access-denied' } } });
  });

  test('an operator stores the credential, checks, plans and applies', async () => {
    const { token } = rig.simulator('edge');
    expect(await operator.run(['secret', 'set', 'edge'], `${token}\n`)).toMatchObject({ code: 0 });
    expect(await operator.run(['apply', '--yes'])).toMatchObject({ code: 0, result: { generation: 1 } });
    expect(await operator.run(['check', 'edge'])).toMatchObject({ code: 0, result: { ok: true } });
    expect(await operator.run(['plan'])).toMatchObject({ code: 0 });
  });

  test('an agent reports', async () => {
    const role = names.agentRole(sandboxHub, sandboxCluster);
    await roles.letUsTake(role);
    // The emulator does not know the condition on the source of events, and would refuse them all.
    const policy = await roles.policy(role);
    const Statement = policy.Statement.map((statement) => ({ ...statement, Condition: undefined }));
    expect(JSON.stringify(policy)).toContain('events:source');
    await roles.setPolicy(role, { ...policy, Statement });
    agent = await rig.agent(await roles.take(role));
    await agent.tell(pod('a', '10.1.0.1'), pod('b', '10.1.0.2'));
    await until('both pods are on the firewall', () => has('10.1.0.1') && has('10.1.0.2'));
    await agent.tell({ remove: 'a' });
    await until('one of them is gone', () => !has('10.1.0.1') && has('10.1.0.2'));
  });

  test('an operator sees it, and lets a member come back that a person took off', async () => {
    expect(await operator.run(['status'])).toMatchObject({ code: 0 });
    expect(await operator.run(['groups', 'web'])).toMatchObject({ code: 0 });
    const person = new Person(rig.simulator('edge'));
    await ageLedger(rig.app.ports.tables, 'edge', ['web']);
    const name = view.name('web', 'push');
    const commands = [{ name, command: 'remove', entries: ['10.1.0.2'] }];
    await person.call('POST', 'monitor/system/external-resource/dynamic', { commands });
    expect(await operator.run(['reconcile', 'edge'])).toMatchObject({
      code: 0,
      result: { comparison: { removedByHand: 1 } },
    });
    expect(await operator.run(['explain', '10.1.0.2'])).toMatchObject({ code: 0 });
    expect(await operator.run(['restore', 'edge', 'web', '10.1.0.2'])).toMatchObject({ code: 0 });
    await until('it is back', () => has('10.1.0.2'));
    expect(await operator.run(['approve', 'edge', '--yes'])).toMatchObject({ code: 0 });
    await person.call('DELETE', `cmdb/system/external-resource/${name}`);
    await ageLedger(rig.app.ports.tables, 'edge', ['web']);
    expect(await operator.run(['reconcile', 'edge'])).toMatchObject({ result: { comparison: { lost: 1 } } });
    await until('it is made again', () => has('10.1.0.2'));
    await person.close();
  });

  test('the sweep of each minute wakes what stayed dirty, and finishes an endpoint', async () => {
    const { tables, random } = rig.app.ports;
    const key = membershipKey('web', 'default', '10.1.0.2');
    const [uid, minute] = sweptSoon();
    await agent.tell(pod(uid, '10.1.0.9'));
    await until('the pod is on the firewall', () => has('10.1.0.9'));
    const id = `pod|${uid}`;
    const [item] = await tables.read([endpointKey(cluster, id)]);
    const stored = readEndpoint(id, item);
    if (!stored) throw new Error('the endpoint is not stored');
    const todo = [{ op: 'leave' as const, key: membershipKey('web', 'default', '10.1.0.9') }];
    await tables.write(putEndpoint(cluster, { ...stored, todo }));
    await tables.write(
      markDirty({ id: random.id(), firewall: 'edge', key, cause: 'watch', time: Date.now() }),
    );
    expect(Date.now()).toBeLessThan(minute * 60_000);
    await until('the sweep has finished the endpoint', async () => {
      const [now] = await tables.read([endpointKey(cluster, id)]);
      return readEndpoint(id, now)?.memberships.length === 0;
    });
    await until('nothing is dirty', async () => {
      const page = await Promise.all(
        [0, 1, 2, 3].map((bucket) => tables.query({ table: 'dirty', pk: `edge|${bucket}` })),
      );
      return page.every(({ items }) => items.length === 0);
    });
  });
});

/** A uid whose shard is swept in a later minute, and that minute (since 1970). */
function sweptSoon(): [uid: string, minute: number] {
  const minute = Math.floor((Date.now() + 30_000) / 60_000) + 1;
  const first = (minute * 5) % 256;
  for (let number = 0; ; number++) {
    const uid = `swept-${number}`;
    if ((shardOf(`pod|${uid}`) - first + 256) % 256 < 5) return [uid, minute];
  }
}

describe('without one grant the path stops there, and goes on when it is back', () => {
  const cases = [
    { part: 'IngestDeltas', sid: 'MembershipsRows' },
    { part: 'SyncFirewall', sid: 'LedgerRows' },
    { part: 'SyncFirewall', sid: 'MembershipsRows' },
  ];
  test.each(cases)('$part without $sid', async ({ part, sid }) => {
    const address = `10.2.0.${cases.findIndex((one) => one.part === part && one.sid === sid) + 1}`;
    const role = await rig.roleOf(part);
    const policy = await roles.policy(role);
    const Statement = policy.Statement.filter((statement) => statement.Sid !== sid);
    expect(Statement).toHaveLength(policy.Statement.length - 1);
    await roles.setPolicy(role, { ...policy, Statement });
    const since = Date.now();
    await agent.tell(pod(`${part}-${sid}`, address));
    await until(`${part} is refused`, async () => (await logLines(part, 'AccessDenied', since)).length > 0);
    expect(has(address)).toBe(false);
    await roles.setPolicy(role, policy);
    await until('it is on the firewall', () => has(address));
  });
});

test('afterwards nothing waits in a queue', async () => {
  for (const queue of Object.values(workQueues))
    await until(`${queue} is empty`, async () => (await rig.waiting(queue)) === 0);
});
