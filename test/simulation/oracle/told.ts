import type { BusEntry } from '../../../cluster-agent/lib/ports.ts';

/** What the agents of a hub said about each pod: why they said it last, and whether a watch ever saw it change. */
export class Told {
  /** Cause of the last record of a pod, by uid. */
  readonly cause = new Map<string, string>();
  /** When a watch last told something of a pod, by uid. */
  readonly watchedAt = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  hear({ detailType, detail }: BusEntry): void {
    if (detailType !== 'endpoints') return;
    const { changes } = JSON.parse(detail) as { changes: Record<string, unknown>[] };
    for (const { cause, upsert, remove } of changes) {
      const { uid } = (upsert ?? remove) as { uid: string };
      this.cause.set(uid, String(cause));
      if (cause === 'watch') this.watchedAt.set(uid, this.#now());
    }
  }
}
