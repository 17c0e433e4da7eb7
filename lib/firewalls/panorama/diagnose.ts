import { isZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, Diagnosis, DiagnosisNote } from '../../core/firewall.ts';
import { greet } from '../shared/greeting.ts';
import { printable } from '../shared/printable.ts';
import { readOffer } from './channels/offers.ts';
import { probe } from './channels/registered.ts';
import { addressGroups, entry } from './channels/xpaths.ts';
import { PanoramaClient } from './client.ts';
import { readIdentity } from './identity.ts';
import { type ModelLimits, readModelLimits } from './model-limits.ts';
import { objectMembersMax } from './review.ts';
import { type PanoramaSettings, registeredIpsMax } from './schema.ts';
import { childrenNamed, type Element, xml } from './xml.ts';

type Right = Diagnosis['rights'][number];

/** A name that nobody has: asking for it shows that asking is allowed. */
const nobody = 'zonebridge-check';

/** Certificate and clock from the web server, without the key; rights by reading what each channel reads; then what else is worth knowing. */
export async function diagnose(
  request: ConnectionRequest<PanoramaSettings>,
  channels: readonly string[],
): Promise<Diagnosis> {
  const greeting = await greet(request);
  const client = new PanoramaClient(request);
  try {
    const rights: Right[] = [];
    const readings = [...new Set(channels)].flatMap((channel) => (channel === 'tags' ? ofTags : ofObjects));
    for (const { table, needed, read } of readings)
      rights.push({ table, needed, readable: await isReadable(async () => await read(client)) });
    const limits = await readModelLimits(client);
    const notes = [
      await versionNote(client),
      ...(channels.includes('tags')
        ? [...capacityNotes(request.settings, limits), ...timeNotes(request.settings)]
        : []),
      ...(channels.includes('objects') ? [...sizeNotes(limits), ...(await lockNotes(client))] : []),
    ];
    return { ...greeting, rights, notes };
  } finally {
    client.close();
  }
}

interface Reading {
  table: string;
  needed: string;
  read: (client: PanoramaClient) => Promise<unknown>;
}

const ofTags: readonly Reading[] = [
  {
    table: 'registered-ip',
    needed: 'XML API: User-ID Agent and Operational Requests',
    read: async (client) => await probe(client, nobody),
  },
  {
    table: 'Objects/Tags and Objects/AddressGroups (offered groups alone)',
    needed: 'REST API: Tags and Address Groups, read-only',
    read: async (client) => await readOffer(client, nobody),
  },
];

const ofObjects: readonly Reading[] = [
  {
    table: 'address-group',
    needed: 'XML API: Configuration, Operational Requests and Commit',
    read: async (client) => await client.readConfig('get', addressGroups(client.settings) + entry(nobody)),
  },
];

async function isReadable(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (isZonebridgeError(error, 'firewall/permission-denied')) return false;
    if (isZonebridgeError(error, 'firewall/object-missing')) return true;
    throw error;
  }
}

const tried = /^(10\.[12]|11\.[012])\./;

/** No source names defects of single releases of this interface; what is told is what the configuration was checked against. */
async function versionNote(client: PanoramaClient): Promise<DiagnosisNote> {
  const { version, serial, role } = await readIdentity(client);
  const name = 'version';
  const shown = `${printable(serial)} runs PAN-OS ${printable(version)}${role === undefined ? '' : `, ${printable(role)}`}`;
  if (!tried.test(version))
    return {
      name,
      state: 'warning',
      text: `${shown}, which is none of 10.1 to 11.2`,
      remedy: 'Run `zonebridge qualify` before groups are written there.',
    };
  const branch = version.split('.').slice(0, 2).join('.');
  if (client.settings.version.startsWith(branch)) return { name, state: 'ok', text: shown };
  return {
    name,
    state: 'warning',
    text: `${shown}, the configuration says ${client.settings.version}`,
    remedy: 'Put the branch of the device into `version`, so that the configuration is checked against it.',
  };
}

/** What the configuration says of the model, against what the model says itself. */
function capacityNotes(settings: PanoramaSettings, { registeredIps: told }: ModelLimits): DiagnosisNote[] {
  const configured = registeredIpsMax(settings);
  const name = 'capacity';
  if (told === undefined && configured !== undefined) return [];
  if (told === undefined)
    return [
      {
        name,
        state: 'warning',
        text: 'nobody told how many addresses with tags this model keeps, so groups are not checked against it',
        remedy: 'Look it up for the model and put it into `registeredIpsMax`.',
      },
    ];
  const text = `this model keeps ${told} addresses with tags`;
  if (configured !== undefined && configured <= told) return [{ name, state: 'ok', text }];
  const against = configured === undefined ? 'nothing' : configured;
  return [
    {
      name,
      state: 'warning',
      text: `${text}, and groups are checked against ${against}`,
      remedy: `Put \`registeredIpsMax: ${told}\` into its entry.`,
    },
  ];
}

function sizeNotes({ addresses, groupMembers }: ModelLimits): DiagnosisNote[] {
  if (addresses === undefined && groupMembers === undefined) return [];
  const parts = [
    ...(addresses === undefined ? [] : [`${addresses} address objects`]),
    ...(groupMembers === undefined ? [] : [`${groupMembers} members in a group`]),
  ];
  const text = `this model keeps ${parts.join(', ')}`;
  if (groupMembers === undefined || groupMembers >= objectMembersMax)
    return [{ name: 'sizes', state: 'ok', text }];
  const remedy = `Give groups over \`objects\` a \`maxMembers\` of ${groupMembers} at most.`;
  return [{ name: 'sizes', state: 'warning', text, remedy }];
}

function timeNotes({ timeoutSeconds }: PanoramaSettings): DiagnosisNote[] {
  if (timeoutSeconds === 0) return [];
  const text = `tags of groups whose \`onSilence\` says \`bypassBrakes\` run out ${timeoutSeconds} s after their last renewal; all others stay`;
  return [{ name: 'time-out', state: 'ok', text }];
}

/** Locks of people, which keep our commits waiting. */
async function lockNotes(client: PanoramaClient): Promise<DiagnosisNote[]> {
  const owners: string[] = [];
  for (const kind of ['config-locks', 'commit-locks']) {
    const { result } = await client.op(xml('show', {}, [xml(kind)]), 'device');
    for (const { attributes } of entriesBelow(result))
      if (attributes['name'] !== client.settings.administrator)
        owners.push(`${kind.slice(0, -1)} of ${printable(attributes['name'] ?? '?')}`);
  }
  if (owners.length === 0)
    return [{ name: 'locks', state: 'ok', text: 'nobody holds a config or commit lock' }];
  return [
    {
      name: 'locks',
      state: 'warning',
      text: owners.join(', '),
      remedy: 'Changes wait until they are released; Zonebridge takes nobody a lock away.',
    },
  ];
}

function entriesBelow(element: Element | undefined): Element[] {
  if (!element) return [];
  return [...childrenNamed(element, 'entry'), ...element.children.flatMap(entriesBelow)];
}
