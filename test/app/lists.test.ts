import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromLoadBalancer, toLoadBalancer } from '../../lib/app/lists/load-balancer.ts';
import { leftObjects, usesOf } from '../../lib/app/commands/leaving/left-objects.ts';
import { requestRetire } from '../../lib/app/commands/leaving/retire.ts';
import { readStatus } from '../../lib/app/commands/status.ts';
import { leaving, noteLeft } from '../../lib/app/state/left.ts';
import { metrics } from '../../lib/app/metrics.ts';
import { names } from '../../lib/app/names.ts';
import { readFetches } from '../../lib/app/state/fetches.ts';
import { basic, entry, listObject, ListWorld, passwords } from '../support/list-world.ts';
import { pod } from '../support/world.ts';

let lists: ListWorld;

beforeEach(async () => {
  lists = await ListWorld.start();
});
afterEach(async () => await lists.stop());

const calls = () => lists.bucket.requests.list().reduce((sum, { count }) => sum + count, 0);
const minutes = (count: number) => lists.world.clock.sleep(count * 60_000);

test('a list is one address a line, and known by its version', async () => {
  const name = await lists.publish('web', ['10.1.0.2', '10.1.0.1', 'fd00::1']);
  const answer = await lists.fetch(`/${name}`);
  expect(answer).toMatchObject({
    status: 200,
    body: '10.1.0.1\n10.1.0.2\nfd00::1\n',
    headers: { 'content-type': 'text/plain; charset=utf-8', etag: expect.stringMatching(/^"[0-9a-f]{32}"$/) },
  });
  const { etag = '' } = answer.headers;
  for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*'])
    expect(await lists.fetch(`/${name}`, { 'if-none-match': condition })).toMatchObject({
      status: 304,
      body: '',
    });
  await lists.publish('web', ['10.1.0.3'], ['10.1.0.1']);
  await minutes(1);
  const next = await lists.fetch(`/${name}`, { 'if-none-match': etag });
  expect(next).toMatchObject({ status: 200, body: '10.1.0.2\n10.1.0.3\nfd00::1\n' });
  expect(next.headers['etag']).not.toBe(etag);
});

test('it is compressed for who takes that, as the same version', async () => {
  const addresses = Array.from({ length: 500 }, (_, at) => `10.1.${at >> 8}.${at & 255}`);
  const name = await lists.publish('web', addresses);
  const answer = await lists.fetch(`/${name}`, { 'accept-encoding': 'br, gzip;q=0.8' });
  expect(answer.headers['content-encoding']).toBe('gzip');
  const balanced = toLoadBalancer(answer);
  expect(balanced).toMatchObject({ statusCode: 200, statusDescription: '200 OK', isBase64Encoded: true });
  const text = gunzipSync(Buffer.from(balanced.body, 'base64')).toString();
  expect(
    text
      .split('\n')
      .filter((line) => line !== '')
      .sort(),
  ).toEqual([...addresses].sort());
  const known = { 'if-none-match': answer.headers['etag'] ?? '' };
  expect(await lists.fetch(`/${name}`, known)).toMatchObject({ status: 304 });
  const refusing = await lists.fetch(`/${name}`, { 'accept-encoding': 'gzip;q=0, identity' });
  expect(refusing.headers['content-encoding']).toBeUndefined();
  expect(refusing.body).toBe(text);
});

test('a checksum tells a feed whether the list is another one, and who asks for it has what it fetched before', async () => {
  const name = await lists.publish('web', ['10.1.0.1']);
  const fetched = async () => (await readFetches(lists.world.tables, entry, { most: 10 }))[0];
  const checksum = async () => await lists.fetch(`/${name}.md5`);
  const md5 = (text: string) => `${createHash('md5').update(text).digest('hex')}\n`;
  expect(await checksum()).toMatchObject({ status: 200, body: md5('10.1.0.1\n') });
  // Nobody has fetched it yet.
  expect(await fetched()).toBeUndefined();
  await lists.fetch(`/${name}`);
  const first = await fetched();
  await minutes(10);
  lists.restarted();
  await checksum();
  expect(await fetched()).toEqual({ ...first, at: (first?.at ?? 0) + 600_000 });
  await lists.publish('web', ['10.1.0.2']);
  await minutes(10);
  expect(await checksum()).toMatchObject({ status: 200, body: md5('10.1.0.1\n10.1.0.2\n') });
  // It has the former list still.
  expect(await fetched()).toEqual({ ...first, at: (first?.at ?? 0) + 600_000 });
  await lists.fetch(`/${name}`);
  expect((await fetched())?.version).not.toBe(first?.version);
  expect(await lists.fetch('/nothing.md5')).toMatchObject({ status: 404 });
});

