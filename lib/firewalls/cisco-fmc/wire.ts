import type { ConnectionRequest, DeviceCertificate } from '../../core/firewall.ts';
import { admit } from '../shared/admission.ts';
import {
  type Answer,
  type Device,
  exchange,
  type Exchange,
  networkError,
  openDevice,
  releaseDevice,
} from '../shared/transport.ts';
import type { FmcSettings } from './schema.ts';

export interface Sending {
  method: Exchange['method'];
  /** Path with query. */
  target: string;
  /** What it is called in messages: method and path without query. */
  call: string;
  body?: unknown;
  headers: Readonly<Record<string, string>>;
  /** What the answer may not repeat. */
  secrets: readonly string[];
  /** Part of logging in: it counts in the budget, and not among the calls of a change. */
  login?: boolean;
}

/** One request to the manager at a time: deadline, budget, figures, and errors below HTTP. */
export class Wire {
  readonly #request: ConnectionRequest<FmcSettings>;
  readonly #device: Device;
  readonly #usage = { calls: 0, writes: 0, bytesSent: 0, bytesReceived: 0 };
  #closed = false;

  constructor(request: ConnectionRequest<FmcSettings>) {
    this.#request = request;
    const { settings, clock } = request;
    this.#device = openDevice(settings, settings.cloud?.basePath ?? '', clock.now());
  }

  async send(sending: Sending): Promise<Answer> {
    const { method, target, call, body, headers, secrets, login = false } = sending;
    const write = method !== 'GET' && !login;
    const timeoutMs = await admit(this.#request, call, this.#request.settings.timeoutMs);
    const text = body === undefined ? undefined : JSON.stringify(body);
    this.#usage.calls += Number(!login);
    this.#usage.writes += Number(write);
    this.#usage.bytesSent += Buffer.byteLength(target) + Buffer.byteLength(text ?? '');
    try {
      const answer = await exchange(this.#device.pool, {
        method,
        target,
        body: text,
        headers: {
          accept: 'application/json',
          ...headers,
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        },
        secrets,
        timeoutMs,
      });
      this.#usage.bytesReceived += Buffer.byteLength(answer.text);
      return answer;
    } catch (error) {
      throw networkError(error, call, write);
    }
  }

  usage(): { calls: number; writes: number; bytesSent: number; bytesReceived: number } {
    return { ...this.#usage };
  }

  get certificate(): DeviceCertificate | undefined {
    return this.#device.certificate;
  }

  close(): void {
    if (!this.#closed) releaseDevice(this.#device, this.#request.clock.now());
    this.#closed = true;
  }
}
