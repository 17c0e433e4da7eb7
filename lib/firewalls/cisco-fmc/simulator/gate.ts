import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { ApiRequest } from '../../../simulators/http.ts';
import { header } from '../../../simulators/http.ts';
import { Refusal } from './refusal.ts';
import type { Behaviour } from './settings.ts';

const tokenMs = 30 * 60_000;
const refreshesMax = 3;

interface Token {
  access: string;
  refresh: string;
  born: number;
  refreshes: number;
}

export interface Credentials {
  user: string;
  password: string;
  /** Of an API-only user of the cloud. */
  apiToken: string;
}

/** Who may come in: a user with password and tokens that end after 30 minutes, or the API token of the cloud. */
export class Gate {
  readonly credentials: Credentials;
  readonly #tokens = new Map<string, Token>();

  constructor(given: Partial<Credentials> = {}) {
    this.credentials = {
      user: given.user ?? 'zonebridge',
      password: given.password ?? randomBytes(12).toString('hex'),
      // Three parts, as a JSON web token has them.
      apiToken:
        given.apiToken ?? [12, 30, 32].map((size) => randomBytes(size).toString('base64url')).join('.'),
    };
  }

  /** Tokens for name and password in the header. */
  logIn(request: ApiRequest, { secondLogin }: Behaviour): Token {
    const { user, password } = this.credentials;
    const basic = /^Basic\s+(\S+)$/i.exec(header(request, 'authorization'))?.[1] ?? '';
    if (!sameText(Buffer.from(basic, 'base64').toString('utf8'), `${user}:${password}`))
      throw new Refusal(401, 'User authentication failed', 'FRAMEWORK');
    if (secondLogin === 'ends-first') this.#tokens.clear();
    return this.#issue(0);
  }

  /** A new pair for an old one, three times at most. The access token may have ended already. Assumption: a pair is good for half an hour more. */
  refresh(request: ApiRequest): Token {
    const refresh = header(request, 'x-auth-refresh-token');
    const old = [...this.#tokens.values()].find((token) => sameText(token.refresh, refresh));
    if (!old || old.refreshes >= refreshesMax || Date.now() - old.born > 2 * tokenMs)
      throw new Refusal(401, 'Invalid refresh token', 'FRAMEWORK');
    this.#tokens.delete(old.access);
    return this.#issue(old.refreshes + 1);
  }

  #issue(refreshes: number): Token {
    const token = { access: randomUUID(), refresh: randomUUID(), born: Date.now(), refreshes };
    this.#tokens.set(token.access, token);
    return token;
  }

  /** Throws 401, or 408 for one that has ended where the switch says so, unless the request carries a token that is good now. */
  admit(request: ApiRequest, { expiredToken }: Behaviour): void {
    const token = this.#tokens.get(header(request, 'x-auth-access-token'));
    if (!token) throw new Refusal(401, 'Access token invalid.', 'FRAMEWORK');
    if (Date.now() - token.born > tokenMs)
      throw new Refusal(expiredToken, 'Access token invalid.', 'FRAMEWORK');
  }

  /** Whether the request carries the API token of the cloud. */
  admitsApiToken(request: ApiRequest): boolean {
    return sameText(header(request, 'authorization'), `Bearer ${this.credentials.apiToken}`);
  }

  /** Whether the request carries name and password, or the API token: the administration of the simulator itself. */
  isAdministrator(request: ApiRequest): boolean {
    const { user, password } = this.credentials;
    const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    return this.admitsApiToken(request) || sameText(header(request, 'authorization'), basic);
  }

  /** Access tokens end at once; `everything`: those that refresh them, too. */
  expire(everything: boolean): void {
    for (const token of this.#tokens.values()) token.born -= tokenMs + 1;
    if (everything) this.#tokens.clear();
  }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
