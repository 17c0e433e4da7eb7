import { expect, test } from 'vitest';
import type { AddressGroup, GroupTarget } from '../../core/model/address-group.ts';
import { fortimanager } from './index.ts';
import { fortimanagerSettings } from './schema.ts';

const base = { address: '10.0.0.1', ca: '-----BEGIN CERTIFICATE-----', version: '7.4.4' };
const ofDevice = (name: string, more: Record<string, unknown> = {}) =>
  fortimanagerSettings.parse({ ...base, device: { name, ...more } });

function problems(target: Partial<GroupTarget>): { path: string; message: string }[] {
  const full = { firewall: 'fra', channel: 'objects', create: 'own', mode: 'sync', ...target };
  return fortimanager.review({
    firewall: 'fra',
    settings: ofDevice('fgt-fra'),
    group: { name: 'web', addresses: 'node', maxMembers: 100 } as AddressGroup,
    target: full as GroupTarget,
    path: 'groups.web.publish[0]',
  });
}

test('address objects for one device have no problem', () => {
  expect(problems({})).toEqual([]);
});

test.each([
  [{ channel: 'feed' }, 'channel', 'the same for all devices'],
  [{ channel: 'tags' }, 'channel', 'the same for all devices'],
  [{ adopt: 'made by a former tool' }, 'adopt', 'for all devices'],
] as const)('%j is refused for one device', (target, field, text) => {
  expect(problems(target)).toMatchObject([
    { path: `groups.web.publish[0].${field}`, message: expect.stringContaining(text) },
  ]);
});

test('entries collide when they are for the same device and VDOM, and only then', () => {
  const scopes = [
    fortimanagerSettings.parse(base),
    ofDevice('fgt-fra'),
    ofDevice('fgt-muc'),
    ofDevice('fgt-fra', { vdom: 'dmz' }),
  ].map((settings) => fortimanager.scope(settings));
  expect(new Set(scopes).size).toBe(scopes.length);
  expect(fortimanager.scope(ofDevice('fgt-fra', { vdom: 'root' }))).toBe(scopes[1]);
  const keys = [ofDevice('fgt-fra'), ofDevice('fgt-muc')].map((settings) => fortimanager.writerKey(settings));
  expect(keys[0]).toBe(keys[1]);
});

test.each([{ name: '' }, { name: '../x' }, { name: 'a/b' }, { name: '.' }, { name: 'a', vdom: 'a/b' }, {}])(
  '%j is no device',
  (device) => {
    expect(fortimanagerSettings.safeParse({ ...base, device }).success).toBe(false);
  },
);
