import { createPublicKey, verify } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { s3Source } from '../../cluster-agent/aws-desired.ts';
import { signatureCheck } from '../../cluster-agent/signature.ts';
import { KmsSigner } from '../../lib/aws/kms-signer.ts';
import { S3DesiredStore } from '../../lib/aws/s3-desired-store.ts';
import { type Ministack, startMinistack } from '../../lib/sandbox/aws/ministack.ts';

let directory: string;
let ministack: Ministack;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zonebridge-desired-'));
  ministack = await startMinistack({ directory });
  for (const [name, value] of Object.entries(ministack.environment)) vi.stubEnv(name, value);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await ministack?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('the key of the hub', () => {
  const bytes = Buffer.from('zonebridge desired state');

  test('signs what an agent verifies with the public key alone', async () => {
    const client = new KMSClient({});
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    );
    const key = 'alias/zonebridge-prod-desired';
    await client.send(new CreateAliasCommand({ AliasName: key, TargetKeyId: KeyMetadata?.KeyId }));
    const signer = new KmsSigner({ client, keys: [key] });
    const signature = await signer.sign(bytes);
    const [publicKey = ''] = await signer.publicKeys();
    const spki = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    expect(verify('sha256', bytes, spki, Buffer.from(signature, 'base64'))).toBe(true);
    const check = signatureCheck([publicKey]);
    expect(check(bytes, signature)).toBe(true);
    expect(check(Buffer.from('something else'), signature)).toBe(false);
    expect(await signer.signedBy(bytes, signature)).toBe('in-force');
    expect(await signer.signedBy(Buffer.from('something else'), signature)).toBeUndefined();
    expect(await signer.signedBy(bytes, Buffer.from('nonsense').toString('base64'))).toBeUndefined();
  });

  test('is replaced: the next one signs, and what the former signed is known', async () => {
    const client = new KMSClient({});
    const make = async () => {
      const made = await client.send(
        new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
      );
      return made.KeyMetadata?.KeyId ?? '';
    };
    const [first, second] = [await make(), await make()];
    const before = new KmsSigner({ client, keys: [first, second] });
    const after = new KmsSigner({ client, keys: [second, first] });
    const [old, young] = [await before.sign(bytes), await after.sign(bytes)];
    expect(await after.signedBy(bytes, old)).toBe('other');
    expect(await after.signedBy(bytes, young)).toBe('in-force');
    const agent = signatureCheck(await before.publicKeys());
    expect([agent(bytes, old), agent(bytes, young)]).toEqual([true, true]);
    const strict = signatureCheck(await new KmsSigner({ client, keys: [second] }).publicKeys());
    expect([strict(bytes, old), strict(bytes, young)]).toEqual([false, true]);
  });

  test('that is not there is told as what to deploy', async () => {
    const signer = new KmsSigner({ client: new KMSClient({}), keys: ['alias/none'] });
    await expect(signer.sign(bytes)).rejects.toMatchObject({ code: 'hub/missing' });
    await expect(signer.publicKeys()).rejects.toMatchObject({ code: 'hub/missing' });
  });

  test('that cannot be reached is asked again', async () => {
    const client = new KMSClient({ endpoint: 'http://127.0.0.1:1' });
    const signer = new KmsSigner({ client, keys: ['alias/none'] });
    await expect(signer.sign(bytes)).rejects.toMatchObject({ code: 'store/unavailable' });
  });
});

test('the bucket keeps versions, takes conditions, and an agent reads it', async () => {
  const client = new S3Client({ forcePathStyle: true });
  const bucket = 'zonebridge-desired';
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  await client.send(
    new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  const store = new S3DesiredStore({ client, bucket });
  const agent = s3Source({ bucket, cluster: 'shop' });
  expect(await store.read('shop/manifest.json')).toBeUndefined();
  expect(await agent.manifest(undefined)).toBe('absent');
  const [first, second] = [await store.put('shop/a.json', 'one'), await store.put('shop/a.json', 'two')];
  expect(await agent.contents('a', first)).toBe('one');
  expect(await agent.contents('a', second)).toBe('two');
  expect(await agent.contents('b', first)).toBeUndefined();
  expect(await store.replace('shop/manifest.json', 'm1', undefined)).toBe(true);
  expect(await store.replace('shop/manifest.json', 'm2', undefined)).toBe(false);
  const found = await store.read('shop/manifest.json');
  expect(await store.replace('shop/manifest.json', 'm2', found?.tag)).toBe(true);
  expect(await store.replace('shop/manifest.json', 'm3', found?.tag)).toBe(false);
  const seen = await agent.manifest(undefined);
  expect(seen).toMatchObject({ text: 'm2' });
  expect(await agent.manifest((seen as { tag: string }).tag)).toBe('unchanged');
});
