import { createHash } from 'node:crypto';
import { GetPublicKeyCommand, type KMSClient, SignCommand, VerifyCommand } from '@aws-sdk/client-kms';
import { ZonebridgeError } from '../core/errors.ts';
import type { Signer } from '../core/way-back/ports.ts';
import { errorName, translate } from './service-errors.ts';

/** A signature that is none, or not of this key. */
const unverified = ['KMSInvalidSignatureException', 'ValidationException'];

/** Keys of KMS on P-256 that only sign. KMS signs a digest: its messages end at 4,096 bytes (KMS API reference, Sign). */
export class KmsSigner implements Signer {
  readonly #client: KMSClient;
  readonly #keys: readonly string[];
  #public: readonly string[] | undefined;

  /** `keys`: ids, ARNs or `alias/...`, that in force first. */
  constructor({ client, keys }: { client: KMSClient; keys: readonly string[] }) {
    this.#client = client;
    this.#keys = keys;
  }

  /** Base64 of the signature in DER. Throws `hub/missing` without the key, `store/unavailable` when KMS was not reached. */
  async sign(bytes: Uint8Array): Promise<string> {
    const { Signature } = await told(() => this.#client.send(new SignCommand(about(this.#keys[0], bytes))));
    return base64(Signature, 'signature');
  }

  async signedBy(bytes: Uint8Array, signature: string): Promise<'in-force' | 'other' | undefined> {
    for (const [index, key] of this.#keys.entries())
      if (await this.#verifies(key, bytes, signature)) return index === 0 ? 'in-force' : 'other';
    return undefined;
  }

  async publicKeys(): Promise<readonly string[]> {
    this.#public ??= await Promise.all(this.#keys.map((key) => this.#publicKey(key)));
    return this.#public;
  }

  async #verifies(key: string, bytes: Uint8Array, signature: string): Promise<boolean> {
    const Signature = Buffer.from(signature, 'base64');
    try {
      await told(() => this.#client.send(new VerifyCommand({ ...about(key, bytes), Signature })));
      return true;
    } catch (error) {
      if (unverified.includes(errorName(error))) return false;
      throw error;
    }
  }

  async #publicKey(KeyId: string): Promise<string> {
    const { PublicKey } = await told(() => this.#client.send(new GetPublicKeyCommand({ KeyId })));
    return base64(PublicKey, 'public key');
  }
}

function about(KeyId: string | undefined, bytes: Uint8Array) {
  const Message = createHash('sha256').update(bytes).digest();
  return { KeyId, Message, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' } as const;
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
