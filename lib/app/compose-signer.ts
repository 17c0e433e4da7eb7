import { identitiesClient } from '../aws/clients/identities.ts';
import { KmsSigner } from '../aws/kms-signer.ts';
import type { Signer } from '../core/way-back/ports.ts';
import { names } from './names.ts';

/** The hub's key for desired state. The endpoint is found as clients of AWS find theirs. */
export function composeSigner(hub: string, region?: string): Signer {
  const endpoint = process.env['AWS_ENDPOINT_URL_KMS'] ?? process.env['AWS_ENDPOINT_URL'];
  return new KmsSigner({ client: identitiesClient(region), key: names.desiredKey(hub), endpoint });
}
