import { detailTypes, schemaVersion } from '../../lib/core/model/messages.ts';
import type { BusEntry } from './ports.ts';

/**
 * Sizes of a PutEvents call, in UTF-8 bytes. The service takes 10 entries and 256 KB in all, of which it counts source,
 * detail type and detail of every entry; we stay below, because the delivered event is larger than the entry.
 */
export const limits = {
  entries: 10,
  callBytes: 200 * 1024,
  /** An event is charged and retried as a whole, so its changes are kept few. */
  entryChanges: 50,
  entryBytes: 20 * 1024,
  /** A record above it is refused: it must fit into a call with its envelope. */
  recordBytes: 200_000,
  /** Events above 64 KB are charged twice. */
  manifestBytes: 60 * 1000,
} as const;

/** One change, ready to be sent. */
export interface Outgoing {
  id: string;
  /** The change as JSON. */
  json: string;
  /** Content hash the hub has when it accepted this; undefined for a removal. */
  hash: string | undefined;
}

interface Entry {
  bytes: number;
  changes: Outgoing[];
}

/** Fills the entries of one PutEvents call with changes. */
export class Batch {
  readonly entries: Entry[] = [];
  readonly #head: string;
  readonly #envelopeBytes: number;
  #bytes = 0;

  constructor(envelope: { source: string; epoch: number; sentAt: number }) {
    const { epoch, sentAt } = envelope;
    this.#head = `{"schema":${schemaVersion},"epoch":${epoch},"sentAt":${sentAt},"changes":[`;
    this.#envelopeBytes = utf8(envelope.source) + utf8(detailTypes.endpoints) + utf8(this.#head) + 2;
  }

  /** False when the call is full: the change was not taken. */
  add(change: Outgoing): boolean {
    const bytes = utf8(change.json) + 1;
    const last = this.entries.at(-1);
    if (last && last.changes.length < limits.entryChanges && last.bytes + bytes <= limits.entryBytes) {
      if (this.#bytes + bytes > limits.callBytes) return false;
      last.changes.push(change);
      last.bytes += bytes;
      this.#bytes += bytes;
      return true;
    }
    const total = this.#envelopeBytes + bytes;
    if (this.entries.length >= limits.entries || this.#bytes + total > limits.callBytes) return false;
    this.entries.push({ bytes: total, changes: [change] });
    this.#bytes += total;
    return true;
  }

  /** What goes to the bus, in the order of `entries`. */
  busEntries(): BusEntry[] {
    return this.entries.map(({ changes }) => ({
      detailType: detailTypes.endpoints,
      detail: `${this.#head}${changes.map(({ json }) => json).join(',')}]}`,
    }));
  }
}

/** Bytes of a text as the service counts them. */
export function utf8(text: string): number {
  return Buffer.byteLength(text);
}
