import type { EC2Client, NetworkInterface } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { Ec2Compute } from './ec2-compute.ts';

/** A client whose pages are these. */
function answering(...pages: NetworkInterface[][]): EC2Client {
  let page = 0;
  const send = async (): Promise<unknown> => {
    page += 1;
    return { NetworkInterfaces: pages[page - 1], NextToken: page < pages.length ? String(page) : '' };
  };
  return { send } as unknown as EC2Client;
}

const ours = { Description: 'ELB app/shop/1', RequesterManaged: true, Status: 'in-use' } as const;

test('an interface tells its own addresses and those that the internet sees, each once', async () => {
  const compute = new Ec2Compute(
    answering(
      [
        {
          ...ours,
          PrivateIpAddress: '10.2.0.1',
          Association: { PublicIp: '198.51.100.7' },
          PrivateIpAddresses: [
            { PrivateIpAddress: '10.2.0.1', Association: { PublicIp: '198.51.100.7' } },
            { PrivateIpAddress: '10.2.0.2', Association: { PublicIp: '198.51.100.8' } },
            { PrivateIpAddress: '10.2.0.3' },
          ],
          Ipv6Addresses: [{ Ipv6Address: '2001:db8::5' }],
        },
      ],
      [{ ...ours, PrivateIpAddress: '10.2.0.9' }, { Description: 'ELB app/shop-2/1' }],
    ),
  );
  expect(await compute.interfaces({ begins: 'ELB app/shop/' })).toEqual([
    {
      description: ours.Description,
      status: 'in-use',
      managed: true,
      addresses: ['10.2.0.1', '10.2.0.2', '10.2.0.3', '2001:db8::5'],
      publicAddresses: ['198.51.100.7', '198.51.100.8'],
    },
    {
      description: ours.Description,
      status: 'in-use',
      managed: true,
      addresses: ['10.2.0.9'],
      publicAddresses: [],
    },
  ]);
});
