import { ZonebridgeError, isZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, DeviceCertificate, DeviceIdentity } from '../../core/firewall.ts';
import type { Envelope } from './envelope.ts';
import { answerError, parseEnvelope } from './envelope.ts';
import type { FortigateSettings } from './schema.ts';
import { admit } from '../shared/admission.ts';
import { repeatRead } from '../shared/repeat-read.ts';
import type { Answer, Device, Exchange } from '../shared/transport.ts';
import { exchange, networkError, openDevice, releaseDevice } from '../shared/transport.ts';

/** Serial and version in the envelope, little else in the body. */
export const statusPath = '/api/v2/monitor/system/status';

export type Query = Readonly<Record<string, string | number>>;

interface Call {
  method: Exchange['method'];
  path: string;
  query?: Query;
  body?: unknown;
}

/**
 * Speaks FortiOS REST: token in the header only, `vdom=` on every call, deadline, budget, bounded retries of reads.
 * A write is sent once; when its reply is lost the error is `firewall/outcome-unknown`.
 */
export class FortigateClient {
  readonly settings: FortigateSettings;
  readonly #request: ConnectionRequest<FortigateSettings>;
  readonly #device: Device;
  readonly #usage = { calls: 0, writes: 0, bytesSent: 0, bytesReceived: 0 };
  #identity: DeviceIdentity | undefined;
  #scopeSeen: boolean | undefined;
  #closed = false;

  constructor(request: ConnectionRequest<FortigateSettings>) {
    this.#request = request;
    this.settings = request.settings;
    this.#device = openDevice(request.settings, request.settings.vdom, request.clock.now());
  }

  /** A read, tried again a few times while the device is busy or the connection breaks. */
  async get(path: string, query: Query = {}): Promise<Envelope> {
    return await repeatRead(
      this.#request.clock,
      async () => await this.#call({ method: 'GET', path, query }),
    );
  }

  async post(path: string, body: unknown): Promise<Envelope> {
    return await this.#call({ method: 'POST', path, body });
  }

  async put(path: string, body: unknown): Promise<Envelope> {
    return await this.#call({ method: 'PUT', path, body });
  }

  async delete(path: string): Promise<Envelope> {
    return await this.#call({ method: 'DELETE', path });
  }

  /** As the last envelope said; the configured version stands in before the first call. */
  get version(): string {
    return this.#identity?.version ?? this.settings.version;
  }

  lastIdentity(): DeviceIdentity | undefined {
    return this.#identity;
  }

  usage(): { calls: number; writes: number; bytesSent: number; bytesReceived: number } {
    return { ...this.#usage };
  }

  /** What this process has already checked on the device (see `Device.checked`). */
  get checked(): Set<string> {
    return this.#device.checked;
  }

  get certificate(): DeviceCertificate | undefined {
    return this.#device.certificate;
  }

  close(): void {
    if (!this.#closed) releaseDevice(this.#device, this.#request.clock.now());
    this.#closed = true;
  }

  async #call(call: Call): Promise<Envelope> {
    const { method, path, body } = call;
    const name = `${method} ${path}`;
    const write = method !== 'GET';
    const { vdom } = this.settings;
    const timeoutMs = await admit(this.#request, name, this.settings.timeoutMs);
    const target = `${path}?${queryText({ vdom, ...call.query })}`;
    const text = body === undefined ? undefined : JSON.stringify(body);
    this.#usage.calls += 1;
    this.#usage.writes += Number(write);
    this.#usage.bytesSent += Buffer.byteLength(target) + Buffer.byteLength(text ?? '');
    let answer: Answer;
    try {
      answer = await exchange(this.#device.pool, {
        method,
        target,
        body: text,
        headers: {
          authorization: `Bearer ${this.#request.credential}`,
          accept: 'application/json',
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        },
        secrets: [this.#request.credential],
        timeoutMs,
      });
    } catch (error) {
      throw networkError(error, name, write);
    }
    this.#usage.bytesReceived += Buffer.byteLength(answer.text);
    const found = parseEnvelope(answer);
    this.#remember(found);
    this.#refuseStranger(found, name);
    const refusal = answerError(answer, { call: name, vdom, write });
    if (refusal)
      throw (await this.#isScopeMissing(refusal, path)) ? scopeMissing(name, vdom, refusal) : refusal;
    if (!found) throw new ZonebridgeError('firewall/unexpected-answer', `${name}: no envelope`);
    return found;
  }

  /**
   * A VDOM that is not there answers 403, like a missing right. The status of the device needs no particular right, so a 403
   * for it means the VDOM. Assumption: any administrator may read that status in a VDOM of his.
   */
  async #isScopeMissing(refusal: ZonebridgeError, path: string): Promise<boolean> {
    if (refusal.fields.httpStatus !== 403 || path === statusPath) return false;
    this.#scopeSeen ??= await this.#call({ method: 'GET', path: statusPath }).then(
      () => true,
      (error: unknown) => !(isZonebridgeError(error) && error.fields.httpStatus === 403),
    );
    return !this.#scopeSeen;
  }

  /** An address can lead to another device than yesterday: what it says about itself counts before what it says. */
  #refuseStranger(found: Envelope | undefined, name: string): void {
    const { ha } = this.settings;
    if (!ha || found?.serial === undefined || ha.serials.includes(found.serial)) return;
    throw new ZonebridgeError(
      'firewall/unknown-device',
      `${name}: device ${found.serial} answers, expected is ${ha.serials.join(' or ')}`,
    );
  }

  #remember(found: Envelope | undefined): void {
    if (found?.serial !== undefined && found.version !== undefined) {
      this.#identity = { serial: found.serial, version: found.version };
    }
  }
}

function scopeMissing(name: string, vdom: string, cause: ZonebridgeError): ZonebridgeError {
  const text = `${name}: there is no VDOM ${vdom}, or the API administrator may not see it`;
  return new ZonebridgeError('firewall/scope-missing', text, { cause, fields: cause.fields });
}

function queryText(query: Query): string {
  return Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

/** Path of a table in the configuration database, such as `table('firewall', 'address')`. */
export function table(...names: readonly string[]): string {
  return `/api/v2/cmdb/${names.join('/')}`;
}

/**
 * Path of one row below a table. The whole key is percent-encoded. An empty key is refused: it would make a request about
 * one row a request about the table, and a DELETE of a table removes every row that nothing refers to.
 */
export function row(tablePath: string, key: string): string {
  if (key.trim() === '' || key === '.' || key === '..') {
    throw new ZonebridgeError(
      'configuration/invalid',
      `${JSON.stringify(key)} is no key of a row of ${tablePath}`,
    );
  }
  return `${tablePath}/${encodeURIComponent(key)}`;
}
