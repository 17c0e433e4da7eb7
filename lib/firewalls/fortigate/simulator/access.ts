import { randomBytes, timingSafeEqual } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { header } from '../../../simulators/http.ts';
import type { ApiRequest } from '../../../simulators/http.ts';
import type { Access, Settings } from './settings.ts';
import { refusesQueryToken } from './version.ts';

/** Why a request is not let in, or the rights it has. */
export type Admission =
  | { refused: 401 | 403 }
  /** Rights by permission; `all` for an administrator's session. */
  | { rights: Readonly<Record<string, Access>> | 'all'; session?: string };

export interface AdmissionRequest {
  settings: Settings;
  queryTokenEnabled: boolean;
  profileOf: (user: string) => string | undefined;
}

interface Session {
  csrfToken: string;
}

/** Who may come in: the API token of the start, keys of API administrators, and administrators' sessions with cookie and CSRF token. */
export class Gate {
  readonly token: string;
  readonly administrator: { name: string; password: string };
  readonly #sessions = new Map<string, Session>();
  /** Key of each API administrator: one, as on the device. */
  readonly #keys = new Map<string, string>();

  constructor(token?: string) {
    // As long as the tokens of newer versions: real clients refuse shorter ones.
    this.token = token ?? randomBytes(20).toString('hex');
    this.administrator = { name: 'admin', password: randomBytes(12).toString('hex') };
  }

  /** `profileOf` gives the profile of an API administrator; undefined when there is none of that name. */
  admit(request: ApiRequest, { settings, queryTokenEnabled, profileOf }: AdmissionRequest): Admission {
    const bearer = /^Bearer\s+(\S+)$/i.exec(header(request, 'authorization'))?.[1];
    const queryAllowed = queryTokenEnabled || !refusesQueryToken(settings.version);
    const given = bearer ?? (queryAllowed ? (request.query.get('access_token') ?? undefined) : undefined);
    if (given !== undefined) {
      const rights = this.#rightsOf(given, settings, profileOf);
      const welcome = rights !== undefined && isTrusted(request.source, settings.trustedHosts);
      return welcome ? { rights } : { refused: 401 };
    }
    return this.#admitSession(request);
  }

  /** A new key for an API administrator; the one it had is worth nothing from now on. */
  generateKey(user: string): string {
    const key = randomBytes(20).toString('hex');
    this.#keys.set(user, key);
    return key;
  }

  /** Assumption: every profile but `super_admin` has the rights of the settings. */
  #rightsOf(
    given: string,
    settings: Settings,
    profileOf: AdmissionRequest['profileOf'],
  ): Readonly<Record<string, Access>> | 'all' | undefined {
    if (sameText(given, this.token)) return settings.accessProfile;
    const user = [...this.#keys].find(([, key]) => sameText(given, key))?.[0];
    const profile = user === undefined ? undefined : profileOf(user);
    if (profile === undefined) return undefined;
    return profile === 'super_admin' ? 'all' : settings.accessProfile;
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
