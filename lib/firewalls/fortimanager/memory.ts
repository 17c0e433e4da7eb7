import type { FortimanagerSettings } from './schema.ts';

/** What this process knows of a manager from one run to the next. Never stored: it holds the session. */
export interface Memory {
  /** Session of the administrator, and when it was last used (milliseconds since 1970). */
  session: string | undefined;
  usedAt: number;
  /** Whether the ADOM is locked by this session, or by the calls with this key. */
  holdsLock: boolean;
  /** Whether the ADOM has to be locked for changes, once the manager told. */
  locking: boolean | undefined;
}

const memories = new Map<string, Memory>();

/** By manager, ADOM and credential: another password is another session. */
export function memoryOf(settings: FortimanagerSettings, credential: string): Memory {
  const { address, port, adom, workspace } = settings;
  const key = JSON.stringify([address, port, adom, workspace, credential]);
  const known = memories.get(key);
  if (known) return known;
  const fresh: Memory = { session: undefined, usedAt: 0, holdsLock: false, locking: undefined };
  memories.set(key, fresh);
  return fresh;
}