test('HEAD tells the same without the list, other methods are refused', async () => {
  const name = await lists.publish('web', ['10.1.0.1']);
  const { status, headers } = await lists.fetch(`/${name}`);
  expect(await lists.fetch(`/${name}`, {}, 'HEAD')).toEqual({ status, headers, body: '' });
  expect(await readFetches(lists.world.tables, entry, { most: 10 })).toHaveLength(1);
  await lists.fetch(`/${name}`, { 'x-forwarded-for': '10.9.1.2' }, 'HEAD');
  expect(await readFetches(lists.world.tables, entry, { most: 10 })).toHaveLength(1);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'get', ''])
    expect(await lists.fetch(`/${name}`, {}, method)).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
});

test('a list that never held a member is not there; one that was emptied is empty', async () => {
  const name = await lists.publish('web', []);
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 404 });
  await lists.publish('web', ['10.1.0.1']);
  await minutes(1);
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 200, body: '10.1.0.1\n' });
  await lists.publish('web', [], ['10.1.0.1']);
  await minutes(1);
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 200, body: '' });
  expect(
    await lists.restarted().answer(
      fromLoadBalancer({
        httpMethod: 'GET',
        path: `/${name}`,
        headers: {
          'X-Forwarded-For': '10.9.1.1',
          Authorization: basic('branch', passwords.branch).authorization,
        },
      }),
    ),
  ).toMatchObject({ status: 200, body: '' });
});

test('a list that was filled and emptied while nobody asked this copy of the function is empty, not missing', async () => {
  const name = await lists.publish('web', []);
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 404 });
  await lists.publish('web', ['10.1.0.1']);
  await lists.publish('web', [], ['10.1.0.1']);
  await minutes(1);
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 200, body: '' });
});

test('the last good copy is served while nothing else answers', async () => {
  const name = await lists.publish('web', ['10.1.0.1']);
  await lists.fetch(`/${name}`);
  const { world } = lists;
  lists.bucket.faults.add({ kind: 'server-error' });
  world.tables.beforeCall = () => {
    throw new Error('no table');
  };
  world.secrets.values.delete(names.secret('test', entry));
  await minutes(20);
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 200, body: '10.1.0.1\n' });
  lists.restarted();
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 503, headers: { 'retry-after': '30' } });
  world.tables.beforeCall = undefined;
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 503 });
  const collector = { 'x-forwarded-for': '10.8.0.5', authorization: [] };
  expect(await lists.fetch(`/${name}`, collector)).toMatchObject({ status: 503 });
  lists.bucket.faults.remove();
  await minutes(1);
  expect(await lists.fetch(`/${name}`, collector)).toMatchObject({ status: 200 });
});

test('a list that somebody deletes is served on until it is made anew, one that we retire is not', async () => {
  const name = await lists.publish('web', ['10.1.0.1']);
  await lists.fetch(`/${name}`);
  lists.bucket.objects.delete(`lists/${name}`);
  await minutes(1);
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 200, body: '10.1.0.1\n' });
  await lists.publish('web', ['10.1.0.2']);
  await minutes(1);
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 200, body: '10.1.0.2\n' });
  lists.bucket.objects.delete(`lists/${name}`);
  await minutes(1);
  await lists.fetch(`/${name}`);
  await minutes(31);
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 404 });

  await lists.publish('web', ['10.1.0.1']);
  await minutes(1);
  await lists.fetch(`/${name}`);
  await lists.publish('web', [], ['10.1.0.1']);
  await minutes(1);
  await lists.fetch(`/${name}`);
  await (await lists.connect()).deleteObject(listObject('web'));
  await minutes(1);
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 404 });
});

