import { expect, test } from 'vitest';
import { pauseWrites, resumeWrites } from '../../lib/app/commands/pause.ts';
import { restoreMember } from '../../lib/app/commands/restore.ts';
import { admitGroups } from '../../lib/app/delegation/admit-groups.ts';
import { markDirty } from '../../lib/app/state/dirty.ts';
import { publishDesired } from '../../lib/app/way-back/publish-desired.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import type { KubernetesObject } from '../../lib/core/onboarding/kubernetes-object.ts';
import { LocalSigner } from '../support/memory-cluster.ts';
import { MemoryDesired } from '../support/memory-desired.ts';
import { request, spec, teamWorld } from '../support/team-world.ts';
import { group } from '../support/world.ts';

interface Condition {
  type: string;
  status: string;
  reason: string;
  observedGeneration: number;
}

interface Status {
  observedGeneration: number;
  conditions: Condition[];
  published: string;
  firewalls: { state: string; message: string }[];
}

/** A team whose group `web` has two pods on the firewall. */
async function start() {
  const team = await teamWorld([group('platform'), group('other')]);
  const { world, tell, admit, web } = team;
  const store = new MemoryDesired();
  const publishing = { ports: world.ports, store, signer: new LocalSigner() };
  const status = async (name = 'web'): Promise<Status> => {
    await publishDesired(publishing, world.configurations);
    const text = store.latest.get('one/address-groups.json') ?? '';
    const { entries } = JSON.parse(text) as { entries: { object: KubernetesObject }[] };
    return entries.find(({ object }) => object.metadata.name === name)?.object['status'] as Status;
  };
  const published = async () => {
    const { conditions } = await status();
    const [accepted, condition] = conditions;
    return [accepted?.status, condition?.status, condition?.reason];
  };
  for (const one of web(2)) await world.upsert(one);
  await tell([request('web')]);
  await admit();
  expect(await published()).toEqual(['True', 'True', 'Published']);
  return { ...team, publishing, status, published };
}

test('a group that selects nothing says so, until its first member is on the firewall', async () => {
  const { world, web, tell, admit, status } = await start();
  await tell([
    request('web'),
    request('quiet', { spec: { ...spec, selector: { matchLabels: { app: 'quiet' } } } }),
  ]);
  await admit();
  const stands = async () => {
    const { conditions, firewalls } = await status('quiet');
    return [conditions[1]?.status, conditions[1]?.reason, firewalls[0]?.state];
  };
  expect(await stands()).toEqual(['False', 'NoMembers', 'Empty']);
  const first = { ...web(3)[2]!, labels: { app: 'quiet' } };
  await world.upsert(first);
  expect(await stands()).toEqual(['True', 'Published', 'Published']);
});

test('while a firewall cannot be reached nothing counts as published there', async () => {
  const { world, web, status, published } = await start();
  world.device.fault = () => {
    throw new ZonebridgeError('firewall/unreachable', 'down');
  };
  for (const one of web(6).slice(2)) await world.upsert(one);
  await world.clock.sleep(3_600_000);
  expect(await published()).toEqual(['True', 'False', 'Pending']);
  const { firewalls, published: count } = await status();
  expect([count, firewalls[0]?.state]).toEqual(['0/1', 'Pending']);
  expect(firewalls[0]?.message).toContain('does not take changes since 2026-');
  world.device.fault = undefined;
  await world.wakeUp();
  await world.settle();
  expect(await published()).toEqual(['True', 'True', 'Published']);
});

test('changes that wait count as not published, those of other groups do not matter', async () => {
  const { world, web, published } = await start();
  await world.send(world.upsertChange(web(3)[2]!));
  const changes = world.queues.take();
  for (const { queue, body } of changes.filter(({ queue }) => queue.includes('ingest')))
    await world.ingest(body).catch(() => expect(queue).toBe(''));
  expect(await published()).toEqual(['True', 'False', 'Pending']);
  await world.wakeUp();
  expect(await published()).toEqual(['True', 'True', 'Published']);
  const marked = async (rows: number): Promise<void> => {
    for (let row = 0; row < rows; row++) {
      const address = `10.${row >> 8}.0.${row & 255}`;
      const mark = { id: 'x', firewall: 'edge', key: `other|default|${address}`, time: world.clock.now() };
      await world.tables.write(markDirty({ ...mark, cause: 'watch' }));
    }
  };
  await marked(20);
  expect(await published()).toEqual(['True', 'True', 'Published']);
  // More than is looked at each minute: what else waits is not known.
  await marked(3_000);
  expect(await published()).toEqual(['True', 'False', 'Pending']);
});

test.each(['edge', undefined])(
  'while writes are paused nothing counts as published: %s',
  async (firewall) => {
    const { world, published } = await start();
    const by = { name: 'ada', principal: undefined };
    await pauseWrites(world.ports, world.configurations, { firewall, by });
    expect(await published()).toEqual(['True', 'False', 'Pending']);
    await resumeWrites(world.ports, world.configurations, { firewall, by });
    expect(await published()).toEqual(['True', 'True', 'Published']);
  },
);

