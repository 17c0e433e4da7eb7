import { expect, test } from 'vitest';
import type { AddressGroup } from '../../core/model/address-group.ts';
import { firewallDescriptions } from '../descriptions.ts';

const base = { address: '10.0.0.1', ca: '-----BEGIN CERTIFICATE-----' };
const standby = { address: '10.0.0.2' };
const ha = { serials: ['FGVMSIM000000001'] };
const entries = {
  fortigate: { version: '7.4.4', managedBy: 'none' },
  fortimanager: { version: '7.4.3' },
  'cisco-fmc': { version: '7.7.0' },
  panorama: { version: '10.2', device: 'firewall' },
} as const;
const channels = {
  fortigate: 'push',
  fortimanager: 'tags',
  'cisco-fmc': 'dynamic',
  panorama: 'tags',
} as const;

function problems(kind: keyof typeof entries, more: Record<string, unknown>): string[] {
  const description = firewallDescriptions[kind];
  if (!description) throw new Error(kind);
  const target = { firewall: 'edge', channel: channels[kind], create: 'own', mode: 'sync' } as const;
  return description
    .review({
      firewall: 'edge',
      settings: description.settings.parse({ ...base, ...entries[kind], ...more }),
      group: { name: 'web', addresses: 'pod', maxMembers: 100 } as AddressGroup,
      target: { ...target, onForeignAdd: 'remove' },
      path: 'groups.web.publish[0]',
    })
    .map(({ message }) => message);
}

test.each(Object.keys(entries) as (keyof typeof entries)[])('%s: a standby unit needs `ha`', (kind) => {
  expect(problems(kind, { standby })).toEqual([expect.stringContaining('add ha, or leave standby out')]);
  expect(problems(kind, { standby, ha: kind === 'cisco-fmc' ? true : ha })).toEqual([]);
});

test('a standby unit is another one', () => {
  expect(problems('fortigate', { standby: { address: '10.0.0.1' }, ha })).toEqual([
    expect.stringContaining('has the address of the first one'),
  ]);
  expect(problems('fortigate', { standby: { address: '10.0.0.1', port: 8443 }, ha })).toEqual([]);
});

test('a Panorama that only carries tags to a firewall need not be the active one', () => {
  const carried = { device: 'panorama', targets: ['007051000000001'] };
  expect(problems('panorama', { ...carried, standby })).toEqual([]);
});
