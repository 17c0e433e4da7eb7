import { isZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, Diagnosis, DiagnosisNote } from '../../core/firewall.ts';
import { FortigateClient, table } from './client.ts';
import type { FortigateSettings } from './schema.ts';
import { greet } from '../shared/greeting.ts';
import { isAtLeast, pushSince } from './version.ts';

/** What each channel reads, with the right that the readme gives the administrator for it. */
const tablesOf: Readonly<Record<string, readonly { path: string; needed: string }[]>> = {
  objects: ['address', 'addrgrp', 'address6', 'addrgrp6'].map((name) => ({
    path: table('firewall', name),
    needed: 'fwgrp-permission address read-write',
  })),
  push: [{ path: table('system', 'external-resource'), needed: 'sysgrp-permission cfg read-write' }],
};

/** Certificate and clock from the web server, without the token; rights by reading one row of each table. */
export async function diagnose(
  request: ConnectionRequest<FortigateSettings>,
  channels: readonly string[],
): Promise<Diagnosis> {
  const greeting = await greet(request);
  const client = new FortigateClient(request);
  try {
    const rights: Diagnosis['rights'][number][] = [];
    for (const channel of new Set(channels)) {
      for (const { path, needed } of tablesOf[channel] ?? []) {
        rights.push({ table: path, needed, readable: await isReadable(client, path) });
      }
    }
    return { ...greeting, rights, notes: channelNotes(client.version, channels) };
  } finally {
    client.close();
  }
}

/** The version that answered may be older than the configured branch was taken for. */
function channelNotes(version: string, channels: readonly string[]): DiagnosisNote[] {
  if (!channels.includes('push') || isAtLeast(version, pushSince)) return [];
  return [
    {
      name: 'channels',
      state: 'warning',
      text: `FortiOS ${version} takes no pushed feeds`,
      remedy: `Use channel "objects", or upgrade to ${pushSince}.`,
    },
  ];
}

async function isReadable(client: FortigateClient, path: string): Promise<boolean> {
  try {
    // Without the right some reads succeed with less in them.
    const { results } = await client.get(path, { count: 1, format: 'name' });
    return Array.isArray(results);
  } catch (error) {
    if (isZonebridgeError(error, 'firewall/permission-denied')) return false;
    // The table does not exist in this version.
    if (isZonebridgeError(error, 'firewall/object-missing')) return true;
    throw error;
  }
}