test('the bucket is asked every five seconds at most, whoever fetches', async () => {
  const name = await lists.publish('web', ['10.1.0.1']);
  await lists.fetch(`/${name}`);
  const before = calls();
  for (let at = 0; at < 200; at++) await lists.fetch(`/${name}`, { 'x-forwarded-for': `10.9.2.${at}` });
  expect(calls()).toBe(before);
  await lists.world.clock.sleep(5_001);
  await lists.fetch(`/${name}`);
  await lists.fetch(`/${name}`);
  expect(calls()).toBe(before + 1);
  expect(lists.bucket.requests.list().find(({ method }) => method === 'GET')?.statuses).toMatchObject({
    304: 1,
  });
});

test('who has which version is noted when it changes, and every five minutes', async () => {
  const name = await lists.publish('web', ['10.1.0.1']);
  const { tables, clock } = lists.world;
  const { etag: first = '' } = (await lists.fetch(`/${name}`)).headers;
  tables.resetUsage();
  for (let at = 0; at < 4; at++) await lists.fetch(`/${name}`, { 'if-none-match': first });
  expect(tables.usage.writeUnits).toBe(0);
  await minutes(5);
  await lists.fetch(`/${name}`, { 'if-none-match': first });
  expect(tables.usage.writeUnits).toBe(1);
  await lists.fetch(`/${name}`, { 'x-forwarded-for': '10.9.7.7' });
  expect(await readFetches(tables, entry, { most: 10 })).toEqual(
    ['10.9.1.1', '10.9.7.7'].map((address) => ({
      list: name,
      reader: 'branch',
      address,
      version: first.replaceAll('"', ''),
      at: clock.now(),
    })),
  );
  await lists.publish('web', ['10.1.0.2']);
  await minutes(1);
  await lists.fetch(`/${name}`);
  const fetches = await readFetches(tables, entry, { most: 10 });
  expect(fetches.map(({ version }) => version === fetches[0]?.version)).toEqual([true, false]);
});

test('a list is served although it cannot be noted, and not every firewall waits for that', async () => {
  const name = await lists.publish('web', ['10.1.0.1']);
  let tries = 0;
  lists.world.tables.beforeCall = async (call) => {
    if (call !== 'write') return;
    tries += 1;
    await lists.world.clock.sleep(4_000);
    throw new Error('no answer');
  };
  for (let at = 0; at < 20; at++)
    expect(await lists.fetch(`/${name}`, { 'x-forwarded-for': `10.9.2.${at}` })).toMatchObject({
      status: 200,
    });
  expect(tries).toBe(1);
  lists.world.tables.beforeCall = undefined;
  await minutes(1);
  await lists.fetch(`/${name}`);
  expect(await readFetches(lists.world.tables, entry, { most: 10 })).toHaveLength(1);
});

test('while the state hangs only some wait for it', async () => {
  const name = await lists.publish('web', ['10.1.0.1']);
  await lists.fetch(`/${name}`);
  const { world } = lists;
  let asked = 0;
  world.tables.beforeCall = async () => {
    asked += 1;
    await world.clock.sleep(4_000);
    throw new Error('no answer');
  };
  await minutes(10);
  const before = world.clock.now();
  for (let at = 0; at < 10; at++) {
    expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 200, body: '10.1.0.1\n' });
    await world.clock.sleep(1_000);
  }
  // The configuration and the note, once each.
  expect(asked).toBe(2);
  expect(world.clock.now() - before).toBe(18_000);
});

