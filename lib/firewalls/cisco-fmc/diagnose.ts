import { isZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, Diagnosis, DiagnosisNote } from '../../core/firewall.ts';
import { greet } from '../shared/greeting.ts';
import { dynamicPath } from './channels/dynamic-objects.ts';
import { groupsPath } from './channels/groups.ts';
import { FmcClient } from './client.ts';
import { defectNotes } from './defects.ts';
import { readIdentity } from './identity.ts';
import type { FmcSettings } from './schema.ts';
import { requestsPerMinute } from './version.ts';

/** What each channel reads, with the right that the readme gives the user for it. */
const tablesOf: Readonly<Record<string, { path: string; needed: string }>> = {
  dynamic: { path: dynamicPath, needed: 'Object Manager: view and modify (cloud: edit only)' },
  objects: { path: groupsPath, needed: 'Object Manager: view and modify (cloud: edit only)' },
};

/** Certificate and clock from the web server, without a login; rights by reading one row; then what is worth knowing of the release. */
export async function diagnose(
  request: ConnectionRequest<FmcSettings>,
  channels: readonly string[],
): Promise<Diagnosis> {
  const greeting = await greet(request);
  const client = new FmcClient(request);
  try {
    const { version, role } = await readIdentity(client);
    const rights: Diagnosis['rights'][number][] = [];
    for (const channel of new Set(channels)) {
      const table = tablesOf[channel];
      if (table)
        rights.push({
          table: table.path,
          needed: table.needed,
          readable: await isReadable(client, table.path),
        });
    }
    const notes = [
      ...budgetNotes(request.settings, version),
      ...pairNotes(request.settings, role),
      ...(await defectNotes(client, version, channels)),
      ...(channels.includes('objects') ? [await deploymentNote(client)] : []),
    ];
    return { ...greeting, rights, notes };
  } finally {
    client.close();
  }
}

async function isReadable(client: FmcClient, path: string): Promise<boolean> {
  try {
    await client.get(path, { limit: 1 });
    return true;
  } catch (error) {
    if (isZonebridgeError(error, 'firewall/permission-denied')) return false;
    // The release does not have it.
    if (isZonebridgeError(error, 'firewall/object-missing')) return true;
    throw error;
  }
}

function budgetNotes(settings: FmcSettings, version: string): DiagnosisNote[] {
  const told = requestsPerMinute(settings.cloud ? settings.version : version);
  const configured = requestsPerMinute(settings.version);
  const text = `the manager takes ${told.most} requests a minute from one source address; ${configured.usual} are ours unless callsPerMinute says otherwise`;
  if (configured.most <= told.most) return [{ name: 'budget', state: 'ok', text }];
  return [
    {
      name: 'budget',
      state: 'warning',
      text: `${text}, counted for the configured version ${settings.version}`,
      remedy: `Set \`version\` to ${version}, or \`callsPerMinute\` to ${told.usual} or less.`,
    },
  ];
}

function pairNotes({ ha }: FmcSettings, role: string | undefined): DiagnosisNote[] {
  if (!ha) return [];
  if (role !== undefined) return [{ name: 'pair', state: 'ok', text: `this manager is the ${role} one` }];
  return [
    {
      name: 'pair',
      state: 'warning',
      text: 'the manager does not tell its role in a pair',
      remedy: 'Let the user read Integration > High Availability, or set `ha: false` if there is no pair.',
    },
  ];
}

/** What we wrote into network groups acts only after a deployment, which is a person's decision. */
async function deploymentNote(client: FmcClient): Promise<DiagnosisNote> {
  try {
    const answer = await client.get('/deployment/deployabledevices', { limit: 1 });
    const waiting = Array.isArray(answer['items']) && answer['items'].length > 0;
    if (!waiting) return { name: 'deployment', state: 'ok', text: 'no device waits for a deployment' };
    return {
      name: 'deployment',
      state: 'warning',
      text: 'devices wait for a deployment: what was written over "objects" does not act on them yet',
      remedy: 'Look at the pending changes in the manager and deploy; Zonebridge never does.',
    };
  } catch (error) {
    if (!isZonebridgeError(error, 'firewall/permission-denied', 'firewall/object-missing')) throw error;
    const text =
      'the user may not see whether devices wait for a deployment; what is written over "objects" acts only after one';
    return { name: 'deployment', state: 'ok', text };
  }
}
