import type { Inbox, InboxMessage } from '../../../cluster-agent/lib/ports.ts';
import type { Process } from '../kernel/process.ts';
import type { Message, SimulatedQueue } from '../services/queue.ts';

/** Processes that wait for messages of a cluster's queue; SQS gives each message to one of them. */
export class Receivers {
  readonly #queue: SimulatedQueue;
  readonly #waiting: { process: Process; take: (messages: readonly Message[]) => void }[] = [];

  constructor(queue: SimulatedQueue) {
    this.#queue = queue;
    queue.consumer = (messages, done) => {
      // Nothing is deleted here: the process says so itself, or the messages come back.
      done([]);
      this.#give(messages);
    };
  }

  portOf(process: Process): Inbox {
    return {
      receive: async (stop) => {
        if (stop.aborted) return [];
        const messages = await new Promise<readonly Message[]>((resolve) => {
          this.#waiting.push({ process, take: resolve });
          stop.addEventListener('abort', () => resolve([]), { once: true });
          this.#queue.look();
        });
        return messages.map((message) => this.#received(process, message));
      },
    };
  }

  #give(messages: readonly Message[]): void {
    const living = this.#waiting.filter(({ process }) => process.alive);
    const receiver = living.shift();
    this.#waiting.splice(0, this.#waiting.length, ...living);
    if (receiver) receiver.process.later(5, () => receiver.take(messages));
    // Nobody waits: they are hidden for a while, as if a receiver had gone away.
    else for (const message of messages) message.receives -= 1;
  }

  #received(process: Process, message: Message): InboxMessage {
    return {
      body: message.body,
      ack: () => process.call('delete message', () => this.#queue.remove(message)),
      release: () => process.call('release message', () => this.#queue.postpone(message, 0)),
    };
  }
}
