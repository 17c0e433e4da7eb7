import { type ErrorFields, isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, DeviceCertificate, DeviceIdentity } from '../../core/firewall.ts';
import { repeatRead } from '../shared/repeat-read.ts';
import type { Answer, Exchange } from '../shared/transport.ts';
import { answerError, type Body, parseBody } from './envelope.ts';
import { type Login, loginFor, platformPath } from './login.ts';
import type { FmcSettings } from './schema.ts';
import type { Session } from './session.ts';
import { Wire } from './wire.ts';

export type Query = Readonly<Record<string, string | number>>;

interface Call {
  method: Exchange['method'];
  /** Below the domain, or below the platform. */
  path: string;
  below: 'domain' | 'platform';
  query?: Query;
  body?: unknown;
}

const configPath = '/api/fmc_config/v1/domain';

/** Waits before a refused write is sent again: the manager takes one write at a time, of anybody. */
const againMs = [400, 1_200];

/**
 * Speaks the REST API of an FMC: token in a header only, deadline, budget, bounded retries of reads and of writes that were certainly
 * refused. A write whose reply is lost is not repeated: `firewall/outcome-unknown`.
 */
export class FmcClient {
  readonly settings: FmcSettings;
  readonly #request: ConnectionRequest<FmcSettings>;
  readonly #wire: Wire;
  readonly #login: Login;
  /** The manager did something for us in this connection, so it knows who we are. */
  #welcome = false;
  identity: DeviceIdentity | undefined;

  constructor(request: ConnectionRequest<FmcSettings>) {
    this.#request = request;
    this.settings = request.settings;
    this.#wire = new Wire(request);
    this.#login = loginFor(this.#wire, request);
  }

  async get(path: string, query: Query = {}): Promise<Body> {
    const read = async () => await this.#call({ method: 'GET', path, below: 'domain', query });
    return await repeatRead(this.#request.clock, read);
  }

  /** A read that concerns no domain. */
  async platform(path: string): Promise<Body> {
    const read = async () => await this.#call({ method: 'GET', path, below: 'platform' });
    return await repeatRead(this.#request.clock, read);
  }

  async post(path: string, body: unknown, query: Query = {}): Promise<Body> {
    return await this.whileBusy(
      async () => await this.#call({ method: 'POST', path, below: 'domain', body, query }),
    );
  }

  /** Replaces what was read: sent once, inside of `whileBusy` together with its reading. */
  async put(path: string, body: unknown): Promise<Body> {
    return await this.#call({ method: 'PUT', path, below: 'domain', body });
  }

  /** Takes away what was judged: sent once, inside of `whileBusy` together with the judgement. */
  async delete(path: string): Promise<Body> {
    return await this.#call({ method: 'DELETE', path, below: 'domain' });
  }

  /**
   * Runs a write, and again a little later while the manager refuses it because somebody else writes. What is made from something read is run
   * from its reading on: the other one may have saved just that, and our older version must not replace it.
   */
  async whileBusy<T>(write: () => Promise<T>): Promise<T> {
    for (let again = 0; ; again++) {
      try {
        return await write();
      } catch (error) {
        const wait = isZonebridgeError(error) && error.fields.again === true ? againMs[again] : undefined;
        if (wait === undefined) throw error;
        await this.#request.clock.sleep(wait);
      }
    }
  }

  /** Throws `firewall/scope-missing` when the configured domain is not there. */
  async domain(): Promise<string> {
    return await this.#login.domain();
  }

  /** As the manager said; the configured version stands in before. */
  get version(): string {
    return this.identity?.version ?? this.settings.version;
  }

  get session(): Session {
    return this.#login.session;
  }

  get certificate(): DeviceCertificate | undefined {
    return this.#wire.certificate;
  }

  usage(): ReturnType<Wire['usage']> {
    return this.#wire.usage();
  }

  close(): void {
    this.#wire.close();
  }

  async #call(asked: Call): Promise<Body> {
    const { method, below, path } = asked;
    const call = `${method} ${below === 'platform' ? platformPath : ''}${path}`;
    const fromRead = method === 'PUT' || method === 'DELETE';
    let proved: boolean | undefined;
    for (;;) {
      const { answer, headers } = await this.#send(asked, call);
      // 408 means an ended token to some releases.
      if ((answer.status === 401 || answer.status === 408) && proved === undefined) {
        proved = (await this.#login.renew(headers)) || this.#welcome;
        if (proved && fromRead) throw overtaken(call, { again: true });
        continue;
      }
      if (answer.status === 401 && proved) throw overtaken(call);
      this.#welcome ||= answer.status < 300;
      const error = answerError(answer, { call, write: method !== 'GET' });
      if (error) throw error;
      return parseBody(answer) ?? {};
    }
  }

  async #send(
    { method, path, below, query, body }: Call,
    call: string,
  ): Promise<{ answer: Answer; headers: Readonly<Record<string, string>> }> {
    const root = below === 'platform' ? platformPath : `${configPath}/${await this.#login.domain()}`;
    const headers = await this.#login.headers();
    const target = `${this.settings.cloud?.basePath ?? ''}${root}${path}${queryText(query)}`;
    const secrets = this.#login.secrets();
    const answer = await this.#wire.send({ method, target, call, body, headers, secrets });
    return { answer, headers };
  }
}

/** Refused right after it was accepted: another login of the same user ends tokens, and the cloud refuses good ones now and then. */
function overtaken(call: string, more: ErrorFields = {}): ZonebridgeError {
  return new ZonebridgeError(
    'firewall/busy',
    `${call}: the token is not accepted, and who we are was accepted just before; another login of the same user may have ended it [HTTP 401]`,
    { fields: { httpStatus: 401, ...more } },
  );
}

function queryText(query: Query = {}): string {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
