import type { BusEntry, EventBus } from '../../../cluster-agent/lib/ports.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';

const hourMs = 3_600_000;
const perEntry = ['ThrottlingException', 'InternalFailure'];

/** EventBridge from the agents to the ingest queue: loses, repeats, reorders and delays. */
export class SimulatedBus {
  /** Told what a cluster sent and the bus took. */
  onAccepted: ((source: string, entry: BusEntry) => void) | undefined;
  readonly #kernel: Kernel;
  readonly #deliver: (body: string) => void;
  /** Events on their way that were held up; faults that end let them go. */
  readonly #late = new Map<number, { body: string; time: number }>();
  #made = 0;

  constructor(kernel: Kernel, deliver: (body: string) => void) {
    this.#kernel = kernel;
    this.#deliver = deliver;
  }

  portOf(process: Process, source: string): EventBus {
    const refuses = (): boolean => this.#kernel.strikes('busRefuses');
    return {
      putEvents: (entries) =>
        process.call(
          'put events',
          () => {
            if (refuses()) {
              // The whole call: refused, or accepted and the answer lost.
              if (this.#kernel.dice.chance(0.5)) for (const entry of entries) this.#accept(source, entry);
              throw new Error('the bus did not answer');
            }
            return entries.map((entry) => {
              if (refuses()) return this.#kernel.dice.pick(perEntry);
              this.#accept(source, entry);
              return undefined;
            });
          },
          { there: 15, back: 10 },
        ),
    };
  }

  /** Everything that is held up arrives within a minute. */
  catchUp(): void {
    for (const [id, { body }] of this.#late) {
      this.#late.delete(id);
      this.#kernel.scheduler.after(this.#kernel.dice.between(0, 60_000), () => this.#deliver(body));
    }
  }

  /** When the last one of those that are on their way arrives. */
  get lastArrival(): number {
    return Math.max(0, ...[...this.#late.values()].map(({ time }) => time));
  }

  #accept(source: string, entry: BusEntry): void {
    this.onAccepted?.(source, entry);
    const body = `{"version":"0","source":"${source}","detail-type":"${entry.detailType}","detail":${entry.detail}}`;
    if (this.#kernel.strikes('eventLost')) {
      this.#kernel.tell(() => `the bus loses an event: ${describe(entry)}`);
      return;
    }
    this.#send(body, entry);
    if (this.#kernel.strikes('eventTwice')) this.#send(body, entry);
  }

  #send(body: string, entry: BusEntry): void {
    const { dice, scheduler } = this.#kernel;
    let wait = dice.delay(60);
    let late = false;
    if (this.#kernel.strikes('eventVeryLate')) {
      wait = dice.between(hourMs, 24 * hourMs);
      late = true;
    } else if (this.#kernel.strikes('eventLate')) {
      wait = dice.between(1_000, dice.chance(0.2) ? hourMs : 60_000);
      late = true;
    }
    if (late)
      this.#kernel.tell(
        () => `the bus holds an event up for ${Math.round(wait / 1000)} s: ${describe(entry)}`,
      );
    this.#made += 1;
    const id = this.#made;
    this.#late.set(id, { body, time: this.#kernel.now + wait });
    scheduler.after(wait, () => {
      if (this.#late.delete(id)) this.#deliver(body);
    });
  }
}

function describe(entry: BusEntry): string {
  return `${entry.detailType} ${entry.detail.slice(0, 200)}`;
}
