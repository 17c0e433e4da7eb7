import { z } from 'zod';
import { isZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, Diagnosis, DiagnosisNote } from '../../core/firewall.ts';
import { greet } from '../shared/greeting.ts';
import { FortimanagerClient, type Param } from './client.ts';
import { readIdentity } from './connection.ts';
import type { FortimanagerSettings } from './schema.ts';
import { hasFeeds } from './channels/feed.ts';
import { deviceNotes } from './diagnose-device.ts';
import { isAtLeast, manyTagsSince, partialInstallSince } from './version.ts';

interface Right {
  url: string;
  needed: string;
}

const objects = 'Policy & Objects read-write';

/** What each channel reads, with the right that the readme gives the administrator for it. */
function rightsOf(channel: string, adom: string): Right[] {
  const table = `/pm/config/adom/${adom}/obj`;
  switch (channel) {
    case 'feed':
      return [
        { url: `/pm/config/adom/${adom}/_external/resource`, needed: 'FortiGuard read-write' },
        { url: `${table}/system/external-resource`, needed: 'Policy & Objects read' },
      ];
    case 'tags':
      return [
        { url: `${table}/user/json`, needed: objects },
        { url: `${table}/user/adgrp`, needed: objects },
      ];
    default:
      return ['address', 'addrgrp', 'address6', 'addrgrp6'].map((name) => ({
        url: `${table}/firewall/${name}`,
        needed: objects,
      }));
  }
}

/** Certificate and clock from the web server, without the credential; rights by reading one row of each table; what else is worth knowing. */
export async function diagnose(
  request: ConnectionRequest<FortimanagerSettings>,
  channels: readonly string[],
): Promise<Diagnosis> {
  const greeting = await greet(request);
  const client = new FortimanagerClient(request);
  try {
    const { version } = await readIdentity(client);
    const wanted = [...new Set(channels)];
    const rights: Diagnosis['rights'][number][] = [];
    for (const { url, needed } of wanted.flatMap((channel) => rightsOf(channel, request.settings.adom)))
      rights.push({
        table: url,
        needed,
        readable: await isReadable(client, { url, fields: ['name'], range: [0, 1], loadsub: 0 }),
      });
    const notes = [
      ...defects(version),
      ...(await globalNotes(client, wanted)),
      ...channelNotes(client, wanted),
      ...(wanted.includes('tags') ? await connectorNotes(client) : []),
      ...(await deviceNotes(client)),
    ];
    return { ...greeting, rights, notes };
  } finally {
    // Nobody goes on with the session of a check.
    await client.logOut();
    client.close();
  }
}

async function isReadable(client: FortimanagerClient, param: Param): Promise<boolean> {
  try {
    await client.readOne(param);
    return true;
  } catch (error) {
    if (isZonebridgeError(error, 'firewall/permission-denied')) return false;
    // The version has no such table.
    if (isZonebridgeError(error, 'firewall/rejected', 'firewall/object-missing')) return true;
    throw error;
  }
}

/** Reported publicly for these releases. */
function defects(version: string): DiagnosisNote[] {
  if (version.replace(/^v/, '') !== '7.4.7') return [];
  return [
    {
      name: 'defects',
      state: 'warning',
      text: `${version} is reported to refuse valid users now and then (-11) when several objects change in quick succession`,
      remedy: 'Upgrade to a later patch; until then a refused run is repeated by itself.',
    },
  ];
}

const globalData = z.looseObject({
  'workspace-mode': z.union([z.string(), z.number()]).catch('unknown'),
  'partial-install': z.union([z.string(), z.number()]).optional().catch(undefined),
});

