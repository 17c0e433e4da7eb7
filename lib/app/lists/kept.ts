import type { Clock, Telemetry } from '../../core/ports.ts';

/** A value that is read anew when it is old, and kept when that fails. */
export class Kept<T> {
  #value: { value: T } | undefined;
  #until = 0;
  readonly #ports: { clock: Clock; telemetry: Telemetry };
  readonly #what: { name: string; maxAgeMs: number; read: () => Promise<T> };

  constructor(
    ports: { clock: Clock; telemetry: Telemetry },
    what: { name: string; maxAgeMs: number; read: () => Promise<T> },
  ) {
    this.#ports = ports;
    this.#what = what;
  }

  /** Throws only when it was never read. */
  async get(): Promise<T> {
    const { clock, telemetry } = this.#ports;
    const { name, maxAgeMs, read } = this.#what;
    if (this.#value && clock.now() < this.#until) return this.#value.value;
    try {
      this.#value = { value: await read() };
    } catch (error) {
      if (!this.#value) throw error;
      telemetry.warn(`${name} not read, the last one counts`, { problem: String(error) });
    }
    // Also after a failure: who waits for a service that hangs must not wait again with every answer.
    this.#until = clock.now() + maxAgeMs;
    return this.#value.value;
  }
}
