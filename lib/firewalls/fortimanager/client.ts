import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, DeviceCertificate, DeviceIdentity } from '../../core/firewall.ts';
import { admit } from '../shared/admission.ts';
import { printable } from '../shared/printable.ts';
import { repeatRead } from '../shared/repeat-read.ts';
import {
  type Answer,
  type Device,
  exchange,
  networkError,
  openDevice,
  releaseDevice,
} from '../shared/transport.ts';
import { type Credential, parseCredential } from './credential.ts';
import { type Element, type Envelope, parseEnvelope, strangerError } from './envelope.ts';
import { statusError } from './errors.ts';
import { type Memory, memoryOf } from './memory.ts';
import type { FortimanagerSettings } from './schema.ts';

export type Method = 'get' | 'add' | 'set' | 'update' | 'delete' | 'unset' | 'exec';

/** One element of a request. */
export interface Param {
  url: string;
  data?: unknown;
  [option: string]: unknown;
}

/**
 * Assumption: a session that was quiet for less than this is still good. One that is not costs a login: the manager answers -11, which
 * is also what a missing right answers.
 */
const sessionMs = 240_000;

/** Assumption: the largest request is not documented; so many elements are sent at most. */
export const elementsMax = 500;

interface Request {
  method: Method;
  params: readonly Param[];
  write: boolean;
}

/**
 * Speaks JSON-RPC: the key or the session never in a URL, deadline, budget, bounded retries of reads. Only `result[].status.code` tells
 * success. A write is sent once; when its reply is lost the error is `firewall/outcome-unknown`.
 */
export class FortimanagerClient {
  readonly settings: FortimanagerSettings;
  readonly clock: ConnectionRequest<unknown>['clock'];
  readonly deadline: number;
  readonly memory: Memory;
  readonly #request: ConnectionRequest<FortimanagerSettings>;
  readonly #credential: Credential;
  readonly #device: Device;
  readonly #usage = { calls: 0, writes: 0, bytesSent: 0, bytesReceived: 0 };
  #nextId = 1;
  #identity: DeviceIdentity | undefined;
  #closed = false;

  constructor(request: ConnectionRequest<FortimanagerSettings>) {
    this.#request = request;
    this.settings = request.settings;
    this.clock = request.clock;
    this.deadline = request.deadline;
    this.#credential = parseCredential(request.credential);
    this.memory = memoryOf(request.settings, request.credential);
    this.#device = openDevice(request.settings, request.settings.adom, request.clock.now());
  }

