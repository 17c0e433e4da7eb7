import { createHash } from 'node:crypto';
import type { STSClient } from '@aws-sdk/client-sts';
import { ZonebridgeError } from '../core/errors.ts';
import type { Signer } from '../core/way-back/ports.ts';
import { translate } from './service-errors.ts';

const algorithm = 'ECDSA_SHA_256';

/** What a request of a client looks like before and after it is signed. */
interface Request {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}
/** What the parts of a client of the SDK can beside what their types tell. */
interface ClientParts {
  signer(scheme: object): Promise<{ sign(request: Request): Promise<Request> }>;
  requestHandler: { handle(request: Request): Promise<{ response: { statusCode: number; body: unknown } }> };
  streamCollector(body: unknown): Promise<Uint8Array>;
  region(): Promise<string>;
}

/**
 * A key of KMS on P-256 that only signs. KMS signs a digest (its messages end at 4,096 bytes) and answers in DER as base64 (KMS API reference, Sign).
 * Three calls do not need a client of their own: they go by the credentials and the connection of one that is there, over KMS's JSON protocol.
 */
export class KmsSigner implements Signer {
  readonly #parts: ClientParts;
  readonly #key: string;
  readonly #endpoint: string | undefined;
  #public: string | undefined;

  /** `key`: id, ARN or `alias/...`; `endpoint`: instead of that of the Region. */
  constructor(options: { client: STSClient; key: string; endpoint?: string | undefined }) {
    this.#parts = options.client.config as unknown as ClientParts;
    this.#key = options.key;
    this.#endpoint = options.endpoint;
  }

  async sign(bytes: Uint8Array): Promise<string> {
    return textOf(await this.call('Sign', this.#about(bytes)), 'Signature');
  }

  async verifies(bytes: Uint8Array, signature: string): Promise<boolean> {
    try {
      await this.call('Verify', { ...this.#about(bytes), Signature: signature });
      return true;
    } catch (error) {
      if (error instanceof KmsRefusal && unverified.has(error.name)) return false;
      throw error;
    }
  }

  async publicKey(): Promise<string> {
    this.#public ??= textOf(await this.call('GetPublicKey', { KeyId: this.#key }), 'PublicKey');
    return this.#public;
  }

  #about(bytes: Uint8Array): object {
    const Message = createHash('sha256').update(bytes).digest('base64');
    return { KeyId: this.#key, Message, MessageType: 'DIGEST', SigningAlgorithm: algorithm };
  }

  /** One operation of KMS; the answer as it comes. */
  async call(operation: string, body: object): Promise<unknown> {
    try {
      const { statusCode, text } = await this.#exchange(operation, JSON.stringify(body));
      if (statusCode === 200) return JSON.parse(text) as unknown;
      throw refused(operation, statusCode, text);
    } catch (error) {
      throw translate(error, 'KMS');
    }
  }

  async #exchange(operation: string, body: string): Promise<{ statusCode: number; text: string }> {
    const region = await this.#parts.region();
    const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    const url = new URL(this.#endpoint ?? `https://kms.${region}.${domain}`);
    const scheme = { name: 'sigv4', signingName: 'kms', signingRegion: region, properties: {} };
    const signer = await this.#parts.signer(scheme);
    const request = await signer.sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path: '/',
      query: {},
      headers: {
        host: url.host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `TrentService.${operation}`,
      },
      body,
    });
    const { response } = await this.#parts.requestHandler.handle(request);
    const bytes = await this.#parts.streamCollector(response.body);
    return { statusCode: response.statusCode, text: Buffer.from(bytes).toString('utf8') };
  }
}

/** A signature that is none, or not of this key. */
const unverified = new Set(['KMSInvalidSignatureException', 'ValidationException']);

class KmsRefusal extends Error {
  readonly $metadata: { httpStatusCode: number };

  constructor(name: string, message: string, httpStatusCode: number) {
    super(message);
    this.name = name;
    this.$metadata = { httpStatusCode };
  }
}

function refused(operation: string, status: number, text: string): Error {
  const told = parsed(text);
  const name = fieldOf(told, '__type')?.split('#').at(-1) ?? `Status${status}`;
  const message = `${operation}: ${fieldOf(told, 'message') ?? fieldOf(told, 'Message') ?? `status ${status}`}`;
  if (name === 'NotFoundException')
    return new ZonebridgeError('hub/missing', `KMS knows no key for the desired state: ${message}`);
  return new KmsRefusal(name, message, status);
}

/** A field that the answer must have. */
function textOf(answer: unknown, name: string): string {
  const value = fieldOf(answer, name);
  if (value === undefined || value === '') throw new TypeError(`KMS answered without ${name}`);
  return value;
}

function fieldOf(answer: unknown, name: string): string | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const value = (answer as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
