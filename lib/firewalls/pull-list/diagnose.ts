import { isZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, Diagnosis } from '../../core/firewall.ts';
import { admit } from '../shared/admission.ts';
import { ListBucket } from './bucket.ts';
import { readPasswords } from './passwords.ts';
import type { PullListSettings } from './schema.ts';

/** Whether the bucket can be listed and read, and whether every reader that needs a password has one. */
export async function diagnose(request: ConnectionRequest<PullListSettings>): Promise<Diagnosis> {
  const { settings, credential } = request;
  const bucket = new ListBucket(settings);
  const may = async (call: string): Promise<number> => await admit(request, call, settings.timeoutMs);
  await bucket.look(await may(`HEAD ${settings.bucket}`));
  const known = readPasswords(credential);
  const readers = Object.entries(settings.readers).filter(([, one]) => one.authentication === 'password');
  return {
    // The load balancer shows its certificate to the firewalls, not to us; S3 answers in the time of AWS.
    certificate: undefined,
    clockDifferenceMs: undefined,
    rights: [
      {
        table: `bucket ${settings.bucket}`,
        readable: await isReadable(
          async () => await bucket.read('zonebridge-check', await may('GET zonebridge-check')),
        ),
        needed: 's3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject for the role of the sync',
      },
      ...readers.map(([name]) => ({
        table: `password of reader ${name}`,
        readable: known.has(name),
        needed: 'a password in the secret: zonebridge secret set',
      })),
    ],
  };
}

async function isReadable(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (isZonebridgeError(error, 'firewall/permission-denied')) return false;
    throw error;
  }
}