  /** Elements of a read as they came, one per parameter; a refused element does not throw. */
  async read(params: readonly Param[], method: 'get' | 'exec' = 'get'): Promise<readonly Element[]> {
    const elements: Element[] = [];
    for (let at = 0; at < params.length; at += elementsMax) {
      const request = { method, params: params.slice(at, at + elementsMax), write: false };
      elements.push(...(await repeatRead(this.clock, async () => await this.#ask(request))));
    }
    return elements;
  }

  /** `data` of a read of one element. Throws its refusal. */
  async readOne(param: Param, method: 'get' | 'exec' = 'get'): Promise<unknown> {
    const [found] = await this.read([param], method);
    if (found?.status.code !== 0) throw await this.error(method, param, found);
    return found.data;
  }

  /** Elements of a write as they came, one per parameter. */
  async write(method: Exclude<Method, 'get'>, params: readonly Param[]): Promise<readonly Element[]> {
    return await this.#ask({ method, params, write: true });
  }

  /** A write of one element. Throws its refusal. */
  async writeOne(method: Exclude<Method, 'get'>, param: Param): Promise<Element> {
    const [found] = await this.write(method, [param]);
    if (found?.status.code !== 0) throw await this.error(method, param, found);
    return found;
  }

  /** What an element that did not succeed means. An invalid URL may hold the name of an ADOM that is not there: then it is that. */
  async error(method: Method, param: Param, found: Element | undefined): Promise<ZonebridgeError> {
    const status = found?.status ?? { code: -1, message: '' };
    const error = statusError(`${method} ${param.url}`, status);
    const { adom } = this.settings;
    if (status.code !== -6 || (await this.#hasAdom())) return error;
    const text = `there is no ADOM ${adom}, or the administrator may not see it`;
    return new ZonebridgeError('firewall/scope-missing', text, { cause: error, fields: error.fields });
  }

  /** Asked only after a refusal. An answer that is no clear no counts as a yes. */
  async #hasAdom(): Promise<boolean> {
    const [found] = await this.read([{ url: adomPath(this.settings.adom), fields: ['name'] }]);
    return !isAdomMissing(found?.status.code);
  }

  get usesKey(): boolean {
    return 'key' in this.#credential;
  }

  /** As the manager said; the configured version stands in before it was asked. */
  get version(): string {
    return this.#identity?.version ?? this.settings.version;
  }

  lastIdentity(): DeviceIdentity | undefined {
    return this.#identity;
  }

  remember(identity: DeviceIdentity): void {
    this.#identity = identity;
  }

  usage(): { calls: number; writes: number; bytesSent: number; bytesReceived: number } {
    return { ...this.#usage };
  }

  get certificate(): DeviceCertificate | undefined {
    return this.#device.certificate;
  }

  /** Ends the session, where nobody will go on with it. */
  async logOut(): Promise<void> {
    const { session } = this.memory;
    if (session === undefined) return;
    this.memory.session = undefined;
    await this.#send({ method: 'exec', params: [{ url: '/sys/logout' }], write: false }, session).catch(
      () => undefined,
    );
  }

  close(): void {
    if (!this.#closed) releaseDevice(this.#device, this.clock.now());
    this.#closed = true;
  }

  async #ask(request: Request): Promise<readonly Element[]> {
    const { call } = named(request);
    const kept = await this.#session();
    let elements = await this.#counted(request, kept.session);
    // What was refused was not done, so it is said again. 7.4.7 refuses valid sessions and keys now and then, and a lock ends with its session: then once more as it is.
    if (isRefused(elements) && (this.memory.holdsLock || this.usesKey))
      elements = await this.#counted(request, kept.session);
    // The session may have ended meanwhile. One that has not would keep its lock, and us out.
    if (isRefused(elements) && !kept.fresh && !this.usesKey) {
      await this.logOut();
      elements = await this.#counted(request, (await this.#session()).session);
    }
    if (isRefused(elements)) throw await this.#whyRefused(call, elements);
    // The workspace was switched on while we knew it to be off.
    if (elements.some(({ status }) => status.code === -10147)) this.memory.locking = undefined;
    return elements;
  }

  /** The session to use; undefined with an API key. */
  async #session(): Promise<{ session: string | undefined; fresh: boolean }> {
    const credential = this.#credential;
    if ('key' in credential) return { session: undefined, fresh: true };
    const { memory } = this;
    const now = this.clock.now();
    if (memory.session !== undefined && now - memory.usedAt < sessionMs) {
      memory.usedAt = now;
      return { session: memory.session, fresh: false };
    }
    // Not left to the time-out of the manager, which may be hours.
    await this.logOut();
    const { user, password } = credential;
    const param = { url: '/sys/login/user', data: { user, passwd: password } };
    const login = { method: 'exec', params: [param], write: false } as const;
    const answered = await this.#send(login, undefined);
    const [first] = answered.result;
    // -11 tells a wrong password from a missing `rpc-permit` no better than any other code.
    if (first?.status.code !== 0 || typeof answered.session !== 'string') {
      const text = `login of ${user} refused (${printable(first?.status.message).slice(0, 100)}) [status ${first?.status.code ?? '?'}]: password or rpc-permit`;
      throw new ZonebridgeError('firewall/credentials-rejected', text, {
        fields: { status: first?.status.code },
      });
    }
    memory.session = answered.session;
    memory.usedAt = now;
    return { session: memory.session, fresh: true };
  }

  /**
   * -11 stands for a bad key, a missing right and an ADOM that is none of ours. The status of the manager needs no particular right.
   * Assumption: one of the two ways to read it is open to every administrator.
   */
  async #whyRefused(call: string, elements: readonly Element[]): Promise<ZonebridgeError> {
    const refused = elements.find(({ status }) => status.code === -11)?.status ?? { code: -11, message: '' };
    const params = [{ url: '/sys/status' }, { url: '/cli/global/system/status' }];
    const { session } = await this.#session();
    const known = await this.#counted({ method: 'get', params, write: false }, session);
    if (known.some(({ status }) => status.code === 0)) return statusError(call, refused);
    this.memory.session = undefined;
    return new ZonebridgeError(
      'firewall/credentials-rejected',
      `${call}: the credential is not accepted [status -11]`,
      {
        fields: { status: -11 },
      },
    );
  }

  async #counted(request: Request, session: string | undefined): Promise<readonly Element[]> {
    this.#usage.calls += 1;
    this.#usage.writes += Number(request.write);
    const { result } = await this.#send(request, session).catch((error: unknown) => {
      // Not sent at all.
      if (isZonebridgeError(error, 'sync/lease-lost', 'firewall/budget-used')) {
        this.#usage.calls -= 1;
        this.#usage.writes -= Number(request.write);
      }
      throw error;
    });
    if (result.length === request.params.length) return result;
    const { call } = named(request);
    const code = request.write ? 'firewall/outcome-unknown' : 'firewall/unexpected-answer';
    throw new ZonebridgeError(
      code,
      `${call}: ${result.length} results for ${request.params.length} questions`,
    );
  }

  async #send(request: Request, session: string | undefined): Promise<Envelope> {
    const { method, params, write } = request;
    const { call } = named(request);
    const timeoutMs = await admit(this.#request, call, this.settings.timeoutMs);
    const body = JSON.stringify({
      id: this.#nextId++,
      method,
      params,
      verbose: 1,
      ...(session === undefined ? {} : { session }),
    });
    const credential = this.#credential;
    const secrets = 'key' in credential ? [credential.key] : [credential.password, session ?? ''];
    this.#usage.bytesSent += Buffer.byteLength(body);
    let answer: Answer;
    try {
      answer = await exchange(this.#device.pool, {
        method: 'POST',
        target: '/jsonrpc',
        body,
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          ...('key' in credential ? { authorization: `Bearer ${credential.key}` } : {}),
        },
        secrets,
        timeoutMs,
      });
    } catch (error) {
      throw networkError(error, call, write);
    }
    this.#usage.bytesReceived += Buffer.byteLength(answer.text);
    const found = parseEnvelope(answer);
    if (!found) throw strangerError(answer, call, write);
    return found;
  }
}

export function adomPath(adom: string): string {
  return `/dvmdb/adom/${adom}`;
}

/** A wrong name in a URL makes the URL invalid, a missing row does not exist: both are seen. */
export function isAdomMissing(code: number | undefined): boolean {
  return code === -3 || code === -6;
}

function named({ method, params }: Request): { call: string } {
  const more = params.length > 1 ? ` and ${params.length - 1} more` : '';
  return { call: `${method} ${params[0]?.url ?? ''}${more}` };
}

/** The whole session is refused when every element is; a single one may be about that element. */
function isRefused(elements: readonly Element[]): boolean {
  return elements.length > 0 && elements.every(({ status }) => status.code === -11);
}
