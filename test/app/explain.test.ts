import { describe, expect, test } from 'vitest';
import { explain } from '../../lib/app/commands/explain-group.ts';
import type { PlaceVerdict } from '../../lib/app/commands/explain-place.ts';
import { restoreMember } from '../../lib/app/commands/restore.ts';
import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import { type ErrorCode, ZonebridgeError } from '../../lib/core/errors.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const target = group('web').publish[0]!;

async function verdictOn(world: World, asked: string): Promise<PlaceVerdict> {
  const { verdicts } = await explain(world, asked);
  expect(verdicts).toHaveLength(1);
  return verdicts[0]!;
}

async function withPod(groups: AddressGroup[] = [group('web')]): Promise<World> {
  const world = await World.start(groups);
  await world.upsert(pod('a', '10.1.0.1', web));
  return world;
}

function failing(world: World, code: ErrorCode): void {
  world.device.fault = () => {
    throw new ZonebridgeError(code, 'test');
  };
}

describe('an address or endpoint', () => {
  test.each(['10.1.0.1', 'shop/a', 'one/shop/a'])('that is there, asked as %s', async (asked) => {
    const world = await withPod();
    const explanation = await explain(world, asked);
    expect(explanation.verdicts[0]).toMatchObject({
      reason: 'present',
      on: true,
      group: 'web',
      firewall: 'edge',
    });
    expect(explanation.endpoints[0]).toMatchObject({ title: 'one/shop/a' });
    const [seen] = explanation.endpoints[0]!.steps;
    expect(seen).toMatchObject({ at: expect.any(Number) as number });
    const texts = explanation.verdicts[0]!.steps.map(({ text }) => text).join('\n');
    expect(texts).toContain('given by one/shop/a');
    expect(texts).toContain('ledger: present');
  });

  test('says that it goes by the record, and when that was compared', async () => {
    const world = await withPod();
    expect((await verdictOn(world, '10.1.0.1')).text).toContain('has not been compared with it yet');
    await world.reconcile();
    const at = new Date(world.clock.now()).toISOString().slice(0, 19).replace('T', ' ');
    expect((await verdictOn(world, '10.1.0.1')).text).toBe(
      `By our record it is there, as it should be; last compared with the firewall at ${at} UTC.`,
    );
  });

  test('in any spelling of the address', async () => {
    const world = await World.start([group('web')]);
    await world.upsert(pod('a', 'fd00::1', web));
    expect(await verdictOn(world, 'FD00:0:0::1')).toMatchObject({ reason: 'present', address: 'fd00::1' });
  });

  test('that is nowhere: tells where was looked', async () => {
    const world = await withPod();
    await world.event('heartbeat', {
      epoch: 1,
      process: 'agent-process-1',
      endpoints: 1,
      pending: 0,
      sequence: 1,
    });
    const explanation = await explain(world, '192.0.2.7');
    expect(explanation).toMatchObject({ found: false, kind: 'address', endpoints: [], verdicts: [] });
    expect(explanation.steps.map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /cluster one: .*none of 1 stored endpoints fits.*outside of its ranges 10\.0\.0\.0\/8/,
      ),
      expect.stringMatching(/cluster two: no agent of it was ever heard/),
    ]);
  });

  test('that was removed: tells when', async () => {
    const world = await withPod();
    await world.remove('a');
    const { steps } = await explain(world, '10.1.0.1');
    expect(steps[0]).toMatchObject({
      at: world.clock.now(),
      text: expect.stringContaining('removed') as string,
    });
  });

  test('that belongs to somebody else now', async () => {
    const world = await withPod();
    await world.upsert(pod('b', '10.1.0.1', { app: 'db' }));
    const { endpoints } = await explain(world, 'shop/a');
    expect(endpoints[0]!.steps.map(({ text }) => text).join()).toContain('belongs to one/shop/b now');
  });

  test('under an older generation', async () => {
    const world = await withPod();
    await world.activate();
    const { endpoints } = await explain(world, 'shop/a');
    expect(endpoints[0]!.steps.map(({ text }) => text).join()).toContain('generation 1, active is 2');
  });
});

