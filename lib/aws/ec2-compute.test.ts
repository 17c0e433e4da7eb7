import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EC2Client } from '@aws-sdk/client-ec2';
import { expect, onTestFinished, test } from 'vitest';
import { Ec2Compute } from './ec2-compute.ts';

type Answer = (values: URLSearchParams, request: IncomingMessage) => { status?: number; body: string };

async function ec2(answer: Answer) {
  const asked: URLSearchParams[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: string[] = [];
    for await (const chunk of request.setEncoding('utf8')) chunks.push(String(chunk));
    const values = new URLSearchParams(chunks.join(''));
    asked.push(values);
    const { status = 200, body } = answer(values, request);
    response.writeHead(status).end(body);
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { compute: computeAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), asked };
}

function computeAt(endpoint: string): Ec2Compute {
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
  return new Ec2Compute(new EC2Client({ region: 'eu-central-1', credentials, endpoint, maxAttempts: 3 }));
}

function page(ids: string[], next = ''): string {
  const items = ids.map(
    (
      id,
    ) => `<item><instancesSet><item><instanceId>${id}</instanceId><instanceState><code>16</code><name>running</name></instanceState>
      <privateIpAddress>10.0.0.1</privateIpAddress><tagSet><item><key>role</key><value>d&amp;b</value></item></tagSet>
      <networkInterfaceSet><item><privateIpAddress>10.0.0.1</privateIpAddress>
        <privateIpAddressesSet><item><privateIpAddress>10.0.0.1</privateIpAddress></item><item><privateIpAddress>10.0.0.99</privateIpAddress></item></privateIpAddressesSet>
        <ipv6AddressesSet><item><ipv6Address>fd00::1</ipv6Address></item></ipv6AddressesSet></item></networkInterfaceSet>
    </item></instancesSet></item>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>
<reservationSet>${items.join('')}</reservationSet><nextToken>${next}</nextToken></DescribeInstancesResponse>`;
}

const error = (code: string): string =>
  `<Response><Errors><Error><Code>${code}</Code><Message>why</Message></Error></Errors><RequestID>1</RequestID></Response>`;

test('every page is asked for, signed, with filters that mean what they say', async () => {
  const { compute, asked } = await ec2((values, { headers }) => {
    expect(headers.authorization).toMatch(
      /Credential=AKID\/\d{8}\/eu-central-1\/ec2\/aws4_request, SignedHeaders=[^,]*host/,
    );
    return { body: values.get('NextToken') === 'more&' ? page(['i-2']) : page(['i-1'], 'more&amp;') };
  });
  expect(await compute.instances({ role: ['d&b', 'x*'], owner: ['*'] })).toEqual([]);
  expect(await compute.instances({ role: ['d&b'] })).toEqual([
    { id: 'i-1', state: 'running', tags: { role: 'd&b' }, addresses: ['10.0.0.1', 'fd00::1'] },
    { id: 'i-2', state: 'running', tags: { role: 'd&b' }, addresses: ['10.0.0.1', 'fd00::1'] },
  ]);
  expect(Object.fromEntries(asked[0] ?? [])).toMatchObject({
    Action: 'DescribeInstances',
    Version: '2016-11-15',
    'Filter.1.Name': 'tag:role',
    'Filter.1.Value.1': 'd&b',
    'Filter.1.Value.2': String.raw`x\*`,
    'Filter.2.Name': 'tag-key',
    'Filter.2.Value.1': 'owner',
  });
});

test('a page that fails, or is cut off, makes the whole listing fail', async () => {
  const broken = page(['i-2']).slice(0, -40);
  const { compute } = await ec2((values) => ({
    body: values.has('NextToken') ? broken : page(['i-1'], 'n'),
  }));
  await expect(compute.instances({ role: ['d&b'] })).rejects.toMatchObject({ code: 'store/unavailable' });
});

test.each([
  ['UnauthorizedOperation', 403, 'host/access-denied', 1],
  ['InvalidParameterValue', 400, 'host/refused', 1],
  ['RequestLimitExceeded', 503, 'store/unavailable', 3],
])('%s is told as what it is, and tried again when that may help', async (code, status, ours, calls) => {
  const { compute, asked } = await ec2(() => ({ status, body: error(code) }));
  await expect(compute.instances({ role: ['x'] })).rejects.toMatchObject({
    code: ours,
    message: expect.stringContaining(code),
  });
  expect(asked).toHaveLength(calls);
});

test('an instance that is gone is no error', async () => {
  const { compute } = await ec2(() => ({ status: 400, body: error('InvalidInstanceID.NotFound') }));
  expect(await compute.instance('i-1')).toBeUndefined();
});

test('nobody there is told', async () => {
  const compute = computeAt('http://127.0.0.1:1');
  await expect(compute.instances({ role: ['x'] })).rejects.toMatchObject({ code: 'store/unavailable' });
});

/** Forms of the EC2 API reference: NetworkInterface, with the addresses by which the internet reaches it. */
function interfacesPage(items: readonly string[], next = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<DescribeNetworkInterfacesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>
<networkInterfaceSet>${items.map((item) => `<item>${item}</item>`).join('')}</networkInterfaceSet><nextToken>${next}</nextToken></DescribeNetworkInterfacesResponse>`;
}

const balancer =
  '<description>ELB app/shop/1</description><requesterManaged>true</requesterManaged><status>in-use</status>';

test('an interface tells its own addresses and those that the internet sees, each once, of every page', async () => {
  const both = (own: string, seen: string): string =>
    `<item><privateIpAddress>${own}</privateIpAddress><association><publicIp>${seen}</publicIp></association></item>`;
  const first = `${balancer}<privateIpAddress>10.2.0.1</privateIpAddress><association><publicIp>198.51.100.7</publicIp></association>
    <privateIpAddressesSet>${both('10.2.0.1', '198.51.100.7')}${both('10.2.0.2', '198.51.100.8')}<item><privateIpAddress>10.2.0.3</privateIpAddress></item></privateIpAddressesSet>
    <ipv6AddressesSet><item><ipv6Address>2001:db8::5</ipv6Address></item></ipv6AddressesSet>`;
  const second = `${balancer}<privateIpAddress>10.2.0.9</privateIpAddress>`;
  const other = '<description>ELB app/shop-2/1</description>';
  const { compute } = await ec2((values) => ({
    body: values.has('NextToken') ? interfacesPage([second, other]) : interfacesPage([first], 'more'),
  }));
  const told = { description: 'ELB app/shop/1', status: 'in-use', managed: true };
  expect(await compute.interfaces({ begins: 'ELB app/shop/' })).toEqual([
    {
      ...told,
      addresses: ['10.2.0.1', '10.2.0.2', '10.2.0.3', '2001:db8::5'],
      publicAddresses: ['198.51.100.7', '198.51.100.8'],
    },
    { ...told, addresses: ['10.2.0.9'], publicAddresses: [] },
  ]);
});
