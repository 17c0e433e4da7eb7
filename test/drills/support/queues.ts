import type { Clock, Queues } from '../../../lib/core/ports.ts';
import type { QueueTerms } from './deployment.ts';

interface Message {
  id: number;
  body: string;
  group: string | undefined;
  sentAt: number;
  visibleAt: number;
  received: number;
}

/** Messages received this often leave the age metric of a standard queue (SQS developer guide, available metrics). */
const poisonReceives = 3;

/** Queues as the templates declare them: visibility, message groups, deliveries, dead letters, retention. */
export class DeployedQueues implements Queues {
  readonly #messages = new Map<string, Message[]>();
  readonly #terms: Map<string, QueueTerms>;
  readonly #clock: Clock;
  #ids = 0;

  constructor(queues: readonly QueueTerms[], clock: Clock) {
    this.#terms = new Map(queues.map((queue) => [queue.id, queue]));
    this.#clock = clock;
  }

  get all(): QueueTerms[] {
    return [...this.#terms.values()];
  }

  async send(message: { queue: string; body: string; group?: string; delaySeconds?: number }): Promise<void> {
    const { fifo } = this.#of(message.queue);
    if (fifo !== (message.group !== undefined))
      throw new TypeError(`${message.queue}: group and FIFO differ`);
    const sentAt = this.#clock.now();
    this.#in(message.queue).push({
      id: ++this.#ids,
      body: message.body,
      group: message.group,
      sentAt,
      visibleAt: sentAt + (message.delaySeconds ?? 0) * 1000,
      received: 0,
    });
  }

  /** Messages that a receiver gets now; what was delivered too often goes to the dead letters instead. */
  receive(queue: string, most: number): Message[] {
    const { visibilityMs, redrive, fifo } = this.#of(queue);
    const now = this.#clock.now();
    this.#expire(queue, now);
    const taken: Message[] = [];
    const blocked = new Set<string>();
    for (const message of this.#in(queue).slice()) {
      if (taken.length === most) break;
      const group = message.group ?? '';
      if (message.visibleAt > now || blocked.has(group)) {
        if (fifo) blocked.add(group);
        continue;
      }
      if (redrive && message.received >= redrive.after) {
        this.delete(queue, message.id);
        this.#in(redrive.to).push({ ...message, sentAt: now, visibleAt: now });
        continue;
      }
      Object.assign(message, { received: message.received + 1, visibleAt: now + visibilityMs });
      taken.push(message);
    }
    return taken;
  }

  delete(queue: string, id: number): void {
    const messages = this.#in(queue);
    messages.splice(
      messages.findIndex((message) => message.id === id),
      1,
    );
  }

  hide(queue: string, id: number, seconds: number): void {
    const message = this.#in(queue).find((each) => each.id === id);
    if (message) message.visibleAt = this.#clock.now() + seconds * 1000;
  }

  bodies(queue: string): string[] {
    return this.#in(queue).map(({ body }) => body);
  }

  /** The attributes that CloudWatch shows as metrics. */
  attributes(queue: string): { visible: number; oldestSeconds: number | undefined } {
    const now = this.#clock.now();
    this.#expire(queue, now);
    const { fifo } = this.#of(queue);
    const messages = this.#in(queue);
    const counted = messages.filter(({ received }) => fifo || received < poisonReceives);
    return {
      visible: messages.filter(({ visibleAt }) => visibleAt <= now).length,
      oldestSeconds:
        counted.length === 0 ? undefined : (now - Math.min(...counted.map(({ sentAt }) => sentAt))) / 1000,
    };
  }

  /** When a receiver can get something from this queue: in a FIFO queue the first message of a group holds up the others. */
  nextVisible(queue: string): number | undefined {
    const heads = this.#of(queue).fifo
      ? [...Map.groupBy(this.#in(queue), ({ group }) => group).values()].flatMap((messages) =>
          messages.slice(0, 1),
        )
      : this.#in(queue);
    return heads.length === 0 ? undefined : Math.min(...heads.map(({ visibleAt }) => visibleAt));
  }

  #expire(queue: string, now: number): void {
    const { retentionMs } = this.#of(queue);
    const kept = this.#in(queue).filter(({ sentAt }) => now - sentAt < retentionMs);
    this.#messages.set(queue, kept);
  }

  #of(queue: string): QueueTerms {
    const terms = this.#terms.get(queue);
    if (!terms)
      throw new Error(`no queue ${queue} is deployed, there are: ${[...this.#terms.keys()].join(', ')}`);
    return terms;
  }

  #in(queue: string): Message[] {
    let messages = this.#messages.get(queue);
    if (!messages) {
      this.#of(queue);
      messages = [];
      this.#messages.set(queue, messages);
    }
    return messages;
  }
}
