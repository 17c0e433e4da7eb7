import type { Item, Key } from '../../../lib/core/ports.ts';
import type { Hub } from '../hub.ts';
import type { Process } from '../kernel/process.ts';

/** What somebody ordered at the command line; never done when the process died on the way. */
interface Order {
  doneAt: number | undefined;
  /** The only firewall that it is about; undefined: all. Others of the same plane go on. */
  firewall: string | undefined;
}

interface Pause {
  writtenAt: number;
  order: Order | undefined;
}

const prefix = 'paused|';
const everything = '*';

/**
 * Pauses and quarantines as people understand them: once the order is given, nothing that began before writes any more than the one call
 * that it had announced, and nothing that begins later writes at all.
 */
export class OrderWatch {
  /** Fences that orders took, by writer row. */
  readonly #raised = new Map<string, { fence: number; time: number; order: Order }[]>();
  readonly #orders = new Map<Process, Order>();
  /** By firewall, or `*`. */
  readonly #pauses = new Map<string, Pause>();
  /** When a process last wrote down what it is about to do on a firewall. */
  readonly #intents = new Map<Process, Map<string, number>>();
  /** When a process took the lease of a writer row. */
  readonly #leases = new Map<Process, Map<string, { fence: number; time: number }>>();
  readonly #hub: Hub;

  constructor(hub: Hub) {
    this.#hub = hub;
    hub.tables.watchers.push((key, before, after) => {
      const { writer } = hub.tables;
      if (key.table === 'ledger' && writer) this.#intends(writer, key);
      if (key.table !== 'control' || after === undefined) return;
      if (key.pk.startsWith('writer|') || key.pk === 'configuration|active')
        this.#pausesIn(writer, before, after);
      if (key.pk.startsWith('writer|') && writer) this.#fenceIn(writer, key.pk, before, after);
    });
  }

  /** A person begins to carry out an order; call the answer when all of it is done. */
  begins(process: Process, firewall?: string): () => void {
    const order: Order = { doneAt: undefined, firewall };
    this.#orders.set(process, order);
    return () => {
      order.doneAt = this.#hub.kernel.now;
    };
  }

  get paused(): string[] {
    return [...this.#pauses.keys()];
  }

  /** An `apply` leaves the process. */
  sends(process: Process, firewall: string, row: string): void {
    const { kernel, tables } = this.#hub;
    const [item] = tables.store.read([{ table: 'control', pk: row }]);
    const lease = this.#leases.get(process)?.get(row);
    const fence = lease?.fence ?? 0;
    const newer = (this.#raised.get(row) ?? []).filter((one) => one.fence > fence);
    if (Number(item?.['fence']) - newer.length !== fence)
      kernel.violate(
        'only the newest fence writes',
        `${process.name} writes to ${firewall} with fence ${fence}, the newest is ${JSON.stringify(item?.['fence'])}`,
      );
    const intent = this.#intents.get(process)?.get(firewall) ?? Number.POSITIVE_INFINITY;
    // An order that is repeated by the network comes too late to stop anybody.
    const meant = newer.filter(({ order }) => order.firewall === undefined || order.firewall === firewall);
    if (meant.some(({ order, time }) => time <= doneAt(order) && intent > doneAt(order)))
      kernel.violate('an order stops runs that began before it', `${process.name} writes to ${firewall}`);
    this.#checkPauses(process, firewall, { takenAt: lease?.time ?? kernel.now, intent });
  }

  /** Who took the lease later knew of the pause; who took it before ends with what it had written down by then. */
  #checkPauses(process: Process, firewall: string, run: { takenAt: number; intent: number }): void {
    for (const what of [firewall, everything]) {
      const pause = this.#pauses.get(what);
      if (!pause || (run.takenAt < pause.writtenAt && run.intent <= doneAt(pause.order))) continue;
      this.#hub.kernel.violate(
        'a paused firewall is left alone',
        `${process.name} writes to ${firewall}, ${what} is paused since ${pause.writtenAt}`,
      );
    }
  }

  #intends(writer: Process, key: Key): void {
    const [firewall = ''] = key.pk.split('|');
    const mine = this.#intents.get(writer) ?? new Map<string, number>();
    mine.set(firewall, this.#hub.kernel.now);
    this.#intents.set(writer, mine);
  }

  #fenceIn(writer: Process, row: string, before: Item | undefined, after: Item): void {
    const fence = Number(after['fence'] ?? 0);
    if (fence === Number(before?.['fence'] ?? 0)) return;
    const time = this.#hub.kernel.now;
    const order = this.#orders.get(writer);
    if (order) {
      this.#raised.set(row, [...(this.#raised.get(row) ?? []), { fence, time, order }]);
      return;
    }
    const mine = this.#leases.get(writer) ?? new Map<string, { fence: number; time: number }>();
    mine.set(row, { fence, time });
    this.#leases.set(writer, mine);
  }

  #pausesIn(writer: Process | undefined, before: Item | undefined, after: Item): void {
    for (const name of new Set([...Object.keys(before ?? {}), ...Object.keys(after)])) {
      if (!name.startsWith(prefix) || (before?.[name] === undefined) === (after[name] === undefined))
        continue;
      const what = name.slice(prefix.length);
      const order = writer && this.#orders.get(writer);
      if (after[name] === undefined) this.#pauses.delete(what);
      else this.#pauses.set(what, { writtenAt: this.#hub.kernel.now, order });
    }
  }
}

function doneAt(order: Order | undefined): number {
  return order?.doneAt ?? Number.POSITIVE_INFINITY;
}
