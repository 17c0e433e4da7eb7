import type { Kernel } from '../kernel/kernel.ts';

export interface QueueSettings {
  name: string;
  fifo: boolean;
  visibilitySeconds: number;
  retentionSeconds: number;
  /** Deliveries before a message is set aside. */
  deliveries: number;
  /** Most messages of one delivery, and deliveries under way at the same time. */
  batchSize: number;
  concurrency: number;
}

export interface Message {
  id: number;
  body: string;
  group: string | undefined;
  sentAt: number;
  /** Nobody receives it before. */
  visibleAt: number;
  receives: number;
}

/** Takes a batch; `done` says which messages may be deleted, or that the receiver died. */
export type Consumer = (messages: readonly Message[], done: (deleted: readonly Message[]) => void) => void;

/** SQS: at least once, hidden while somebody works on it, set aside after too many deliveries; a FIFO queue keeps its groups in order. */
export class SimulatedQueue {
  readonly settings: QueueSettings;
  consumer: Consumer | undefined;
  readonly messages: Message[] = [];
  readonly deadLetters: Message[] = [];
  readonly #kernel: Kernel;
  #busy = 0;
  #made = 0;
  /** Next moment at which somebody looks. */
  #nextLook = Number.POSITIVE_INFINITY;

  constructor(kernel: Kernel, settings: QueueSettings) {
    this.#kernel = kernel;
    this.settings = settings;
  }

  send(message: { body: string; group?: string | undefined; delaySeconds?: number | undefined }): void {
    const { now, dice } = this.#kernel;
    const late =
      !this.settings.fifo && this.#kernel.strikes('messageLate') ? dice.between(1_000, 120_000) : 0;
    this.#made += 1;
    this.messages.push({
      id: this.#made,
      body: message.body,
      group: message.group,
      sentAt: now,
      visibleAt: now + (message.delaySeconds ?? 0) * 1000 + late,
      receives: 0,
    });
    this.look();
  }

  postpone(message: Message, seconds: number): void {
    message.visibleAt = this.#kernel.now + seconds * 1000;
    this.look();
  }

  /** A person sends what was set aside once more. */
  redrive(): number {
    const back = this.deadLetters.splice(0);
    for (const message of back)
      this.messages.push({ ...message, receives: 0, visibleAt: this.#kernel.now, sentAt: this.#kernel.now });
    this.look();
    return back.length;
  }

  /** Looks when the next message becomes visible. */
  look(): void {
    const due = Math.min(...this.#available().map(({ visibleAt }) => visibleAt));
    if (!Number.isFinite(due)) return;
    const at = Math.max(due, this.#kernel.now) + 1 + this.#kernel.dice.delay(8);
    if (at >= this.#nextLook) return;
    this.#nextLook = at;
    this.#kernel.scheduler.at(at, () => {
      if (this.#nextLook !== at) return;
      this.#nextLook = Number.POSITIVE_INFINITY;
      this.#deliver();
    });
  }

  #deliver(): void {
    this.#expire();
    while (this.consumer && this.#busy < this.settings.concurrency) {
      const batch = this.#take();
      if (batch.length === 0) break;
      this.#busy += 1;
      this.consumer(batch, (deleted) => {
        this.#busy -= 1;
        for (const message of deleted) this.remove(message);
        this.look();
      });
    }
    // With every receiver busy the next one to end looks again.
    if (this.#busy < this.settings.concurrency) this.look();
  }

  #take(): Message[] {
    const { now, dice } = this.#kernel;
    const free = this.#available().filter(({ visibleAt }) => visibleAt <= now);
    const batch: Message[] = [];
    const size = dice.between(1, this.settings.batchSize);
    while (free.length > 0 && batch.length < size) {
      const [message] = free.splice(this.settings.fifo ? 0 : dice.between(0, free.length - 1), 1);
      if (!message) break;
      message.receives += 1;
      if (message.receives > this.settings.deliveries) {
        this.#setAside(message);
        continue;
      }
      const twice = !this.settings.fifo && this.#kernel.strikes('messageTwice');
      message.visibleAt = now + (twice ? dice.between(0, 5_000) : this.settings.visibilitySeconds * 1000);
      batch.push(message);
    }
    return batch;
  }

  /** Of a FIFO queue only the first message of a group, and none while one of its group is hidden. */
  #available(): Message[] {
    if (!this.settings.fifo) return [...this.messages];
    const first = new Map<string, Message>();
    for (const message of this.messages) {
      const group = message.group ?? '';
      if (!first.has(group)) first.set(group, message);
    }
    return [...first.values()];
  }

  #setAside(message: Message): void {
    this.#kernel.happened('message set aside');
    this.#kernel.tell(() => `${this.settings.name}: set aside ${message.body.slice(0, 100)}`);
    this.remove(message);
    this.deadLetters.push(message);
  }

  #expire(): void {
    const oldest = this.#kernel.now - this.settings.retentionSeconds * 1000;
    for (const message of this.messages.filter(({ sentAt }) => sentAt < oldest)) this.remove(message);
  }

  /** Deleted by whoever received it. */
  remove(message: Message): void {
    const at = this.messages.indexOf(message);
    if (at >= 0) this.messages.splice(at, 1);
  }
}
