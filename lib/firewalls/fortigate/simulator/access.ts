import { randomBytes, timingSafeEqual } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { header } from './http.ts';
import type { ApiRequest } from './http.ts';
import type { Access, Settings } from './settings.ts';
import { refusesQueryToken } from './version.ts';

/** Why a request is not let in, or the rights it has. */
export type Admission =
  | { refused: 401 | 403 }
  /** Rights by permission; `all` for an administrator's session. */
  | { rights: Readonly<Record<string, Access>> | 'all'; session?: string };

interface Session {
  csrfToken: string;
}

/** Who may come in: one API token, and administrators' sessions with cookie and CSRF token. */
export class Gate {
  readonly token: string;
  readonly administrator: { name: string; password: string };
  readonly #sessions = new Map<string, Session>();

  constructor(token?: string) {
    // As long as the tokens of newer versions: real clients refuse shorter ones.
    this.token = token ?? randomBytes(20).toString('hex');
    this.administrator = { name: 'admin', password: randomBytes(12).toString('hex') };
  }

  admit(request: ApiRequest, settings: Settings, queryTokenEnabled: boolean): Admission {
    const bearer = /^Bearer\s+(\S+)$/i.exec(header(request, 'authorization'))?.[1];
    const queryAllowed = queryTokenEnabled || !refusesQueryToken(settings.version);
    const given = bearer ?? (queryAllowed ? (request.query.get('access_token') ?? undefined) : undefined);
    if (given !== undefined) {
      const welcome = sameText(given, this.token) && isTrusted(request.source, settings.trustedHosts);
      return welcome ? { rights: settings.accessProfile } : { refused: 401 };
    }
    return this.#admitSession(request);
  }

  /** True for the token in the header, from anywhere: the administration of the simulator itself. */
  holdsToken(request: ApiRequest): boolean {
    return sameText(header(request, 'authorization'), `Bearer ${this.token}`);
  }

  /** Opens a session; undefined when name or password are wrong. */
  logIn(name: string, password: string): { cookie: string; csrfToken: string } | undefined {
    if (!sameText(name, this.administrator.name) || !sameText(password, this.administrator.password)) {
      return undefined;
    }
    const cookie = randomBytes(16).toString('hex');
    const csrfToken = randomBytes(16).toString('hex').toUpperCase();
    this.#sessions.set(cookie, { csrfToken });
    return { cookie, csrfToken };
  }

  logOut(request: ApiRequest): void {
    this.#sessions.delete(sessionCookie(request));
  }

  dropSessions(): void {
    this.#sessions.clear();
  }

  #admitSession(request: ApiRequest): Admission {
    const cookie = sessionCookie(request);
    const session = this.#sessions.get(cookie);
    if (session === undefined) {
      return { refused: 401 };
    }
    const reads = request.method === 'GET' || request.method === 'HEAD';
    return reads || sameText(header(request, 'x-csrftoken'), session.csrfToken)
      ? { rights: 'all', session: cookie }
      : { refused: 403 };
  }
}

/** Whether rights are enough for a method. */
export function isAllowed(admission: Admission, right: string | undefined, method: string): boolean {
  if ('refused' in admission) {
    return false;
  }
  if (right === undefined || admission.rights === 'all') {
    return true;
  }
  const access = admission.rights[right] ?? 'none';
  return access === 'read-write' || (access === 'read' && method === 'GET');
}

function sessionCookie(request: ApiRequest): string {
  return /(?:^|;\s*)APSCOOKIE_\d+="?([0-9a-f]+)/.exec(header(request, 'cookie'))?.[1] ?? '';
}

function isTrusted(source: string, trustedHosts: readonly string[]): boolean {
  if (trustedHosts.length === 0) {
    return true;
  }
  const address = ipaddr.process(source);
  return trustedHosts.some((host) => {
    const network = ipaddr.parseCIDR(host);
    return network[0].kind() === address.kind() && address.match(network);
  });
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
