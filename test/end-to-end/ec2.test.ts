import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Ec2Compute } from '../../lib/aws/ec2/compute.ts';
import { Ec2Query } from '../../lib/aws/ec2/query.ts';
import { all, textAt } from '../../lib/aws/ec2/xml.ts';
import { type Ministack, startMinistack } from '../../lib/sandbox/aws/ministack.ts';
import { sandboxRegion } from '../../lib/sandbox/configuration.ts';

/** Our reading of EC2 against the emulator, which knows whose key signed: what is listed, and that a key of nobody is refused. */
let directory: string;
let aws: Ministack;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zonebridge-ec2-'));
  aws = await startMinistack({ directory, settings: { AUTH: 'true' } });
});

afterAll(async () => {
  await aws?.stop();
  await rm(directory, { recursive: true, force: true });
});

function asked(accessKeyId: string): Ec2Query {
  const credentials = { accessKeyId, secretAccessKey: 'test' };
  const identity = new STSClient({ region: sandboxRegion, credentials });
  return new Ec2Query({ identity, endpoint: aws.endpoint, pause: async () => undefined });
}

async function launch(query: Ec2Query, tags: Record<string, string>): Promise<string> {
  const listed = Object.entries(tags).flatMap(([key, value], index) => [
    [`TagSpecification.1.Tag.${index + 1}.Key`, key],
    [`TagSpecification.1.Tag.${index + 1}.Value`, value],
  ]);
  const answer = await query.call('RunInstances', {
    ImageId: 'ami-1',
    InstanceType: 'm5.large',
    MinCount: '1',
    MaxCount: '1',
    'TagSpecification.1.ResourceType': 'instance',
    ...(Object.fromEntries(listed) as Record<string, string>),
  });
  return textAt(answer, 'instancesSet/item/instanceId') ?? '';
}

test('instances are found by their tags, with the addresses that EC2 gave them', async () => {
  const query = asked('test');
  const compute = new Ec2Compute(query);
  const one = await launch(query, { role: 'db', note: 'primary' });
  await launch(query, { role: 'web' });
  const [found, ...others] = await compute.instances({ role: ['db', 'cache'] });
  expect(others).toEqual([]);
  expect(found).toMatchObject({ id: one, tags: { role: 'db', note: 'primary' } });
  expect(found?.addresses[0]).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  expect(await compute.instance(one)).toEqual(found);
  expect(await compute.instance('i-0123456789abcdef0')).toBeUndefined();
  await query.call('TerminateInstances', { 'InstanceId.1': one });
  expect((await compute.instance(one))?.state ?? 'terminated').toMatch(/shutting-down|terminated/);
});

test('network interfaces are found by their description', async () => {
  const query = asked('test');
  const subnets = all(await query.call('DescribeSubnets', {}), 'subnetSet/item');
  const subnet = subnets.flatMap((one) => textAt(one, 'subnetId') ?? [])[0] ?? '';
  for (const Description of ['ELB app/shop/1', 'ELB app/shop-2/1'])
    await query.call('CreateNetworkInterface', { SubnetId: subnet, Description });
  const compute = new Ec2Compute(query);
  expect(await compute.interfaces({ begins: 'ELB app/shop/' })).toMatchObject([
    { description: 'ELB app/shop/1' },
  ]);
  expect(await compute.interfaces({ is: 'ELB app/shop' })).toEqual([]);
});

test('a key that nobody has is refused as such', async () => {
  await expect(
    new Ec2Compute(asked('AKIAIOSFODNN7EXAMPLE')).instances({ role: ['x'] }),
  ).rejects.toMatchObject({
    code: 'host/access-denied',
  });
});
