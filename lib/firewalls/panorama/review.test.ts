import { expect, test } from 'vitest';
import type { AddressGroup, GroupTarget } from '../../core/model/address-group.ts';
import { review } from './review.ts';
import { panoramaSettings } from './schema.ts';

const base = { address: '10.0.0.1', ca: '-----BEGIN CERTIFICATE-----', version: '10.2' };
const firewall = { ...base, device: 'firewall' };
const panorama = { ...base, device: 'panorama' };

function problems(
  settings: Record<string, unknown>,
  target: Partial<GroupTarget> = {},
  group: Partial<AddressGroup> = {},
): string[] {
  const full = {
    firewall: 'edge',
    channel: 'tags',
    create: 'own',
    mode: 'sync',
    onForeignAdd: 'remove',
    ...target,
  };
  return review({
    firewall: 'edge',
    settings: panoramaSettings.parse(settings),
    group: { name: 'web', addresses: 'pod', maxMembers: 100, ...group } as AddressGroup,
    target: full as GroupTarget,
    path: 'groups.web.publish[0]',
  }).map(({ message }) => message);
}

test.each([
  ['a firewall', firewall, {}, {}],
  ['a managed firewall', { ...panorama, targets: ['007051000000001'] }, {}, {}],
  ['a Panorama that redistributes', { ...panorama, redistribution: true }, {}, {}],
  ['an offered tag', firewall, { create: 'offered', object: 'shop web' }, {}],
  [
    'fixed addresses',
    { ...firewall, administrator: 'zonebridge' },
    { channel: 'objects' },
    { addresses: 'node' },
  ],
] as const)('%s has no problem', (_, settings, target, group) => {
  expect(problems(settings, target, group)).toEqual([]);
});

test.each([
  ['tags that would stay on the Panorama', panorama, {}, {}, 'stay there'],
  ['two ways', { ...panorama, targets: ['007051000000001'], redistribution: true }, {}, {}, 'one way'],
  ['targets of a firewall', { ...firewall, targets: ['007051000000001'] }, {}, {}, 'a firewall itself'],
  ['a name for a tag of ours', firewall, { object: 'web' }, {}, 'carries our mark'],
  [
    'a ceiling of writes over tags',
    firewall,
    { acceptConfigChurn: { writesPerHour: 1 } },
    {},
    'no configuration',
  ],
  ['too many members', { ...firewall, registeredIpsMax: 50 }, {}, {}, 'more than the 50'],
  [
    'a commit without administrator',
    firewall,
    { channel: 'objects' },
    { addresses: 'node' },
    'one administrator',
  ],
  [
    'objects of a managed firewall',
    { ...panorama, targets: ['007051000000001'], administrator: 'z' },
    { channel: 'objects' },
    { addresses: 'node' },
    'an entry of its own',
  ],
  [
    'pods over objects',
    { ...firewall, administrator: 'z' },
    { channel: 'objects' },
    {},
    'use channel "tags"',
  ],
  [
    'a large group over objects',
    { ...firewall, administrator: 'z' },
    { channel: 'objects' },
    { addresses: 'node', maxMembers: 501 },
    'more than 500',
  ],
] as const)('%s: refused with what to do', (...[, settings, target, group, text]) => {
  expect(problems(settings, target, group).join('\n')).toContain(text);
});

test.each([
  ['nobody said how long', { timeoutSeconds: 0 }, 24, []],
  ['it lasts twice as long', { timeoutSeconds: 172_800 }, 24, []],
  ['half of it is too short', { timeoutSeconds: 172_799 }, 24, ['raise timeoutSeconds to at least 172800']],
  ['no time is long enough', { timeoutSeconds: 2_592_000 }, 361, ['leave timeoutSeconds out']],
])('a group that lets go after hours: %s', (_, settings, expireAfterHours, expected) => {
  const onSilence = { expireAfterHours, bypassBrakes: true };
  const found = problems({ ...firewall, ...settings }, {}, { onSilence });
  expect(found).toEqual(expected.map((text) => expect.stringContaining(text)));
});

test('a group that asks a person, or keeps, has tags without a time', () => {
  const asked = { expireAfterHours: 24, bypassBrakes: false };
  for (const onSilence of ['keep', asked] as const)
    expect(problems({ ...firewall, timeoutSeconds: 60 }, {}, { onSilence })).toEqual([]);
});
