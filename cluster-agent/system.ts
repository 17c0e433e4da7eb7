import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Random, Telemetry } from '../lib/core/ports.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds) => {
    await sleep(milliseconds, undefined, { ref: false });
  },
};

/** Milliseconds of a clock that nobody sets and that goes on while the process is stopped. */
export function elapsed(): number {
  return performance.now();
}

export const systemRandom: Random = { next: () => Math.random(), id: () => randomUUID() };

/** One JSON object a line on standard output. Metrics are served, not written. */
export function jsonLines(write: (line: string) => void): Telemetry {
  const line = (level: string, message: string, fields: Readonly<Record<string, unknown>> = {}) =>
    write(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }));
  return {
    metric: () => undefined,
    info: (message, fields) => line('info', message, fields),
    warn: (message, fields) => line('warn', message, fields),
  };
}