test('a new spec is published when it is in force and carried out, not before', async () => {
  const { world, tell, status, published } = await start();
  const selector = { matchLabels: { app: 'else' } };
  await tell([request('web', { generation: 2, spec: { ...spec, selector } })]);
  expect(await published()).toEqual(['True', 'False', 'NotInForce']);
  expect(await status()).toMatchObject({
    observedGeneration: 2,
    published: '0/1',
    conditions: [{ observedGeneration: 2 }, { observedGeneration: 2 }],
  });
  await admitGroups(world);
  expect(await published()).toEqual(['True', 'False', 'Pending']);
  await world.settle();
  expect((await published())[2]).not.toBe('NotInForce');
  await tell([request('web', { generation: 3 })]);
  await admitGroups(world);
  await world.settle();
  expect(await published()).toEqual(['True', 'True', 'Published']);
});

test('a spec that is refused is not published, although what was accepted before stays', async () => {
  const { world, tell, admit, status, published } = await start();
  await tell([request('web', { generation: 2, spec: { ...spec, maxMembers: 51 } })]);
  await admit();
  expect(world.on('team.one.shop.web')).toHaveLength(2);
  expect(await published()).toEqual(['False', 'False', 'NotAccepted']);
  expect(await status()).toMatchObject({ published: '0/1', members: 2 });
});

test('each firewall is looked at once in a round, whatever the number of clusters and groups', async () => {
  const { world, publishing } = await start();
  world.configuration.clusters['two']!.writes = ['address-groups'];
  world.configuration.groups = (await world.configurations.active()).configuration.groups;
  await world.activate();
  await world.hello('agent-process-2', 'two');
  const requests = [request('web', { uid: 'uid-two' })];
  const told = { epoch: 1, version: 2, number: 1, requests, more: 0, others: [] };
  await world.event('address-groups', told, 'two');
  await admitGroups(world);
  await world.settle();
  let looked = 0;
  world.tables.beforeCall = (name, call) => {
    if (name === 'query' && JSON.stringify(call).includes('"dirty"')) looked += 1;
  };
  await publishDesired(publishing, world.configurations);
  expect(looked).toBe(4);
});

test('a member that the firewall refuses is no published one', async () => {
  const { world, web, status, published } = await start();
  const [, , third] = web(3);
  const address = third!.addresses[0]!;
  world.device.refuse.set(address, new ZonebridgeError('firewall/rejected', 'not this one'));
  await world.upsert(third!);
  expect(await published()).toEqual(['True', 'False', 'Pending']);
  const { firewalls } = await status();
  expect(firewalls[0]).toMatchObject({ state: 'Incomplete', members: 2 });
  expect(firewalls[0]?.message).toBe(
    '1 are not there: refused by the firewall, or taken off there by a person',
  );
  world.device.refuse.clear();
  await world.reconcile();
  expect(await published()).toEqual(['True', 'True', 'Published']);
});

test('a member that is gone, and had been refused, is missed no more', async () => {
  const { world, web, published } = await start();
  const [, , third] = web(3);
  world.device.refuse.set(third!.addresses[0]!, new ZonebridgeError('firewall/rejected', 'not this one'));
  await world.upsert(third!);
  expect(await published()).toEqual(['True', 'False', 'Pending']);
  await world.remove(third!.uid);
  expect(await published()).toEqual(['True', 'True', 'Published']);
});

test('a member that a person took off counts as missing until it is restored', async () => {
  const { world, status, published } = await start();
  const [object, { members }] = [...world.device.objects].find(([name]) => name.includes('web'))!;
  const [first = ''] = members;
  members.delete(first);
  await world.reconcile();
  expect(world.device.members(object)).not.toContain(first);
  expect(await published()).toEqual(['True', 'False', 'Pending']);
  expect((await status()).firewalls[0]?.state).toBe('Incomplete');
  const name = (await world.configurations.active()).configuration.groups;
  const group = Object.keys(name).find((one) => one.includes('web')) ?? '';
  await restoreMember(world.ports, await world.configurations.active(), { firewall: 'edge', group });
  await world.wakeUp();
  expect(world.device.members(object)).toContain(first);
  expect(await published()).toEqual(['True', 'True', 'Published']);
});

test('where a firewall acts only later the status says what has to happen before', async () => {
  const { world, status, published } = await start();
  const paper = world.ports.firewalls['paper']!;
  const { channels } = paper.facts;
  const list = { ...channels['list']!, actsAfter: 'a deployment by a person' };
  const facts = { ...paper.facts, channels: { ...channels, list } };
  Object.assign(world.ports, { firewalls: { ...world.ports.firewalls, paper: { ...paper, facts } } });
  expect(await published()).toEqual(['True', 'True', 'Published']);
  const [{ message } = { message: '' }] = (await status()).firewalls;
  expect(message).toBe('its members act there only after a deployment by a person');
});
