import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ZonebridgeError } from '../core/errors.ts';
import type { Bus, BusEvent } from '../core/ports.ts';
import { translate } from './service-errors.ts';

/** Limits of one call; the size is that of all its entries (quota 256 KB, of which names take a part). */
const entriesMax = 10;
const bytesMax = 200_000;

/** Speaks for the hub on its bus. */
export class EventBridgeBus implements Bus {
  readonly #client: EventBridgeClient;
  readonly #bus: string;
  readonly #source: string;

  constructor(options: { client: EventBridgeClient; bus: string; source: string }) {
    this.#client = options.client;
    this.#bus = options.bus;
    this.#source = options.source;
  }

  async put(events: readonly BusEvent[]): Promise<void> {
    let [call, bytes]: [BusEvent[], number] = [[], 0];
    for (const event of events) {
      const more = Buffer.byteLength(event.detail);
      if (call.length === entriesMax || (call.length > 0 && bytes + more > bytesMax)) {
        await this.#putSome(call);
        [call, bytes] = [[], 0];
      }
      call.push(event);
      bytes += more;
    }
    if (call.length > 0) await this.#putSome(call);
  }

  async #putSome(events: readonly BusEvent[]): Promise<void> {
    const Entries = events.map(({ type, detail }) => ({
      EventBusName: this.#bus,
      Source: this.#source,
      DetailType: type,
      Detail: detail,
    }));
    const failed = await this.#client.send(new PutEventsCommand({ Entries })).then(
      (answer) => answer.Entries?.find(({ EventId }) => EventId === undefined),
      (error: unknown) => {
        throw translate(error, `Bus ${this.#bus}`);
      },
    );
    if (failed)
      throw new ZonebridgeError(
        'store/unavailable',
        `the bus did not take an event: ${failed.ErrorCode ?? ''}`,
      );
  }
}
