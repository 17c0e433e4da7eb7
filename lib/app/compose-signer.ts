import { keysClient } from '../aws/clients/keys.ts';
import { KmsSigner } from '../aws/kms-signer.ts';
import type { Signer } from '../core/way-back/ports.ts';
import { names } from './names.ts';
import type { HubConfiguration } from './configuration/model.ts';
import { signingKeysOf } from './configuration/signing-keys.ts';

/** The hub's keys for desired state. */
export function composeSigner(
  { name, signingKeys }: Pick<HubConfiguration, 'name' | 'signingKeys'>,
  region?: string,
): Signer {
  const keys = signingKeysOf({ signingKeys }).map((number) => names.desiredKey(name, number));
  return new KmsSigner({ client: keysClient(region), keys });
}
