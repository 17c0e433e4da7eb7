import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateNetworkInterfaceCommand,
  DescribeSubnetsCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Ec2Compute } from '../../lib/aws/ec2-compute.ts';
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

function asked(accessKeyId: string): EC2Client {
  const credentials = { accessKeyId, secretAccessKey: 'test' };
  return new EC2Client({ region: sandboxRegion, credentials, endpoint: aws.endpoint });
}

async function launch(client: EC2Client, tags: Record<string, string>): Promise<string> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const { Instances = [] } = await client.send(
    new RunInstancesCommand({
      ImageId: 'ami-1',
      InstanceType: 'm5.large',
      MinCount: 1,
      MaxCount: 1,
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    }),
  );
  return Instances[0]?.InstanceId ?? '';
}

test('instances are found by their tags, with the addresses that EC2 gave them', async () => {
  const client = asked('test');
  const compute = new Ec2Compute(client);
  const one = await launch(client, { role: 'db', note: 'primary' });
  await launch(client, { role: 'web' });
  const [found, ...others] = await compute.instances({ role: ['db', 'cache'] });
  expect(others).toEqual([]);
  expect(found).toMatchObject({ id: one, tags: { role: 'db', note: 'primary' } });
  expect(found?.addresses[0]).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  expect(await compute.instance(one)).toEqual(found);
  expect(await compute.instance('i-0123456789abcdef0')).toBeUndefined();
  await client.send(new TerminateInstancesCommand({ InstanceIds: [one] }));
  expect((await compute.instance(one))?.state ?? 'terminated').toMatch(/shutting-down|terminated/);
});

test('network interfaces are found by their description', async () => {
  const client = asked('test');
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
  const SubnetId = Subnets[0]?.SubnetId;
  for (const Description of ['ELB app/shop/1', 'ELB app/shop-2/1'])
    await client.send(new CreateNetworkInterfaceCommand({ SubnetId, Description }));
  const compute = new Ec2Compute(client);
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
