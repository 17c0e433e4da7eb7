import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ZonebridgeError } from '../core/errors.ts';
import type { Bus, BusEvent } from '../core/ports.ts';
import { translate } from './service-errors.ts';

/** Most entries of one call. */
const entriesMax = 10;

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
    for (let from = 0; from < events.length; from += entriesMax)
      await this.#putSome(events.slice(from, from + entriesMax));
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
