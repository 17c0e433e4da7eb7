import { Agent } from 'node:https';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ZonebridgeError } from '../../core/errors.ts';
import { failure, notFound, preconditionFailed } from './errors.ts';
import { isListName } from './names.ts';
import { printable } from '../shared/printable.ts';
import type { PullListSettings } from './schema.ts';

/** A list as it lies in the bucket. */
export interface StoredList {
  text: string;
  /** Version of the object, for conditions. */
  tag: string;
  comment: string;
  /** It held a member once: an empty list is meant so. */
  filled: boolean;
}

export interface Traffic {
  calls: number;
  writes: number;
  bytesSent: number;
  bytesReceived: number;
}

const commentField = 'zonebridge-comment';
const filledField = 'zonebridge-filled';
const clients = new Map<string, KeptClient>();

interface KeptClient {
  client: S3Client;
  /** Session token that went with the last call; empty for a key without one. */
  sent: { token: string };
}

/**
 * The bucket of one entry. Single calls: whether one is worth repeating is decided by the caller, who knows what it means.
 * `timeoutMs` of each call is the longest wait for its answer.
 */
export class ListBucket {
  readonly traffic: Traffic = { calls: 0, writes: 0, bytesSent: 0, bytesReceived: 0 };
  readonly #settings: PullListSettings;
  readonly #client: S3Client;
  /** Takes the session token out of what was answered: texts go into errors, rows and onto screens. */
  readonly #clean: (text: string) => string;

  constructor(settings: PullListSettings) {
    const { client, sent } = clientFor(settings);
    this.#settings = settings;
    this.#client = client;
    this.#clean = (text) => (sent.token === '' ? text : text.replaceAll(sent.token, '[secret]'));
  }

  /** Throws `firewall/scope-missing` when the bucket does not exist. */
  async look(timeoutMs: number): Promise<void> {
    await this.#send(`HEAD ${this.#settings.bucket}`, false, async () => {
      const command = new HeadBucketCommand({ Bucket: this.#settings.bucket });
      return await this.#client.send(command, within(timeoutMs));
    });
  }

  /** Undefined when there is no such list; `known`: when the list still is the version of this tag, it comes as `unchanged`. */
  async read(name: string, timeoutMs: number): Promise<StoredList | undefined>;
  async read(name: string, timeoutMs: number, known: string): Promise<StoredList | 'unchanged' | undefined>;
  async read(name: string, timeoutMs: number, known?: string): Promise<StoredList | 'unchanged' | undefined> {
    try {
      const { answer, text } = await this.#send(`GET ${name}`, false, async () => {
        const condition = known === undefined ? {} : { IfNoneMatch: known };
        const command = new GetObjectCommand({ ...this.#place(name), ...condition });
        const answer = await this.#client.send(command, within(timeoutMs));
        const body = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
        // S3 always says how long an object is: what came without that, or is shorter, may be a part, and whoever is missing in it would go.
        if (answer.ContentLength !== body.length) throw partial(name, body.length, answer.ContentLength);
        return { answer, text: this.#clean(body.toString('utf8')), $metadata: answer.$metadata };
      });
      this.traffic.bytesReceived += Buffer.byteLength(text);
      const { ETag: tag, Metadata: fields = {} } = answer;
      if (tag === undefined)
        throw new ZonebridgeError('firewall/unexpected-answer', `GET ${name}: the answer names no version`);
      return {
        text,
        tag,
        comment: this.#clean(readComment(fields[commentField])),
        filled: fields[filledField] === 'yes',
      };
    } catch (error) {
      if (error === notFound) return undefined;
      if (known !== undefined && statusOf(error) === 304) return 'unchanged';
      throw error;
    }
  }

  /** Writes on condition that the list is as it was read (`tag`), or is not there (undefined). False when it is not so. */
  async write(
    name: string,
    list: Omit<StoredList, 'tag'> & { tag: string | undefined },
    timeoutMs: number,
  ): Promise<boolean> {
    const { text, tag, comment, filled } = list;
    const fields = { [commentField]: encodeURIComponent(comment), [filledField]: filled ? 'yes' : 'no' };
    this.traffic.writes += 1;
    this.traffic.bytesSent += Buffer.byteLength(text);
    try {
      await this.#send(`PUT ${name}`, true, async () => {
        const command = new PutObjectCommand({
          ...this.#place(name),
          Body: Buffer.from(text),
          ContentLength: Buffer.byteLength(text),
          ContentType: 'text/plain; charset=utf-8',
          Metadata: fields,
          ...(tag === undefined ? { IfNoneMatch: '*' } : { IfMatch: tag }),
        });
        return await this.#client.send(command, within(timeoutMs));
      });
      return true;
    } catch (error) {
      if (error === preconditionFailed) return false;
      throw error;
    }
  }

  /** What is not there is no error. */
  async remove(name: string, timeoutMs: number): Promise<void> {
    this.traffic.writes += 1;
    try {
      await this.#send(`DELETE ${name}`, true, async () => {
        return await this.#client.send(new DeleteObjectCommand(this.#place(name)), within(timeoutMs));
      });
    } catch (error) {
      if (error !== notFound) throw error;
    }
  }

  #place(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#settings.bucket, Key: listKey(name) };
  }

  /** A web page in place of S3 may have status 200, too: what S3 answers has a request id. */
  async #send<Answer extends { $metadata: { requestId?: string | undefined } }>(
    call: string,
    write: boolean,
    send: () => Promise<Answer>,
  ): Promise<Answer> {
    this.traffic.calls += 1;
    this.traffic.bytesSent += call.length;
    let answer: Answer;
    try {
      answer = await send();
    } catch (error) {
      throw statusOf(error) === 304 ? error : failure(error, call, write, this.#clean);
    }
    if (answer.$metadata.requestId === undefined) {
      const text = `${call}: what answers is not S3`;
      throw new ZonebridgeError('firewall/unexpected-answer', text);
    }
    return answer;
  }
}

