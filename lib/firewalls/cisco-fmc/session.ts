import { digest } from '../../core/model/content-hash.ts';
import type { FmcSettings } from './schema.ts';

/** A pair of tokens and when it was given, by our clock. */
export interface Tokens {
  access: string;
  refresh: string;
  since: number;
  refreshes: number;
}

/** What this process knows of a manager as one user sees it; kept between connections, so that a warm function does not log in for every change. */
export interface Session {
  tokens: Tokens | undefined;
  domains: readonly { name: string; uuid: string }[];
  /** A renewal under way: connections that need one, too, wait for it. */
  renewing: Promise<void> | undefined;
  /** Ids of objects whose mark or offer was seen, by domain, name and the word that was seen. */
  ids: Map<string, string>;
}

const sessions = new Map<string, Session>();

/** The session of exactly this credential: another password never works with the tokens of the right one. */
export function sessionOf(settings: FmcSettings, credential: string): Session {
  const { address, port, tlsServerName, ca, cloud } = settings;
  const key = digest(JSON.stringify([address.toLowerCase(), port, tlsServerName, ca, cloud, credential]));
  const known = sessions.get(key);
  if (known) return known;
  const session: Session = { tokens: undefined, domains: [], renewing: undefined, ids: new Map() };
  sessions.set(key, session);
  return session;
}
