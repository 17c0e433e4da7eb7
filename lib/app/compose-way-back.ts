import { objectsClient } from '../aws/clients/objects.ts';
import { S3DesiredStore } from '../aws/s3-desired-store.ts';
import { ZonebridgeError } from '../core/errors.ts';
import { composeSigner } from './compose-signer.ts';
import { composeFunction, type FunctionApp } from './compose.ts';
import { readEnvironment } from './environment.ts';
import type { Publishing } from './way-back/publish.ts';

/** For the function that publishes. */
export function composePublishing(): FunctionApp & { publishing: Publishing } {
  const app = composeFunction();
  const { hub, desired: bucket, signingKeys } = readEnvironment(process.env);
  if (bucket === undefined)
    throw new ZonebridgeError('configuration/missing', 'ZONEBRIDGE_DESIRED is not set');
  const store = new S3DesiredStore({ client: objectsClient(), bucket });
  return {
    ...app,
    publishing: { ports: app.ports, store, signer: composeSigner({ name: hub, signingKeys }) },
  };
}
