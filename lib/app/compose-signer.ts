import { keysClient } from '../aws/clients/keys.ts';
import { KmsSigner } from '../aws/kms-signer.ts';
import type { Signer } from '../core/way-back/ports.ts';
import { names } from './names.ts';

/** The hub's key for desired state. */
export function composeSigner(hub: string, region?: string): Signer {
  return new KmsSigner({ client: keysClient(region), key: names.desiredKey(hub) });
}
