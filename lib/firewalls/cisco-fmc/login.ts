import { z } from 'zod';
import { ZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest } from '../../core/firewall.ts';
import type { Clock } from '../../core/ports.ts';
import type { Answer } from '../shared/transport.ts';
import { parseCredential } from './credential.ts';
import { answerError, parseBody } from './envelope.ts';
import { type FmcSettings, globalDomain } from './schema.ts';
import { type Session, sessionOf } from './session.ts';
import type { Wire } from './wire.ts';

export const platformPath = '/api/fmc_platform/v1';

/** How a connection proves who it is. */
export interface Login {
  readonly session: Session;
  /** Headers that prove it; logs in first when needed. Throws `firewall/credentials-rejected`. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** After these headers were refused, before the call is repeated: true when the manager accepted anew who we are. Throws as `headers` does. */
  renew(refused: Readonly<Record<string, string>>): Promise<boolean>;
  /** What no answer may repeat. */
  secrets(): readonly string[];
  /** UUID of the configured domain. Throws `firewall/scope-missing`. */
  domain(): Promise<string>;
}

export function loginFor(wire: Wire, request: ConnectionRequest<FmcSettings>): Login {
  const { settings, credential, clock } = request;
  const session = sessionOf(settings, credential);
  const parsed = parseCredential(credential);
  const cloud = settings.cloud !== undefined;
  if ('token' in parsed && cloud) return new TokenLogin(wire, { settings, session, token: parsed.token });
  if ('user' in parsed && !cloud) return new UserLogin(wire, { settings, session, ...parsed, clock });
  const wanted = cloud ? 'an API token for the manager in the cloud' : '`<user>:<password>`';
  throw new ZonebridgeError('secret/invalid', `the credential must be ${wanted}`);
}

/** A user of a manager of one's own: tokens for half an hour, renewed three times, then name and password again. */
class UserLogin implements Login {
  readonly session: Session;
  readonly #wire: Wire;
  readonly #settings: FmcSettings;
  readonly #clock: Clock;
  readonly #basic: string;
  readonly #password: string;
  /** Name and password are tried once per connection: who goes on guessing is locked out. */
  #refused: ZonebridgeError | undefined;

  constructor(
    wire: Wire,
    known: { settings: FmcSettings; session: Session; user: string; password: string; clock: Clock },
  ) {
    const { settings, session, user, password, clock } = known;
    this.#wire = wire;
    this.#settings = settings;
    this.session = session;
    this.#clock = clock;
    this.#password = password;
    this.#basic = Buffer.from(`${user}:${password}`).toString('base64');
  }

  async headers(): Promise<Readonly<Record<string, string>>> {
    const { tokens } = this.session;
    // A little before they end, because a refused call costs one more.
    const old = tokens && this.#clock.now() - tokens.since >= tokenMs - marginMs;
    if (!tokens || old) await this.#renewOnce();
    return { 'x-auth-access-token': this.session.tokens?.access ?? '' };
  }

  async renew(refused: Readonly<Record<string, string>>): Promise<boolean> {
    const { tokens } = this.session;
    if (tokens && tokens.access !== refused['x-auth-access-token']) return true;
    await this.#renewOnce();
    return true;
  }