test('from a pod to a firewall: the list follows, and status says who has it', async () => {
  const { world } = lists;
  const path = `/${listObject('web').name}`;
  expect((await lists.fetch(path)).status).toBe(404);
  await world.upsert(pod('a', '10.1.0.1', { app: 'web' }));
  await world.upsert(pod('b', 'fd00::1', { app: 'web' }));
  await minutes(1);
  const { body, headers } = await lists.fetch(path);
  expect(body).toBe('10.1.0.1\nfd00::1\n');
  await lists.fetch(path, { ...basic('spare', passwords.spare[1] ?? ''), 'x-forwarded-for': '10.9.3.3' });
  await world.upsert(pod('c', '10.1.0.3', { app: 'web' }));
  await minutes(1);
  expect((await lists.fetch(path, { 'if-none-match': headers['etag'] ?? '' })).body).toContain('10.1.0.3');
  const fetchedAt = world.clock.now();
  await minutes(3);
  const status = await readStatus(world);
  const one = { group: 'web', list: listObject('web').name };
  expect(status.firewalls[0]?.readers).toEqual([
    {
      ...one,
      reader: 'branch',
      firewalls: 1,
      current: 1,
      lastFetch: fetchedAt,
      oldestFetch: fetchedAt,
      silent: [],
    },
    {
      ...one,
      reader: 'spare',
      firewalls: 1,
      current: 0,
      lastFetch: fetchedAt - 60_000,
      oldestFetch: fetchedAt - 60_000,
      silent: [],
    },
    {
      ...one,
      reader: 'collector',
      firewalls: 0,
      current: 0,
      lastFetch: undefined,
      oldestFetch: undefined,
      silent: [],
    },
  ]);
  await world.remove('a');
  await minutes(1);
  expect((await lists.fetch(path)).body).toBe('10.1.0.3\nfd00::1\n');
  await world.reconcile();
  expect((await readStatus(world)).firewalls[0]?.comparison).toMatchObject({
    error: '',
    lost: 0,
    foreign: 0,
  });
});

test('who fetched and has stopped is told, until a week later it counts as taken away', async () => {
  const { world } = lists;
  const path = `/${listObject('web').name}`;
  await world.upsert(pod('a', '10.1.0.1', { app: 'web' }));
  await minutes(1);
  const from = async (address: string) => await lists.fetch(path, { 'x-forwarded-for': address });
  /** What the alarm goes by, and what `status` shows. */
  const stopped = async (): Promise<[number, readonly string[]]> => {
    world.telemetry.metrics.length = 0;
    await world.reconcile();
    const [silent = -1] = world.telemetry.valuesOf(metrics.silentReaders.name);
    const { firewalls } = await readStatus(world);
    return [silent, (firewalls[0]?.readers ?? []).flatMap((one) => one.silent)];
  };
  expect(await stopped()).toEqual([0, []]);
  await from('10.9.1.1');
  await from('10.9.1.2');
  await minutes(50);
  await from('10.9.1.2');
  expect(await stopped()).toEqual([0, []]);
  await minutes(11);
  expect(await stopped()).toEqual([1, ['10.9.1.1']]);
  lists.bucket.faults.add({ kind: 'server-error' });
  await minutes(60);
  // Whoever stopped is worth knowing most while the bucket is ill.
  expect(await stopped()).toEqual([2, ['10.9.1.1', '10.9.1.2']]);
  lists.bucket.faults.remove();
  await from('10.9.1.1');
  expect(await stopped()).toEqual([1, ['10.9.1.2']]);
  await minutes(7 * 24 * 60);
  expect(await stopped()).toEqual([1, ['10.9.1.1']]);
  await minutes(120);
  expect(await stopped()).toEqual([0, []]);
});

test('a list that a firewall fetched within a day is not retired, and the firewall is named', async () => {
  const { world } = lists;
  await world.upsert(pod('a', '10.1.0.1', { app: 'web' }));
  await minutes(1);
  expect(await lists.fetch(`/${listObject('web').name}`)).toMatchObject({ status: 200 });
  const previous = world.configuration;
  await noteLeft(world.tables, leaving(previous, { ...previous, groups: {} }), world.clock.now());
  await world.apply([]);
  const active = await world.configurations.active();
  const [object] = await leftObjects(world.ports, active);
  if (!object) throw new Error('nothing is left');
  const uses = await usesOf(world.ports, active, [object]);
  expect([...uses.values()]).toMatchObject([
    { ownership: 'ours', use: { count: 1, users: [{ where: 'branch', key: '10.9.1.1' }] } },
  ]);
  const by = { name: 'mia', principal: 'arn:aws:iam::111122223333:user/mia' };
  const retire = async () =>
    requestRetire(world.ports, active, { object, by, ticket: undefined, reason: undefined });
  await expect(retire()).rejects.toMatchObject({
    code: 'retire/still-fetched',
    message: expect.stringContaining('branch at 10.9.1.1'),
  });
  await minutes(24 * 60);
  expect(await retire()).toBeTypeOf('string');
});
