import type { Clock, Tables, Telemetry } from '../../core/ports.ts';
import { type Fetch, noteFetch, noteStillHeld } from '../state/fetches.ts';

/** How often the same version is noted again, in milliseconds: `status` is that much behind about who still fetches. */
const againMs = 300_000;
const rememberedMax = 20_000;
/** After a failure, so that not every firewall waits for a table that is down. */
const pauseMs = 10_000;

/** Notes who fetched which version: at once when it is another than this process noted last, otherwise every five minutes. */
export class FetchNotes {
  readonly #ports: { clock: Clock; tables: Tables; telemetry: Telemetry };
  readonly #firewall: string;
  readonly #noted = new Map<string, { version: string; at: number }>();
  #pausedUntil = 0;

  constructor(ports: { clock: Clock; tables: Tables; telemetry: Telemetry }, firewall: string) {
    this.#ports = ports;
    this.#firewall = firewall;
  }

  /** One line of log for an address and reason in five minutes: who asks again and again fills no log. */
  refused({ refused: why, address }: { refused: string; address: string }): void {
    const { clock, telemetry } = this.#ports;
    const key = `refused|${why}|${address}`;
    const at = clock.now();
    if (at - (this.#noted.get(key)?.at ?? -againMs) < againMs) return;
    this.#remember(key, { version: '', at });
    telemetry.warn('list refused', { why, address });
  }

  /** A list is served whether or not it can be noted. */
  async note(fetch: Omit<Fetch, 'at'>): Promise<void> {
    await this.#note(fetch, noteFetch);
  }

  /** It asked for the checksum alone: it still has what it fetched before, if that is this version; otherwise it fetches next. */
  async noteHeld(fetch: Omit<Fetch, 'at'>): Promise<void> {
    await this.#note(fetch, noteStillHeld);
  }

  async #note(fetch: Omit<Fetch, 'at'>, write: typeof noteStillHeld): Promise<void> {
    const { clock, tables, telemetry } = this.#ports;
    const at = clock.now();
    if (at < this.#pausedUntil) return;
    const key = `${fetch.list}|${fetch.reader}|${fetch.address}`;
    const known = this.#noted.get(key);
    if (known?.version === fetch.version && at - known.at < againMs) return;
    this.#remember(key, { version: fetch.version, at });
    try {
      if (!(await write(tables, this.#firewall, { ...fetch, at }))) this.#noted.delete(key);
    } catch (error) {
      this.#noted.delete(key);
      this.#pausedUntil = clock.now() + pauseMs;
      telemetry.warn('fetch not noted', { list: fetch.list, reader: fetch.reader, problem: String(error) });
    }
  }

  #remember(key: string, noted: { version: string; at: number }): void {
    if (this.#noted.size >= rememberedMax) this.#noted.clear();
    this.#noted.set(key, noted);
  }
}
