import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { AddressGroup, GroupTarget } from '../../core/model/address-group.ts';
import { parse } from 'yaml';
import { pullList } from './index.ts';
import { checkCredential, readPasswords } from './passwords.ts';
import { pullListSettings } from './schema.ts';

const file = new URL('../../../examples/pull-lists/zonebridge.yaml', import.meta.url);
const document = parse(readFileSync(file, 'utf8')) as {
  firewalls: { branches: Record<string, unknown> };
};
const { kind: _, network: _network, realms: _realms, ...branches } = document.firewalls.branches;
const trustStoreArn = 'arn:aws:elasticloadbalancing:eu-central-1:111122223333:truststore/a/1';
const sources = ['10.1.0.0/16'];

function problems(more: Record<string, unknown>): string[] {
  const parsed = pullListSettings.safeParse({ ...branches, ...more });
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('the example is as it should be', () => {
  expect(problems({})).toEqual([]);
});

test.each([
  [{ bucket: 'Acme' }, /^bucket: holds/],
  [{ bucket: 'a.b.c' }, /^bucket: holds/],
  [{ region: 'Frankfurt' }, /^region: a Region looks like/],
  [{ hostName: 'lists' }, /^hostName: /],
  [{ hostName: 'lists.example.com/x' }, /^hostName: /],
  [{ certificateArn: 'lists.example.com' }, /^certificateArn: an ARN of an ACM certificate/],
  [{ readers: {} }, /^readers: names nobody/],
  [{ readers: { 'a b': { sources } } }, /^readers/],
  [{ readers: { a: { sources: [] } } }, /^readers\.a\.sources/],
  [{ readers: { a: { sources: ['10.1.0.1'] } } }, /^readers\.a\.sources\.0: is no range such as/],
  [{ readers: { a: { sources: ['10.1.0.1/16'] } } }, /^readers\.a\.sources\.0: is no range/],
  [{ readers: { a: { sources, password: 'secret' } } }, /password/],
  [{ readers: { a: { sources, authentication: 'certificate' } } }, /certificateSubject: is needed/],
  [{ readers: { a: { sources, certificateSubject: 'CN=a' } } }, /means nothing without `trustStoreArn`/],
  [
    { trustStoreArn, readers: { a: { sources, authentication: 'source' } } },
    /every reader shows a certificate/,
  ],
])('%j is refused', (more, message) => {
  expect(problems(more).join('\n')).toMatch(message);
});

const target: GroupTarget = {
  firewall: 'branches',
  channel: 'pull',
  create: 'own',
  mode: 'sync',
  onForeignAdd: 'remove',
};
const group: AddressGroup = {
  name: 'shop',
  addresses: 'pod',
  select: 'all()',
  usedIn: 'allow',
  maxMembers: 10_000,
  brakes: { shrink: { minimum: 10, share: 0.3 }, growth: { minimum: 10, share: 0.3 }, windowMinutes: 10 },
  publish: [target],
};

function review(more: Partial<AddressGroup>, of: Partial<GroupTarget> = {}): string {
  const settings = pullListSettings.parse(branches);
  const path = 'groups.shop.publish[0]';
  return pullList
    .review({
      firewall: 'branches',
      settings,
      group: { ...group, ...more },
      target: { ...target, ...of },
      path,
    })
    .map((one) => `${one.path}: ${one.message}`)
    .join('\n');
}

test('a group that a reader would cut, or that fits into no answer, is refused', () => {
  expect(review({})).toBe('');
  expect(review({ maxMembers: 10_001 })).toMatch(/10000 entries that reader fmc-connector of branches takes/);
  expect(review({ maxMembers: 20_001 })).toMatch(/20000 entries that fit into one answer/);
});

test('nobody can offer a list, and there is no churn to accept', () => {
  expect(review({}, { create: 'offered' })).toMatch(/create: nobody but us/);
  expect(review({}, { acceptConfigChurn: { writesPerHour: 1 } })).toMatch(/writes no configuration/);
});

test('names are the end of a URL, and no two groups have the same', () => {
  const nameOf = (name: string, hub = 'prod') => pullList.objectName({ hub, group: name, channel: 'pull' });
  expect(nameOf('shop')).toBe('zb-prod.shop');
  const names = [
    'shop',
    'Shop',
    'SHOP',
    'shop/a',
    'shop.a',
    'shop a',
    'x'.repeat(200),
    '../x',
    '%2e',
    '',
  ].map((name) => nameOf(name));
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/);
  expect(nameOf('b', 'a-b')).not.toBe(nameOf('b-b', 'a'));
  for (const override of ['..', 'a..b', '.a', 'a/b', 'a b', 'ü', 'a'.repeat(81)])
    expect(() => pullList.objectName({ hub: 'prod', group: 'shop', channel: 'pull', override })).toThrow(
      /does not fit a URL/,
    );
});

test('passwords are a map of readers, two each at most, and no problem repeats one', () => {
  const good = JSON.stringify({ a: 'password-of-a-123', b: ['password-of-b-old', 'password-of-b-new'] });
  expect(checkCredential(good)).toBeUndefined();
  expect([...readPasswords(good)]).toEqual([
    ['a', ['password-of-a-123']],
    ['b', ['password-of-b-old', 'password-of-b-new']],
  ]);
  expect(checkCredential('{}')).toBeUndefined();
  for (const [bad, why] of [
    ['canary-password-1', /no JSON/],
    ['["canary-password-1"]', /a JSON map/],
    ['null', /a JSON map/],
    ['{"a":"short-canary"}', /"a" .*16 to 128/],
    ['{"a":"canary with blanks"}', /"a" .*without blanks/],
    ['{"a":["canary-password-1"]}', /"a" /],
    ['{"a":["canary-password-1","canary-password-2","canary-password-3"]}', /"a" /],
  ] as const) {
    const problem = checkCredential(bad);
    expect(problem, bad).toMatch(why);
    expect(problem).not.toContain('canary');
  }
});
