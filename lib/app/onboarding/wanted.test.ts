import { expect, test } from 'vitest';
import { edited, load } from '../configuration/test-document.ts';
import { wantedFor } from './wanted.ts';

async function servicesOf(...replacements: [string, string][]): Promise<string | undefined> {
  const { configuration } = await load(edited(...replacements));
  return wantedFor(configuration, 'shop', { image: 'a:1' }).settings.services;
}

test('an agent may read services where a group wants them, and every service where one wants virtual addresses', async () => {
  expect(await servicesOf()).toBeUndefined();
  expect(await servicesOf(['addresses: pod', 'addresses: service'])).toBe('on');
  const all = 'addresses: service\n    serviceAddresses: [load-balancer, cluster]';
  expect(await servicesOf(['addresses: pod', all])).toBe('all');
});

test('a group of another cluster changes nothing', async () => {
  const other =
    '  pay: { account: "111122223333", region: eu-central-1, realm: default, ranges: [10.30.0.0/16], cell: a }\nfirewalls:';
  expect(
    await servicesOf(['firewalls:', other], ['addresses: pod', 'addresses: service\n    clusters: [pay]']),
  ).toBeUndefined();
});
