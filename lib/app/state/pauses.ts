import type { Item, ItemUpdate } from '../../core/ports.ts';
import { count, text } from './items.ts';

/** A person stopped all writes, of one firewall or of all. */
export interface Pause {
  since: number;
  by: string;
  reason: string | undefined;
}

const prefix = 'paused|';
/** The pause of everything; it stands in the row that says which configuration is active. No firewall can have this id. */
export const everything = '*';

/** Pauses that a row holds, by firewall, or `everything`. They stand in rows that every run reads anyhow. */
export function readPauses(item: Item | undefined): ReadonlyMap<string, Pause> {
  const pauses = new Map<string, Pause>();
  for (const [name, value] of Object.entries(item ?? {})) {
    if (!name.startsWith(prefix) || typeof value !== 'object' || value === null || Array.isArray(value))
      continue;
    pauses.set(name.slice(prefix.length), {
      since: count(value, 'since'),
      by: text(value, 'by') ?? 'unknown',
      reason: text(value, 'reason'),
    });
  }
  return pauses;
}

/** The update that begins a pause; one that holds already is kept with its begin. */
export function pauseUpdate(what: string, { since, by, reason }: Pause): ItemUpdate {
  const value: Item = { since, by, ...(reason === undefined ? {} : { reason }) };
  return { setIfAbsent: { [prefix + what]: value } };
}

export function resumeUpdate(what: string): ItemUpdate {
  return { remove: [prefix + what] };
}
