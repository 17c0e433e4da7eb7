import { isZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, Diagnosis } from '../../core/firewall.ts';
import { Ec2 } from './ec2.ts';
import type { PrefixListSettings } from './schema.ts';

/** An id that no list has: what may not be read is refused before it is looked for. Assumption: in this order, as for other calls of EC2. */
const nobody = 'pl-00000000000000000';

/** The certificate of the API, and the rights to read; the clock is checked by EC2 itself, which refuses signatures that are too old. */
export async function diagnose(request: ConnectionRequest<PrefixListSettings>): Promise<Diagnosis> {
  const ec2 = new Ec2(request);
  const { region } = request.settings;
  const reads = [
    { action: 'DescribeManagedPrefixLists', read: async () => await ec2.look() },
    {
      action: 'GetManagedPrefixListEntries',
      read: async () => await ec2.entries({ id: nobody, version: 1 }),
    },
    { action: 'GetManagedPrefixListAssociations', read: async () => await ec2.associations(nobody) },
  ];
  try {
    const rights: Diagnosis['rights'][number][] = [];
    for (const { action, read } of reads)
      rights.push({
        table: `${action} in ${region}`,
        readable: await isAllowed(read),
        needed: `ec2:${action} on the prefix lists`,
      });
    return { certificate: ec2.certificate, clockDifferenceMs: undefined, rights };
  } finally {
    ec2.close();
  }
}

async function isAllowed(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (isZonebridgeError(error, 'firewall/permission-denied')) return false;
    if (isZonebridgeError(error, 'firewall/object-missing', 'firewall/rejected')) return true;
    throw error;
  }
}