function partial(name: string, length: number, told: number | undefined): ZonebridgeError {
  const text = `GET ${name}: ${length} bytes came, the answer says ${told ?? 'not'} how many there are`;
  return new ZonebridgeError('firewall/unexpected-answer', text);
}

/** Where a list lies in its bucket: beside the others, whatever its name holds. Throws `firewall/rejected` for what no list can be called. */
function listKey(name: string): string {
  if (isListName(name)) return `lists/${name}`;
  throw new ZonebridgeError('firewall/rejected', `no list can be called ${printable(name)}`);
}

/** Metadata may hold ASCII alone; what a person stored there may be anything. */
function readComment(field: string | undefined): string {
  try {
    return decodeURIComponent(field ?? '');
  } catch {
    return field ?? '';
  }
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  const status = typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata;
  return status && typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

function within(timeoutMs: number): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(Math.max(1, Math.floor(timeoutMs))) };
}

/** One client per place and process: its connections are kept. */
function clientFor({ region, address, port, ca, timeoutMs }: PullListSettings): KeptClient {
  const key = JSON.stringify([region, address, port, ca]);
  const known = clients.get(key);
  if (known) return known;
  const client = new S3Client({
    region,
    maxAttempts: 1,
    // Buckets by path: neither an interface endpoint nor an emulator has names below its address.
    forcePathStyle: true,
    ...(address === undefined ? {} : { endpoint: `https://${bracketed(address)}:${port}` }),
    requestHandler: {
      connectionTimeout: Math.min(5_000, timeoutMs / 2),
      ...(ca === undefined ? {} : { httpsAgent: new Agent({ ca, keepAlive: true, maxSockets: 20 }) }),
    },
  });
  const kept: KeptClient = { client, sent: { token: '' } };
  client.middlewareStack.add(
    (next) => async (args) => {
      kept.sent.token = tokenIn(args.request);
      return await next(args);
    },
    // The last step, when the request is signed.
    { step: 'deserialize', name: 'rememberSessionToken' },
  );
  clients.set(key, kept);
  return kept;
}

function tokenIn(request: unknown): string {
  const headers = (request as { headers?: Record<string, string> }).headers;
  return headers?.['x-amz-security-token'] ?? '';
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