describe('why a group does not take an endpoint', () => {
  const refusedBy = async (more: Partial<AddressGroup>, endpoint = pod('a', '10.1.0.1', web)) => {
    const world = await World.start([group('web', more)]);
    await world.upsert(endpoint);
    const { endpoints } = await explain(world, endpoint.namespace === undefined ? 'a' : 'shop/a');
    return endpoints[0]!.selections[0]!;
  };
  const inNamespaces = (namespaces: string) => ({ namespaces, anyNamespace: undefined });

  test.each([
    ['another cluster', { clusters: ['two'] }, 'not of cluster one'],
    ['its labels', { select: "app == 'db'" }, /`app == "db"` does not match its labels \{app=web/],
    ['its namespace', inNamespaces("team == 'x'"), 'namespace selector'],
    ['nodes only', { ...inNamespaces('global()'), addresses: 'node' as const }, 'takes nodes'],
  ])('%s', async (_, more, reason) => {
    expect(await refusedBy(more)).toMatchObject({
      selected: false,
      reason: expect.stringMatching(reason) as string,
    });
  });

  test.each([
    ['host network', pod('a', '10.1.0.1', web, { hostNetwork: true }), 'network of its node'],
    ['no address', pod('a', [], web), 'has no address'],
    ['unknown namespace', pod('a', '10.1.0.1', web, { namespaceLabels: undefined }), 'not known'],
  ])('%s', async (_, endpoint, reason) => {
    const found = await refusedBy(inNamespaces('all()'), endpoint);
    expect(found).toMatchObject({ selected: false, reason: expect.stringContaining(reason) as string });
  });

  const node = pod('n1', '10.0.0.1', web, { kind: 'node', namespace: undefined, namespaceLabels: undefined });

  test('a node, for a group of pods', async () => {
    const named = { ...node, name: 'a' };
    expect((await refusedBy({}, named)).reason).toBe(
      'it publishes the addresses of pods, and this is a node',
    );
  });

  test('a node, for a group of the nodes that run pods: leads to those pods', async () => {
    const world = await withPod([group('web', { addresses: 'node' })]);
    await world.upsert(node);
    const { endpoints } = await explain(world, 'n1');
    expect(endpoints[0]!.selections[0]).toMatchObject({
      selected: false,
      reason: expect.stringContaining('`zonebridge explain 10.0.0.1` shows the pods on it') as string,
    });
    const there = await explain(world, '10.0.0.1');
    expect(there.endpoints.map(({ title, selections }) => [title, selections[0]?.selected])).toContainEqual([
      'one/shop/a',
      true,
    ]);
  });

  test.each([
    ['cluster', {}, '8.8.8.8'],
    ['group', { ranges: ['10.2.0.0/16'] }, '10.1.0.1'],
  ])('an address outside of the ranges of the %s is refused', async (whose, more, address) => {
    const found = await refusedBy(more, pod('a', address, web));
    expect(found).toMatchObject({ selected: true, addresses: [] });
    expect(found.refused[0]).toMatchObject({
      address,
      reason: expect.stringContaining(`of ${whose === 'group' ? 'the group' : 'cluster one'}`) as string,
    });
  });
});

describe('why a member is not on the firewall', () => {
  test('observe', async () => {
    const world = await withPod([group('web', { publish: [{ ...target, mode: 'observe' }] })]);
    expect(await verdictOn(world, '10.1.0.1')).toMatchObject({ reason: 'observe', on: false });
  });

  test('another realm', async () => {
    const world = new World([group('web')]);
    world.configuration.firewalls['edge']!.realms = ['elsewhere'];
    await world.activate();
    await world.hello('agent-process-1');
    await world.upsert(pod('a', '10.1.0.1', web));
    expect(await verdictOn(world, '10.1.0.1')).toMatchObject({ reason: 'realm-not-seen' });
  });

  test('held, with what releases it', async () => {
    const world = await withPod();
    await world.apply([group('web', { select: "app == 'db'" })], { add: 0, remove: 0 });
    const verdict = await verdictOn(world, '10.1.0.1');
    expect(verdict).toMatchObject({ reason: 'held', on: true, wanted: false });
    expect(verdict.text).toContain('zonebridge approve edge --group web');
  });

  test('held because of an object that is not ours', async () => {
    const world = await World.start([group('web')]);
    world.device.objects.set('obj-web', { comment: '', members: new Set() });
    await world.upsert(pod('a', '10.1.0.1', web));
    const verdict = await verdictOn(world, '10.1.0.1');
    expect(verdict).toMatchObject({ reason: 'held', text: expect.stringContaining('not ours') as string });
    expect(verdict.steps.map(({ text }) => text).join()).toContain('foreign-object');
  });

  test('withheld, until it is restored', async () => {
    const world = await withPod();
    await world.reconcile();
    world.device.objects.get('obj-web')!.members.clear();
    await world.reconcile();
    const verdict = await verdictOn(world, 'shop/a');
    expect(verdict).toMatchObject({ reason: 'withheld', on: false, wanted: true });
    expect(verdict.text).toContain('zonebridge restore edge web 10.1.0.1');
    const place = { firewall: 'edge', group: 'web', address: '10.1.0.1' };
    await restoreMember(world.ports, await world.configurations.active(), place);
    expect(await verdictOn(world, 'shop/a')).toMatchObject({ reason: 'on-its-way' });
    await world.settle();
    expect(await verdictOn(world, 'shop/a')).toMatchObject({ reason: 'present' });
  });

  test('refused by the firewall', async () => {
    const world = await World.start([group('web')]);
    world.device.refuse.set('10.1.0.1', new ZonebridgeError('firewall/table-full', 'no room'));
    await world.upsert(pod('a', '10.1.0.1', web));
    expect(await verdictOn(world, '10.1.0.1')).toMatchObject({
      reason: 'failed',
      text: expect.stringContaining('firewall/table-full: no room') as string,
    });
  });

  test('the firewall is down', async () => {
    const world = await World.start([group('web')]);
    failing(world, 'firewall/unreachable');
    await world.upsert(pod('a', '10.1.0.1', web));
    const verdict = await verdictOn(world, '10.1.0.1');
    expect(verdict).toMatchObject({ reason: 'firewall-behind', wanted: true });
    expect(verdict.text).toContain('firewall/unreachable');
    expect(verdict.steps.some(({ text }) => text.startsWith('marked to be looked at'))).toBe(true);
  });

  test('the firewall refuses the credential', async () => {
    const world = await World.start([group('web')]);
    failing(world, 'firewall/credentials-rejected');
    await world.upsert(pod('a', '10.1.0.1', web));
    expect(await verdictOn(world, '10.1.0.1')).toMatchObject({ reason: 'circuit-open' });
  });

  test('not looked at yet', async () => {
    const world = await World.start([group('web')]);
    await world.send(world.upsertChange(pod('a', '10.1.0.1', web)));
    expect(await verdictOn(world, '10.1.0.1')).toMatchObject({ reason: 'on-its-way', on: false });
  });

  test('the reply was lost', async () => {
    const world = await World.start([group('web')]);
    world.device.loseReply.add('10.1.0.1');
    await world.send(world.upsertChange(pod('a', '10.1.0.1', web)));
    await world.wakeUp();
    expect(['uncertain', 'firewall-behind']).toContain((await verdictOn(world, '10.1.0.1')).reason);
  });

  test('about to go', async () => {
    const world = await withPod();
    await world.send(world.removeChange('a'));
    expect(await verdictOn(world, '10.1.0.1')).toMatchObject({ reason: 'leaving', on: true, wanted: false });
  });

  test('nobody noticed', async () => {
    const world = await withPod();
    await world.tables.write({
      key: { table: 'ledger', pk: 'edge|web', sk: 'default|10.1.0.1' },
      delete: true,
    });
    const verdict = await verdictOn(world, '10.1.0.1');
    expect(verdict).toMatchObject({ reason: 'not-noticed', on: false });
    expect(verdict.text).toContain('zonebridge reconcile edge');
  });
});

test('a group: what it selects and how it stands on each firewall', async () => {
  const world = await withPod();
  await world.upsert(pod('db', '10.1.0.2', { app: 'db' }));
  await world.upsert(pod('out', '8.8.8.8', web));
  const { kind, steps } = await explain(world, 'web');
  expect(kind).toBe('group');
  const texts = steps.map(({ text }) => text);
  expect(texts[0]).toContain('`app == "web"` in any namespace');
  expect(texts[1]).toBe('cluster one: 2 of 3 endpoints selected, 1 addresses refused');
  expect(texts.at(-1)).toBe('edge (in step): list object obj-web, mode sync: 1 present');
});
