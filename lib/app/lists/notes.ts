import type { Clock, Tables, Telemetry } from '../../core/ports.ts';
import { type Fetch, noteFetch } from '../state/fetches.ts';

/** How often the same version is noted again, in milliseconds: `status` is that much behind about who still fetches. */
const againMs = 300_000;
const rememberedMax = 20_000;

/** Notes who fetched which version: at once when it is another than this process noted last, otherwise every five minutes. */
export class FetchNotes {
  readonly #ports: { clock: Clock; tables: Tables; telemetry: Telemetry };
  readonly #firewall: string;
  readonly #noted = new Map<string, { version: string; at: number }>();

  constructor(ports: { clock: Clock; tables: Tables; telemetry: Telemetry }, firewall: string) {
    this.#ports = ports;
    this.#firewall = firewall;
  }

  /** A list is served whether or not it can be noted. */
  async note(fetch: Omit<Fetch, 'at'>): Promise<void> {
    const { clock, tables, telemetry } = this.#ports;
    const at = clock.now();
    const key = `${fetch.list}|${fetch.reader}|${fetch.address}`;
    const known = this.#noted.get(key);
    if (known?.version === fetch.version && at - known.at < againMs) return;
    if (this.#noted.size >= rememberedMax) this.#noted.clear();
    this.#noted.set(key, { version: fetch.version, at });
    try {
      await noteFetch(tables, this.#firewall, { ...fetch, at });
    } catch (error) {
      this.#noted.delete(key);
      telemetry.warn('fetch not noted', { list: fetch.list, reader: fetch.reader, problem: String(error) });
    }
  }
}
