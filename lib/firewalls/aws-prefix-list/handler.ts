import { rootCertificates } from 'node:tls';
import type { EC2ClientConfig } from '@aws-sdk/client-ec2';
import { ZonebridgeError } from '../../core/errors.ts';
import type { DeviceCertificate } from '../../core/firewall.ts';
import type { Clock } from '../../core/ports.ts';
import { type Answer, type Device, exchange, openDevice, releaseDevice } from '../shared/transport.ts';
import type { PrefixListSettings } from './schema.ts';

type Handler = Extract<NonNullable<EC2ClientConfig['requestHandler']>, { handle: unknown }>;
type Request = Parameters<Handler['handle']>[0];

/** What may not come back in an answer: a session token is sent with every request. */
const secretHeaders = ['x-amz-security-token', 'authorization'];

/**
 * Sends what the SDK has signed over the transport that all firewalls share: verified TLS, limits of time and size, kept connections, nothing
 * secret in what comes back.
 */
export class SharedTransport {
  readonly #settings: PrefixListSettings;
  #device: Device | undefined;
  /** Bytes of bodies. */
  sent = 0;
  received = 0;

  readonly #clock: Pick<Clock, 'now'>;

  constructor(settings: PrefixListSettings, clock: Pick<Clock, 'now'>) {
    this.#settings = settings;
    this.#clock = clock;
  }

  get certificate(): DeviceCertificate | undefined {
    return this.#device?.certificate;
  }

  async handle(
    request: Request,
    { requestTimeout }: { requestTimeout?: number | undefined } = {},
  ): Promise<Awaited<ReturnType<Handler['handle']>>> {
    const { method, hostname, port, headers, body } = request;
    if (method !== 'POST' || typeof body !== 'string')
      throw new TypeError('the API of EC2 takes POST with a text alone');
    this.#device ??= this.#open(hostname, port);
    this.sent += Buffer.byteLength(body);
    const answer = await exchange(this.#device.pool, {
      method,
      target: request.path,
      body,
      headers,
      secrets: secretHeaders.map((name) => headers[name] ?? ''),
      timeoutMs: requestTimeout ?? this.#settings.timeoutMs,
    });
    checkNoPage(answer);
    const bytes = Buffer.from(answer.text);
    this.received += bytes.length;
    return { response: { statusCode: answer.status, headers: plain(answer.headers), body: bytes } };
  }

  close(): void {
    if (this.#device) releaseDevice(this.#device, this.#clock.now());
    this.#device = undefined;
  }

  #open(hostname: string, port = 443): Device {
    const { account, ca = rootCertificates.join('\n'), tlsServerName, timeoutMs } = this.#settings;
    return openDevice({ address: hostname, port, ca, tlsServerName, timeoutMs }, account, this.#clock.now());
  }
}

/** Something in between answered in the place of EC2: nothing reached it. */
function checkNoPage({ status, text }: Answer): void {
  if (status < 400 && /^\s*<(!doctype html|html)/i.test(text))
    throw new ZonebridgeError(
      'firewall/unexpected-answer',
      `a web page answers in the place of EC2 [HTTP ${status}]`,
    );
}

function plain(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  );
}
