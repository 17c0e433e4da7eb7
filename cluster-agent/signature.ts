import { createPublicKey, verify } from 'node:crypto';
import { ZonebridgeError } from '../lib/core/errors.ts';
import type { Verify } from '../lib/core/way-back/manifest.ts';

/**
 * Checks signatures of the hub with its public keys, base64 of SubjectPublicKeyInfo; one of them has to fit. Throws `configuration/invalid` for what
 * is no public key on the curve P-256: a key of another kind would make another kind of signature good.
 */
export function signatureCheck(publicKeys: readonly string[]): Verify {
  const keys = publicKeys.map((text) => {
    try {
      const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
      if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
    } catch {
      // Told below.
    }
    throw new ZonebridgeError(
      'configuration/invalid',
      'ZONEBRIDGE_DESIRED_KEYS holds what is no public key on P-256',
    );
  });
  return (bytes, signature) => {
    const given = Buffer.from(signature, 'base64');
    return keys.some((key) => {
      try {
        return verify('sha256', bytes, key, given);
      } catch {
        return false;
      }
    });
  };
}
