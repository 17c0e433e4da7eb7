import { StsCaller } from '../aws/caller.ts';
import { identitiesClient } from '../aws/clients/identities.ts';
import { objectsClient } from '../aws/clients/objects.ts';
import { secretsClient } from '../aws/clients/secrets.ts';
import { S3Archive } from '../aws/s3-archive.ts';
import { SecretWriter } from '../aws/secret-writer.ts';
import type { Archive, Caller, SecretStore } from '../core/ports.ts';
import type { App } from './compose.ts';
import { composeDevices } from './compose-devices.ts';
import { names } from './names.ts';
import type { DevicePorts } from './ports.ts';

/** The product as a person at the command line uses it: also stores credentials, and says nothing by itself. */
export interface Operator extends App<DevicePorts> {
  credentials: SecretStore;
  /** What was done, as the hub archived it. */
  archive: Archive;
  caller: Caller;
}

export function composeOperator(hub: { name: string; account: string; region: string }): Operator {
  const app = composeDevices(hub.name, { region: hub.region, quiet: true });
  const bucket = names.archiveBucket(hub);
  return {
    ...app,
    credentials: new SecretWriter(secretsClient(hub.region)),
    archive: new S3Archive({ client: objectsClient(hub.region), bucket }),
    caller: new StsCaller(identitiesClient(hub.region)),
  };
}
