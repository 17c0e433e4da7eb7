import { z } from 'zod';
import { isZonebridgeError } from '../../core/errors.ts';
import type { DiagnosisNote } from '../../core/firewall.ts';
import type { FmcClient } from './client.ts';
import { listAll } from './lists.ts';
import { isAtLeast } from './version.ts';

const device = z.looseObject({ name: z.string().max(200), sw_version: z.string().max(50).optional() });

/**
 * Known defects that concern what we write. CSCwo78475 (Cisco technote 225771): rules with dynamic objects can deny traffic that they should
 * allow on FTD 7.4.2.4 and other releases, when policies are deployed often. Assumption: "other releases" are those of the branch 7.4,
 * because the note names no list.
 */
export async function defectNotes(
  client: FmcClient,
  version: string,
  channels: readonly string[],
): Promise<DiagnosisNote[]> {
  if (!channels.includes('dynamic')) return [];
  const devices = await devicesOf(client);
  const hit = devices?.filter(({ sw_version: runs }) => runs !== undefined && isOfBranch(runs)) ?? [];
  const unknown = devices === undefined && isOfBranch(version);
  if (hit.length === 0 && !unknown)
    return [
      { name: 'defects', state: 'ok', text: 'no device of a release with a known defect of dynamic objects' },
    ];
  const names = hit.slice(0, 5).map(({ name, sw_version: runs }) => `${JSON.stringify(name)} (${runs})`);
  const where = unknown ? `devices below this manager (${version})` : names.join(', ');
  return [
    {
      name: 'defects',
      state: 'warning',
      text: `CSCwo78475 may concern ${where}: rules with dynamic objects can deny what they should allow, when policies are deployed often`,
      remedy: 'Read Cisco technote 225771 and upgrade the devices, or deploy seldom.',
    },
  ];
}

function isOfBranch(version: string): boolean {
  return isAtLeast(version, '7.4') && !isAtLeast(version, '7.5');
}

/** Undefined when the user may not see devices. */
async function devicesOf(client: FmcClient): Promise<z.infer<typeof device>[] | undefined> {
  try {
    return await listAll(client, device, { path: '/devices/devicerecords', query: { expanded: 'true' } });
  } catch (error) {
    if (isZonebridgeError(error, 'firewall/permission-denied', 'firewall/object-missing')) return undefined;
    throw error;
  }
}
