import { isZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, Diagnosis } from '../../core/firewall.ts';
import { greet } from '../shared/greeting.ts';
import { probe } from './channels/registered.ts';
import { readOffer } from './channels/offers.ts';
import { PanoramaClient } from './client.ts';
import { addressGroups, entry } from './channels/xpaths.ts';
import type { PanoramaSettings } from './schema.ts';

type Right = Diagnosis['rights'][number];

/** A name that nobody has: asking for it shows that asking is allowed. */
const nobody = 'zonebridge-check';

/** Certificate and clock from the web server, without the key; rights by reading what each channel reads. */
export async function diagnose(
  request: ConnectionRequest<PanoramaSettings>,
  channels: readonly string[],
): Promise<Diagnosis> {
  const greeting = await greet(request);
  const client = new PanoramaClient(request);
  try {
    const rights: Right[] = [];
    for (const channel of new Set(channels))
      for (const { table, needed, read } of channel === 'tags' ? ofTags : ofObjects)
        rights.push({ table, needed, readable: await isReadable(async () => await read(client)) });
    return { ...greeting, rights };
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
    throw error;
  }
}
