import { expect, test } from 'vitest';
import { edited, load, problemsOf } from './test-document.ts';

const plain = 'channel: push, create: own, mode: sync';
const adopting =
  'channel: objects, create: own, object: default.web, adopt: Kept by the former tool, mode: sync';

/** The document with nodes, which may be published by address objects. */
function withTarget(target: string): string {
  return edited(['addresses: pod', 'addresses: node'], [plain, target]);
}

test('an object of a former tool is named, with its comment', async () => {
  const { configuration } = await load(withTarget(adopting));
  expect(configuration.groups['storefront']?.publish[0]).toMatchObject({
    object: 'default.web',
    adopt: 'Kept by the former tool',
  });
});

test.each([
  ['a channel that cannot', 'channel: objects', 'channel: push', /channel push of a FortiGate cannot/],
  ['what is offered', 'create: own', 'create: offered', /is for `create: own`/],
  ['a derived name', 'object: default.web, ', '', /names no object/],
  ['taking out at once', 'mode:', 'onForeignAdd: remove, mode:', /could leave before ours are in/],
  ['a short comment', 'Kept by the former tool', 'Kept', /at least 10 characters/],
  ['a blank at its end', 'Kept by the former tool', '"Kept by them "', /begins or ends with a blank/],
  ['our own words', 'Kept by the former tool', '"for zonebridge:offer:web"', /mark or an offer of ours/],
])('refuses %s', async (_, from, to, message) => {
  expect(await problemsOf(withTarget(adopting.replace(from, to)))).toMatchObject([
    { path: 'groups.storefront.publish[0].adopt', line: 29, message: expect.stringMatching(message) },
  ]);
});

test('teams cannot adopt by a delegation', async () => {
  const delegation = `delegations:
  shop:
    namespaces: all()
    prefix: shop.
    usedIn: [allow]
    maxMembers: 10
    maxGroups: 5
    publish: [{ firewall: edge-1, channel: push, create: own, mode: sync, adopt: Kept by the former tool }]
`;
  expect(await problemsOf(`${edited()}${delegation}`)).toMatchObject([
    { message: expect.stringMatching(/adopt/) },
  ]);
});
