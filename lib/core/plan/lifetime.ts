/**
 * The longest time between what a call did on a device and what the ledger says of it, with room for clocks that differ a little.
 * Milliseconds.
 */
const slackMs = 300_000;

/** What is known of a member on a device that forgets its members by itself. */
interface Known {
  /** When the device forgets it, milliseconds since 1970; undefined: never, or nobody knows. */
  expiresAt: number | undefined;
  /** How long the device shall keep it from now on; undefined: for ever. */
  lifetimeMs: number | undefined;
  now: number;
}

/** It has to be put there again: half of its time is over, or it has another one than it should have. */
export function isDue({ expiresAt, lifetimeMs, now }: Known): boolean {
  if (lifetimeMs === undefined) return expiresAt !== undefined;
  if (expiresAt === undefined) return true;
  const left = expiresAt - now;
  return left < lifetimeMs / 2 || left > lifetimeMs + slackMs;
}

/** When it is not there, its time may have been over: then nobody took it off. */
export function mayHaveEnded({ expiresAt, lifetimeMs, now }: Known): boolean {
  return expiresAt === undefined ? lifetimeMs !== undefined : now >= expiresAt - slackMs;
}
