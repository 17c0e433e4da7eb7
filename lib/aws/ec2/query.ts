import type { STSClient } from '@aws-sdk/client-sts';
import { ZonebridgeError } from '../../core/errors.ts';
import { type Element, parseXml, textAt } from './xml.ts';

/** Version of the API, as each request names it (EC2 API reference). */
const apiVersion = '2016-11-15';
const attempts = 3;
const answerMs = 10_000;
/** A page of 1,000 instances with all their tags stays far below. */
const longestAnswer = 64 * 1024 * 1024;

/** What signing takes and gives; the SDK's type tells of presigning alone. */
interface Signer {
  sign(
    request: object,
    options: { signingService: string; signingRegion: string },
  ): Promise<{ headers: Record<string, string> }>;
}

/**
 * The query API of EC2: requests of names and values, answers in XML. Signed by the signer of another client, so that credentials come from
 * the same chain. Three tries, each at most ten seconds.
 */
export class Ec2Query {
  readonly #identity: STSClient;
  readonly #endpoint: string | undefined;
  readonly #pause: (milliseconds: number) => Promise<void>;

  constructor(options: {
    identity: STSClient;
    /** Instead of the public one of the region. */
    endpoint?: string | undefined;
    pause: (milliseconds: number) => Promise<void>;
  }) {
    this.#identity = options.identity;
    this.#endpoint = options.endpoint;
    this.#pause = options.pause;
  }

  /** Throws `store/unavailable` when EC2 was not reached or is overloaded, `host/access-denied` when it refuses us, `host/refused` else. */
  async call(action: string, values: Readonly<Record<string, string>>): Promise<Element> {
    const body = new URLSearchParams({ Action: action, Version: apiVersion, ...values }).toString();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(action, body);
      } catch (error) {
        const again = error instanceof ZonebridgeError && error.code === 'store/unavailable';
        if (!again || attempt >= attempts) throw error;
        await this.#pause(200 * 2 ** attempt);
      }
    }
  }

  async #once(action: string, body: string): Promise<Element> {
    const region = await this.#identity.config.region();
    const url = new URL(this.#endpoint ?? `https://ec2.${region}.${domainOf(region)}`);
    const signer = (await this.#identity.config.signer()) as unknown as Signer;
    const { headers } = await signer.sign(
      {
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        port: url.port === '' ? undefined : Number(url.port),
        path: '/',
        query: {},
        headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body,
      },
      { signingService: 'ec2', signingRegion: region },
    );
    const { host: _, ...rest } = headers;
    const { status, text } = await answerOf(action, url, { method: 'POST', headers: rest, body });
    if (status === 200) return parseXml(text);
    throw refusal(action, status, text);
  }
}

async function answerOf(
  action: string,
  url: URL,
  request: RequestInit,
): Promise<{ status: number; text: string }> {
  try {
    const signal = AbortSignal.timeout(answerMs);
    const response = await fetch(url, { ...request, signal, redirect: 'error' });
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > longestAnswer) throw new Error('the answer is too long');
      chunks.push(chunk);
    }
    return { status: response.status, text: Buffer.concat(chunks).toString() };
  } catch (cause) {
    const because = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const reason = because instanceof Error ? because.message : 'no reason given';
    throw new ZonebridgeError('store/unavailable', `EC2 did not answer ${action}: ${reason}`, { cause });
  }
}

const overloaded = /^(RequestLimitExceeded|Throttling|Unavailable|ServiceUnavailable|InternalError)/;
/** Codes of the EC2 API reference (common client errors). */
const denied =
  /^(UnauthorizedOperation|AccessDenied|AuthFailure|InvalidClientTokenId|SignatureDoesNotMatch|RequestExpired|OptInRequired)/;

function refusal(action: string, status: number, text: string): ZonebridgeError {
  const { code, message } = problemIn(text);
  const says = `EC2 refuses ${action}: ${code}: ${message.slice(0, 400)}`;
  if (status >= 500 || status === 429 || overloaded.test(code))
    return new ZonebridgeError('store/unavailable', says, { fields: { reason: code } });
  return new ZonebridgeError(denied.test(code) ? 'host/access-denied' : 'host/refused', says, {
    fields: { reason: code },
  });
}

function problemIn(text: string): { code: string; message: string } {
  try {
    const root = parseXml(text);
    // EC2 puts errors into <Errors>, the front door of AWS beside it.
    const code = textAt(root, 'Errors/Error/Code') ?? textAt(root, 'Error/Code') ?? 'unknown';
    return { code, message: textAt(root, 'Errors/Error/Message') ?? textAt(root, 'Error/Message') ?? '' };
  } catch {
    return { code: 'unknown', message: 'no reason given' };
  }
}

function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}
