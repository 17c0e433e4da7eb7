import { createHash } from 'node:crypto';
import { GetPublicKeyCommand, type KMSClient, SignCommand, VerifyCommand } from '@aws-sdk/client-kms';
import { ZonebridgeError } from '../core/errors.ts';
import type { Signer } from '../core/way-back/ports.ts';
import { errorName, translate } from './service-errors.ts';

/** A signature that is none, or not of this key. */
const unverified = ['KMSInvalidSignatureException', 'ValidationException'];

/** A key of KMS on P-256 that only signs. KMS signs a digest: its messages end at 4,096 bytes (KMS API reference, Sign). */
export class KmsSigner implements Signer {
  readonly #client: KMSClient;
  readonly #key: string;
  #public: string | undefined;

  /** `key`: id, ARN or `alias/...`. */
  constructor({ client, key }: { client: KMSClient; key: string }) {
    this.#client = client;
    this.#key = key;
  }

  /** Base64 of the signature in DER. Throws `hub/missing` without the key, `store/unavailable` when KMS was not reached. */
  async sign(bytes: Uint8Array): Promise<string> {
    const { Signature } = await told(() => this.#client.send(new SignCommand(this.#about(bytes))));
    return base64(Signature, 'signature');
  }

  async verifies(bytes: Uint8Array, signature: string): Promise<boolean> {
    const Signature = Buffer.from(signature, 'base64');
    try {
      await told(() => this.#client.send(new VerifyCommand({ ...this.#about(bytes), Signature })));
      return true;
    } catch (error) {
      if (unverified.includes(errorName(error))) return false;
      throw error;
    }
  }

  /** Base64 of the public key as SubjectPublicKeyInfo in DER. */
  async publicKey(): Promise<string> {
    if (this.#public === undefined) {
      const { PublicKey } = await told(() =>
        this.#client.send(new GetPublicKeyCommand({ KeyId: this.#key })),
      );
      this.#public = base64(PublicKey, 'public key');
    }
    return this.#public;
  }

  #about(bytes: Uint8Array) {
    const Message = createHash('sha256').update(bytes).digest();
    return {
      KeyId: this.#key,
      Message,
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    } as const;
  }
}

async function told<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (errorName(error) === 'NotFoundException')
      throw new ZonebridgeError('hub/missing', 'KMS knows no key for the desired state', { cause: error });
    throw translate(error, 'KMS');
  }
}

function base64(bytes: Uint8Array | undefined, what: string): string {
  if (bytes && bytes.length > 0) return Buffer.from(bytes).toString('base64');
  throw new ZonebridgeError('store/unavailable', `KMS answered without ${what}`);
}
