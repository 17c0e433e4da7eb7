import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ListBucket } from '../../lib/firewalls/pull-list/bucket.ts';
import { pullListSettings } from '../../lib/firewalls/pull-list/schema.ts';
import { type Ministack, startMinistack } from '../../lib/sandbox/aws/ministack.ts';
import { listObject, ListWorld } from '../support/list-world.ts';

let directory: string;
let ministack: Ministack;
let lists: ListWorld;
let client: S3Client;

/** The S3 of the emulator, found by the environment as in a function: none that we wrote. */
const elsewhere = { address: undefined, port: undefined, ca: undefined, bucket: 'acme-lists' };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zonebridge-lists-'));
  ministack = await startMinistack({ directory });
  for (const [name, value] of Object.entries(ministack.environment)) vi.stubEnv(name, value);
  client = new S3Client({ forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: elsewhere.bucket }));
  lists = await ListWorld.start(elsewhere);
});

afterAll(async () => {
  client?.destroy();
  await lists?.stop();
  vi.unstubAllEnvs();
  await ministack?.stop();
  await rm(directory, { recursive: true, force: true });
});

const { name } = listObject('web');
const minute = () => lists.world.clock.sleep(60_000);

test('lists are written, changed, emptied, served and deleted', async () => {
  await lists.publish('web', ['10.1.0.2', '10.1.0.1']);
  const stored = await client.send(new GetObjectCommand({ Bucket: 'acme-lists', Key: `lists/${name}` }));
  expect(await stored.Body?.transformToString()).toBe('10.1.0.1\n10.1.0.2\n');
  const { headers, body } = await lists.fetch(`/${name}`);
  expect(body).toBe('10.1.0.1\n10.1.0.2\n');
  await minute();
  expect(await lists.fetch(`/${name}`, { 'if-none-match': headers['etag'] ?? '' })).toMatchObject({
    status: 304,
  });
  const connection = await lists.connect();
  const object = listObject('web');
  expect(await connection.identity()).toMatchObject({ serial: 'acme-lists' });
  expect((await connection.observeObject(object)).comment).toContain('zonebridge:mark:');
  await lists.publish('web', [], ['10.1.0.1', '10.1.0.2']);
  await minute();
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 200, body: '' });
  await (await lists.connect()).deleteObject(object);
  expect(await (await lists.connect()).observeObject(object)).toMatchObject({ exists: false });
  await minute();
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 404 });
  expect(lists.bucket.requests.list()).toEqual([]);
});

test('a write on condition of an older version is refused, and so is a second creation', async () => {
  const bucket = new ListBucket(pullListSettings.parse(lists.settings));
  const list = { text: '10.1.0.1\n', comment: 'ours', filled: true };
  expect(await bucket.write('one', { ...list, tag: undefined }, 5_000)).toBe(true);
  expect(await bucket.write('one', { ...list, tag: undefined }, 5_000)).toBe(false);
  const old = await bucket.read('one', 5_000);
  expect(await bucket.write('one', { ...list, text: '10.1.0.2\n', tag: old?.tag }, 5_000)).toBe(true);
  expect(await bucket.write('one', { ...list, text: '10.1.0.3\n', tag: old?.tag }, 5_000)).toBe(false);
  expect((await bucket.read('one', 5_000))?.text).toBe('10.1.0.2\n');
});

test('a bucket that is not there says so', async () => {
  const bucket = new ListBucket(pullListSettings.parse({ ...lists.settings, bucket: 'nowhere' }));
  await expect(bucket.look(5_000)).rejects.toMatchObject({ code: 'firewall/scope-missing' });
  await expect(bucket.read('one', 5_000)).rejects.toMatchObject({ code: 'firewall/scope-missing' });
});