/** What the manager's global settings make of locks and installs. */
async function globalNotes(
  client: FortimanagerClient,
  channels: readonly string[],
): Promise<DiagnosisNote[]> {
  let found: unknown;
  try {
    const fields = ['workspace-mode', 'partial-install'];
    found = await client.readOne({ url: '/cli/global/system/global', fields });
  } catch (error) {
    if (!isZonebridgeError(error, 'firewall/permission-denied')) throw error;
    const name = 'workspace';
    const { workspace } = client.settings;
    if (workspace !== 'auto')
      return [{ name, state: 'ok', text: `taken as ${workspace}, as configured; it may not be read` }];
    const remedy = 'Set `workspace: normal` or `workspace: disabled`, as it is on the manager.';
    return [{ name, state: 'warning', text: 'the workspace mode may not be read', remedy }];
  }
  const { data } = globalData.safeParse(found);
  const notes = workspaceNotes(client, String(data?.['workspace-mode'] ?? 'unknown'));
  // Assumption: the field is called as in the command line. A version without it is not warned of.
  const partial = String(data?.['partial-install'] ?? '');
  const wants = channels.includes('objects') && client.settings.install === 'partial';
  if (wants && (partial === 'disable' || partial === '0'))
    notes.push({
      name: 'install',
      state: 'warning',
      text: 'partial installs are switched off on the manager: what is saved would reach no firewall',
      remedy: 'config system global, set partial-install enable.',
    });
  return notes;
}

function workspaceNotes(client: FortimanagerClient, mode: string): DiagnosisNote[] {
  const name = 'workspace';
  const locks = mode !== 'disabled' && mode !== '0';
  if (mode === 'workflow' || mode === '2')
    return [
      {
        name,
        state: 'warning',
        text: 'workflow: every change of an ADOM waits for a person',
        remedy: 'Use channel "feed", or "tags" with create: offered, which change no ADOM.',
      },
    ];
  if (locks && client.usesKey)
    return [
      {
        name,
        state: 'warning',
        text: `${mode}: no source says whether locks hold from call to call with an API key`,
        remedy: 'Use <administrator>:<password> where objects or tags are made.',
      },
    ];
  return [
    {
      name,
      state: 'ok',
      text: locks ? `${mode}: the ADOM is locked for each change` : 'disabled: nothing has to be locked',
    },
  ];
}

/** What the version makes of the channels in use. */
function channelNotes(client: FortimanagerClient, channels: readonly string[]): DiagnosisNote[] {
  const { version, settings } = client;
  const notes: DiagnosisNote[] = [];
  const warn = (text: string, remedy: string): void =>
    void notes.push({ name: 'channels', state: 'warning', text, remedy });
  if (channels.includes('feed') && !hasFeeds(version))
    warn(`${version} hosts no feed files`, 'Use channel "tags" or "objects", or upgrade to 7.2.5 or 7.4.1.');
  if (channels.includes('tags') && !isAtLeast(version, manyTagsSince))
    notes.push({
      name: 'channels',
      state: 'ok',
      text: `${version} takes one tag a call; from ${manyTagsSince} all tags travel together`,
    });
  if (channels.includes('objects') && settings.install === 'none')
    warn(
      'address objects are saved in the ADOM and installed by nobody',
      'Set `install: partial`, or let your own installs carry them.',
    );
  if (
    channels.includes('objects') &&
    settings.install === 'partial' &&
    !isAtLeast(version, partialInstallSince)
  )
    warn(
      `${version} has no partial install of named objects alone`,
      `Upgrade to ${partialInstallSince}, or set install: none.`,
    );
  return notes;
}

async function connectorNotes(client: FortimanagerClient): Promise<DiagnosisNote[]> {
  const { adom, connector } = client.settings;
  const [found] = await client.read([{ url: `/pm/config/adom/${adom}/obj/user/json/${connector}` }]);
  if (found?.status.code !== -3) return [];
  return [
    {
      name: 'connector',
      state: 'warning',
      text: `ADOM ${adom} has no JSON API connector ${connector}`,
      remedy: 'Make it as the readme of FortiManager says, or name another one in `connector`.',
    },
  ];
}
