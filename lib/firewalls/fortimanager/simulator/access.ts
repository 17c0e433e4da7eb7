import { randomBytes, randomInt } from 'node:crypto';
import { header, type ApiRequest } from '../../../simulators/http.ts';
import type { ManagerSettings } from './settings.ts';
import { hasKeys, isFrom } from './version.ts';

export interface Session {
  /** What the client sends. */
  id: string;
  /** What the manager shows in locks and failures. */
  number: number;
  user: string;
  lastUsed: number;
}

/** Who asks: a session, or an API key that counts as one. */
export type Caller = Pick<Session, 'id' | 'user' | 'number'>;

/** Logins, sessions and API keys. */
export class Gate {
  readonly administrator = { name: 'zonebridge', password: `pw-${randomBytes(9).toString('hex')}` };
  readonly apiKey: string = randomBytes(16).toString('hex');
  readonly #sessions = new Map<string, Session>();

  constructor(secret?: string) {
    if (secret !== undefined) this.apiKey = secret;
  }

  /** Undefined when name or password is wrong. */
  logIn(name: string, password: string): Session | undefined {
    const { administrator } = this;
    if (name !== administrator.name || password !== administrator.password) return undefined;
    return this.open(name);
  }

  open(user: string): Session {
    const id = randomBytes(48).toString('base64');
    const session = { id, number: randomInt(1_000, 99_999), user, lastUsed: Date.now() };
    this.#sessions.set(id, session);
    return session;
  }

  logOut(id: string): boolean {
    return this.#sessions.delete(id);
  }

  /** Ends all sessions, as a restart does; returns them. */
  dropSessions(): Session[] {
    const dropped = [...this.#sessions.values()];
    this.#sessions.clear();
    return dropped;
  }

  has(id: string): boolean {
    return this.#sessions.has(id) || id === keySession;
  }

  numberOf(id: string): number {
    return this.#sessions.get(id)?.number ?? 0;
  }

  /** Who asks; undefined for nobody we know. */
  admit(request: ApiRequest, session: unknown, settings: ManagerSettings): Caller | undefined {
    const key =
      /^Bearer (.+)$/.exec(header(request, 'authorization'))?.[1] ?? this.#queryKey(request, settings);
    if (key !== undefined) {
      const fits = key === this.apiKey && hasKeys(settings.version) && isKeysUser(request, settings);
      return fits ? { id: keySession, number: 0, user: keyUser } : undefined;
    }
    const found = typeof session === 'string' ? this.#sessions.get(session) : undefined;
    if (!found) return undefined;
    const now = Date.now();
    if (now - found.lastUsed > settings.idleMilliseconds) {
      this.#sessions.delete(found.id);
      return undefined;
    }
    found.lastUsed = now;
    return found;
  }

  /** `?access_token=` is refused from 7.4.7 and 7.6.2. */
  #queryKey({ query }: ApiRequest, { version }: ManagerSettings): string | undefined {
    const refused = isFrom(version, '7.6.2') || (isFrom(version, '7.4.7') && !isFrom(version, '7.6.0'));
    return refused ? undefined : (query.get('access_token') ?? undefined);
  }
}

const keyUser = 'zonebridge-api';

/** From 7.6.7 a key may come with the name of its user. Assumption: another name is refused, and older versions do not look. */
function isKeysUser(request: ApiRequest, { version }: ManagerSettings): boolean {
  const named = header(request, 'access_user');
  return named === '' || named === keyUser || !isFrom(version, '7.6.7');
}

/** All calls with the key. */
const keySession = 'api-key';
