import { setTimeout as delay } from 'node:timers/promises';
import type { FortigateSimulator } from '../../../lib/firewalls/fortigate/simulator/index.ts';

type Operation = 'add' | 'remove';

/** When a change was asked of the API and when it had answered (milliseconds since 1970). */
export interface Asked {
  at: number;
  answeredAt: number;
}

/** When changes of a feed reached a firewall, by what went on in the world when they were made. */
export class Arrivals {
  readonly #simulator: FortigateSimulator;
  readonly #waiting = new Map<string, { answeredAt: number; phase: string }>();
  /** Commits that nobody waited for yet: the API's answer may be read after them. */
  readonly #early = new Map<string, number>();
  readonly latencies = new Map<string, number[]>();
  /** Changes that another one of the same address overtook: they may never show. */
  overtaken = 0;
  /** What goes on with the agent, and with the firewall that is ill. */
  agent: string | undefined;
  firewall: string | undefined;
  #last: number;
  #watching = true;

  constructor(simulator: FortigateSimulator) {
    this.#simulator = simulator;
    this.#last = simulator.commits.last;
    void this.#watch();
  }

  get phase(): string {
    return this.agent ?? this.firewall ?? 'calm';
  }

  /** Changes that neither came nor were overtaken by what the firewall has at the end. */
  lost(members: readonly string[]): number {
    const there = new Set(members);
    return [...this.#waiting.keys()].filter((key) => {
      const [operation, address = ''] = key.split(' ');
      return there.has(address) !== (operation === 'add');
    }).length;
  }

  expect(operation: Operation, address: string, { at, answeredAt }: Asked): void {
    const opposite = operation === 'add' ? 'remove' : 'add';
    if (this.#waiting.delete(`${opposite} ${address}`)) this.overtaken += 1;
    const key = `${operation} ${address}`;
    const early = this.#early.get(key);
    if (early !== undefined && early > at) this.#keep(this.phase, early - answeredAt);
    else this.#waiting.set(key, { answeredAt, phase: this.phase });
  }

  stop(): void {
    this.#watching = false;
  }

  async #watch(): Promise<void> {
    while (this.#watching) {
      this.#look();
      await delay(5);
    }
  }

  #look(): void {
    for (const { number, at, added, removed } of this.#simulator.commits.after(this.#last)) {
      this.#note('add', added?.['entries'] ?? [], at);
      this.#note('remove', removed?.['entries'] ?? [], at);
      this.#last = number;
    }
  }

  #note(operation: Operation, addresses: readonly string[], at: number): void {
    for (const address of addresses) {
      const key = `${operation} ${address}`;
      const change = this.#waiting.get(key);
      if (!change) {
        this.#early.set(key, at);
        continue;
      }
      this.#waiting.delete(key);
      this.#keep(change.phase, at - change.answeredAt);
    }
  }

  #keep(phase: string, latency: number): void {
    const of = this.latencies.get(phase) ?? [];
    of.push(Math.max(0, latency));
    this.latencies.set(phase, of);
  }
}
