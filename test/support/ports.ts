import { ZonebridgeError } from '../../lib/core/errors.ts';
import type {
  Clock,
  Queues,
  Random,
  Secrets,
  SecretStage,
  SecretStore,
  Telemetry,
} from '../../lib/core/ports.ts';

/** A clock that stands still until it is moved. Sleepers wake in the order of their time. */
export class FakeClock implements Clock {
  #now: number;
  readonly #automatic: boolean;
  #sleepers: { due: number; wake: () => void }[] = [];

  /** With `automatic` a sleep moves the clock itself and returns at once. */
  constructor(options: { now?: number; automatic?: boolean } = {}) {
    this.#now = options.now ?? Date.UTC(2026, 0, 1);
    this.#automatic = options.automatic ?? false;
  }

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number): Promise<void> {
    if (this.#automatic) {
      this.#now += Math.max(0, milliseconds);
      return;
    }
    await new Promise<void>((resolve) => {
      this.#sleepers.push({ due: this.#now + Math.max(0, milliseconds), wake: resolve });
    });
  }

  /** How many wait now. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Moves the clock and lets everything run that falls due on the way. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (;;) {
      const next = this.#sleepers.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      this.#now = Math.max(this.#now, next.due);
      next.wake();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets all promises that are ready run. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** The same numbers for the same seed (mulberry32); ids are unique within one instance. */
export class SeededRandom implements Random {
  #state: number;
  #ids = 0;

  constructor(seed = 1) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  id(): string {
    this.#ids += 1;
    const tail = Math.floor(this.next() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
    return `id-${this.#ids}-${tail}`;
  }
}

export type Message = Parameters<Queues['send']>[0];

/** Keeps what was sent until a test takes it. */
export class RecordingQueues implements Queues {
  readonly sent: Message[] = [];
  /** Runs before a message is kept; throw to fail the call. */
  beforeSend: ((message: Message) => void | Promise<void>) | undefined;

  async send(message: Message): Promise<void> {
    await this.beforeSend?.(message);
    this.sent.push({ ...message });
  }

  /** Removes and returns the messages, of one queue or of all. */
  take(queue?: string): Message[] {
    const taken = this.sent.filter((message) => queue === undefined || message.queue === queue);
    const left = this.sent.filter((message) => !taken.includes(message));
    this.sent.splice(0, this.sent.length, ...left);
    return taken;
  }
}

/** Secrets by name, with the stages of a rotation. As in the service, writing a current value makes the one before the previous. */
export class MemorySecrets implements Secrets, SecretStore {
  readonly values: Map<string, string>;
  readonly pending = new Map<string, { value: string; version: string }>();
  readonly previous = new Map<string, string>();
  /** Names in the order they were read. */
  readonly reads: string[] = [];
  /** Rotations that were asked for. */
  readonly started: string[] = [];
  readonly #kept = new Map<string, string>();
  readonly #versions = new Map<string, string>();

  constructor(values: Record<string, string> = {}) {
    this.values = new Map(Object.entries(values));
  }

  forget(name: string): void {
    this.#kept.delete(name);
  }

  keep(name: string, value: string): void {
    this.#kept.set(name, value);
  }

  async read(name: string): Promise<string> {
    this.reads.push(name);
    const value = this.#kept.get(name) ?? this.values.get(name);
    if (value === undefined) throw new ZonebridgeError('secret/missing', `There is no secret ${name}`);
    return value;
  }

  async readStage(name: string, stage: SecretStage): Promise<string | undefined> {
    if (stage === 'pending') return this.pending.get(name)?.value;
    return (stage === 'current' ? this.values : this.previous).get(name);
  }

  async write(name: string, value: string): Promise<void> {
    const before = this.values.get(name);
    if (before !== undefined) this.previous.set(name, before);
    this.values.set(name, value);
    this.#versions.delete(name);
  }

  async stage(name: string, value: string, version: string): Promise<void> {
    this.pending.set(name, { value, version });
  }

  async promote(name: string, version: string): Promise<void> {
    if (this.#versions.get(name) === version) return;
    const pending = this.pending.get(name);
    if (pending?.version !== version) throw new Error(`no version ${version} of ${name}`);
    await this.write(name, pending.value);
    this.#versions.set(name, version);
  }

  async startRotation(name: string): Promise<void> {
    this.started.push(name);
  }
}

export interface Metric {
  name: string;
  value: number;
  dimensions: Readonly<Record<string, string>>;
}

export interface Line {
  level: 'info' | 'warn';
  message: string;
  fields: Readonly<Record<string, unknown>>;
}

/** Keeps metrics and lines. */
export class RecordingTelemetry implements Telemetry {
  readonly metrics: Metric[] = [];
  readonly lines: Line[] = [];

  metric(name: string, value: number, dimensions: Readonly<Record<string, string>> = {}): void {
    this.metrics.push({ name, value, dimensions });
  }

  info(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  /** Values of one metric, in order. */
  valuesOf(name: string): number[] {
    return this.metrics.filter((metric) => metric.name === name).map(({ value }) => value);
  }
}