  secrets(): readonly string[] {
    const { tokens } = this.session;
    return [this.#basic, this.#password, tokens?.access ?? '', tokens?.refresh ?? ''];
  }

  async domain(): Promise<string> {
    await this.headers();
    const found = domainIn(this.session.domains, this.#settings.domain);
    if (found !== undefined) return found;
    throw scopeMissing(this.#settings.domain, this.session.domains);
  }

  /** Connections of one process share the tokens. Where another one's renewal failed, for its own deadline perhaps, this one tries itself. */
  async #renewOnce(): Promise<void> {
    const { session } = this;
    for (let under = session.renewing; under; under = session.renewing) {
      await under.catch(() => undefined);
      if (session.tokens) return;
    }
    const renewing = this.#renew();
    session.renewing = renewing;
    try {
      await renewing;
    } finally {
      session.renewing = undefined;
    }
  }

  async #renew(): Promise<void> {
    const { session } = this;
    const { tokens } = session;
    session.tokens = undefined;
    if (tokens && tokens.refreshes < refreshesMax && (await this.#refresh(tokens))) return;
    if (this.#refused) throw this.#refused;
    try {
      await this.#take('generatetoken', { authorization: `Basic ${this.#basic}` }, 0);
    } catch (error) {
      if (error instanceof ZonebridgeError && error.code === 'firewall/credentials-rejected')
        this.#refused = error;
      throw error;
    }
  }

  /** False when the tokens are worth nothing any more: somebody logged in with the same user, or the manager was started again. */
  async #refresh({ access, refresh, refreshes }: NonNullable<Session['tokens']>): Promise<boolean> {
    const headers = { 'x-auth-access-token': access, 'x-auth-refresh-token': refresh };
    try {
      await this.#take('refreshtoken', headers, refreshes + 1);
      return true;
    } catch (error) {
      const refused = error instanceof ZonebridgeError && error.fields.httpStatus !== undefined;
      if (refused && error.code !== 'firewall/throttled') return false;
      throw error;
    }
  }

  async #take(way: string, headers: Readonly<Record<string, string>>, refreshes: number): Promise<void> {
    const target = `${platformPath}/auth/${way}`;
    const call = `POST ${target}`;
    const secrets = [...this.secrets(), ...Object.values(headers)];
    const since = this.#clock.now();
    const answer = await this.#wire.send({ method: 'POST', target, call, headers, secrets, login: true });
    const access = textIn(answer, 'x-auth-access-token');
    if (answer.status >= 300 || access === '') {
      throw (
        answerError(answer, { call, write: false }) ??
        new ZonebridgeError('firewall/unexpected-answer', `${call}: no token came back`)
      );
    }
    const refresh = textIn(answer, 'x-auth-refresh-token');
    // A renewal need not tell the domains again; those of the login stay.
    const former = way === 'refreshtoken' ? this.session.domains : [];
    this.session.domains = domainsTold(answer, call, former);
    this.session.tokens = { access, refresh, since, refreshes };
  }
}

const tokenMs = 30 * 60_000;
const marginMs = 60_000;
const refreshesMax = 3;

/** An API-only user of the cloud: one token that does not end by itself. */
class TokenLogin implements Login {
  readonly session: Session;
  readonly #wire: Wire;
  readonly #settings: FmcSettings;
  readonly #token: string;

  constructor(wire: Wire, known: { settings: FmcSettings; session: Session; token: string }) {
    this.#wire = wire;
    this.#settings = known.settings;
    this.session = known.session;
    this.#token = known.token;
  }

  async headers(): Promise<Readonly<Record<string, string>>> {
    return { authorization: `Bearer ${this.#token}` };
  }

  /** There is nothing to renew; the cloud refuses a good token now and then, so it is shown again. */
  async renew(): Promise<boolean> {
    return false;
  }

  secrets(): readonly string[] {
    return [this.#token];
  }

  /** There is one domain, with a UUID that never changes; another one is looked up. */
  async domain(): Promise<string> {
    const { domain, cloud } = this.#settings;
    if (domain === 'Global' || domain.toLowerCase() === globalDomain) return globalDomain;
    if (this.session.domains.length === 0) {
      const target = `${cloud?.basePath ?? ''}${platformPath}/info/domain`;
      const call = `GET ${target}`;
      const ask = async () =>
        await this.#wire.send({
          method: 'GET',
          target,
          call,
          headers: await this.headers(),
          secrets: this.secrets(),
          login: true,
        });
      let answer = await ask();
      if (answer.status === 401) answer = await ask();
      const error = answerError(answer, { call, write: false });
      if (error) throw error;
      const parsed = z.looseObject({ items: domainList }).safeParse(parseBody(answer));
      if (!parsed.success) throw unreadableDomains(call);
      this.session.domains = parsed.data.items;
    }
    const found = domainIn(this.session.domains, domain);
    if (found !== undefined) return found;
    throw scopeMissing(domain, this.session.domains);
  }
}

const uuid = z.string().regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/);
const domainList = z.array(z.looseObject({ name: z.string(), uuid }));

/**
 * The domains that came with tokens, or those known before. A manager that lists none tells at least the one it let us into: its name is
 * known only where it is Global. What cannot be read is an error: by a guess we would write into somebody else's domain.
 */
function domainsTold(answer: Answer, call: string, former: Session['domains']): Session['domains'] {
  const [listed, own] = [textIn(answer, 'domains'), textIn(answer, 'domain_uuid')];
  if (listed !== '') {
    const parsed = domainList.safeParse(jsonIn(listed));
    if (parsed.success) return parsed.data;
    throw unreadableDomains(call);
  }
  if (own === '' || former.length > 0) return former;
  if (!uuid.safeParse(own).success) throw unreadableDomains(call);
  return [{ name: own.toLowerCase() === globalDomain ? 'Global' : own, uuid: own }];
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadableDomains(call: string): ZonebridgeError {
  return new ZonebridgeError(
    'firewall/unexpected-answer',
    `${call}: the domains that the manager tells cannot be read`,
  );
}

/** By UUID or by name; names are written with `/` in one place and with `\` between blanks in another. */
function domainIn(domains: Session['domains'], wanted: string): string | undefined {
  const plain = (name: string) =>
    name
      .split(/\s*[\\/]\s*/)
      .join('/')
      .toLowerCase();
  const text = plain(wanted);
  return domains.find(({ name, uuid }) => uuid.toLowerCase() === text || plain(name) === text)?.uuid;
}

function scopeMissing(domain: string, domains: Session['domains']): ZonebridgeError {
  const names = domains.map(({ name }) => name.slice(0, 60)).join(', ');
  return new ZonebridgeError(
    'firewall/scope-missing',
    `there is no domain ${JSON.stringify(domain)}, or the user may not see it; it sees ${names || 'none'}`,
  );
}

function textIn({ headers }: Answer, name: string): string {
  return [headers[name] ?? ''].flat()[0] ?? '';
}
