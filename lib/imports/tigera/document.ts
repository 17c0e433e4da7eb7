import { Document, isMap, isScalar } from 'yaml';
import type { AddressGroup } from '../../core/model/address-group.ts';
import type { FillIn, Finding } from './finding.ts';
import type { ImportedFirewall } from './firewalls.ts';
import type { ImportedGroup } from './groups.ts';
import type { ImportOptions } from './options.ts';

export interface Written {
  firewalls: readonly ImportedFirewall[];
  groups: readonly ImportedGroup[];
  findings: readonly Finding[];
}

/** Example values in the sections that the former tool has no word for. */
function exampleSections({ cluster, network, realm }: ImportOptions): Record<string, unknown> {
  return {
    hub: {
      name: 'prod',
      account: '111122223333',
      region: 'eu-central-1',
      alarmEmails: ['soc@example.com'],
    },
    networks: {
      [network]: {
        vpc: 'vpc-0a1b2c3d4e5f60718',
        subnets: [{ id: 'subnet-0a1b2c3d4e5f60718', availabilityZone: 'eu-central-1a' }],
        securityGroups: ['sg-0a1b2c3d4e5f60718'],
        endpoints: 'existing',
        sourceRanges: ['10.9.0.0/26'],
      },
    },
    clusters: {
      [cluster]: {
        account: '111122223333',
        region: 'eu-central-1',
        realm,
        ranges: ['10.20.0.0/16'],
        cell: 'a',
      },
    },
  };
}

export const exampleFillIns: readonly FillIn[] = [
  { path: 'hub', why: 'example values; see `zonebridge init`' },
  { path: 'networks', why: 'example values: from where the firewalls are reached' },
  {
    path: 'clusters',
    why: 'example values; IPv4 ranges alone give the same members, the former tool knew no others',
  },
];

/** The configuration as text, with where each entry comes from, what has to be filled in, and what is missing, as comments. */
export function writeDocument(
  { firewalls, groups, findings }: Written,
  options: ImportOptions,
  fillIn: readonly FillIn[],
): string {
  const document = new Document({
    ...(options.part ? {} : exampleSections(options)),
    firewalls: Object.fromEntries(firewalls.map(({ id, fields }) => [id, fields])),
    groups: Object.fromEntries(groups.map(({ group }) => [group.name, entryOf(group)])),
  });
  for (const { id, device } of firewalls)
    remark(document, ['firewalls', id], `device ${device.name} of ${device.place}`);
  for (const { group, from } of groups) remark(document, ['groups', group.name], from.place);
  for (const { path, why } of fillIn)
    remark(document, pathOf(path, { firewalls, groups }), `FILL IN: ${why}`);
  if (isMap(document.contents))
    for (const { key } of document.contents.items) if (isScalar(key)) key.spaceBefore = true;
  document.commentBefore = [
    ' Imported from the firewall controller of Calico; everything is only observed.',
    ' What to do next: docs/migrate-from-calico.md. Lines that say FILL IN need a person.',
  ].join('\n');
  if (findings.length > 0)
    document.comment = [
      'Not carried over:',
      ...findings.map(({ place, what, reason }) => `- ${place}: ${what}: ${reason}`),
    ]
      .map((line) => ` ${onOneLine(line)}`)
      .join('\n');
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** Without what follows by itself. */
function entryOf({ publish, ...group }: AddressGroup): Record<string, unknown> {
  const targets = publish.map((target) => without(target, 'onForeignAdd'));
  return { ...without(group, 'name', 'brakes'), publish: targets };
}

function without(value: object, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

/** Names of firewalls and groups may hold dots. */
function pathOf(path: string, { firewalls, groups }: Pick<Written, 'firewalls' | 'groups'>): string[] {
  const [section = '', ...rest] = path.split('.');
  const names = [...firewalls.map(({ id }) => id), ...groups.map(({ group }) => group.name)];
  const inside = rest.join('.');
  const name = names.find((one) => inside.startsWith(`${one}.`));
  if (name === undefined) return inside === '' ? [section] : [section, inside];
  return [section, name, inside.slice(name.length + 1)];
}

/** A comment above a key; several stand below each other. */
function remark(document: Document, path: readonly string[], text: string): void {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1));
  if (!isMap(parent)) return;
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
  const { key } = pair ?? {};
  if (!isScalar(key)) return;
  const before =
    key.commentBefore === undefined || key.commentBefore === null ? '' : `${key.commentBefore}\n`;
  key.commentBefore = `${before} ${onOneLine(text)}`;
}

/** Nothing from outside ends a comment, or hides in one. */
function onOneLine(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
